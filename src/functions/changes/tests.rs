//! Batches of a DynamoDB stream, as Lambda passes them.

use serde_json::{Value, json};

use crate::outbox::Message;
use crate::outbox::formats::dynamodb::users::Mapping;
use crate::outbox::formats::dynamodb::{Change, Operation};

fn change(operation: &str, old: Value, new: Value) -> Change {
    let mut record = json!({
        "eventID": "e", "eventName": operation, "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:000000000000:table/users/stream/s",
        "dynamodb": {"ApproximateCreationDateTime": 1_700_000_000, "Keys": {"id": {"S": "u"}}, "SequenceNumber": "7"},
    });
    for (name, image) in [("OldImage", old), ("NewImage", new)] {
        if !image.is_null() {
            record["dynamodb"][name] = image;
        }
    }
    Change::from_value(record).unwrap()
}

fn user(version: u32, plan: &str, email: &str) -> Value {
    json!({
        "id": {"S": "u"}, "version": {"N": version.to_string()}, "plan": {"S": plan}, "email": {"S": email},
        "updated_at": {"S": format!("2026-11-21T06:00:0{version}.5Z")}, "correlation_id": {"S": format!("c{version}")},
    })
}

fn event(change: &Change) -> Option<(Message, Value)> {
    let message = Mapping::new("email, name").message(change).unwrap()?;
    let data = serde_json::from_str(message.payload.get()).unwrap();
    Some((message, data))
}

#[test]
fn an_insert_shows_the_public_fields() {
    let (message, data) = event(&change("INSERT", Value::Null, user(1, "free", "a@b"))).unwrap();
    assert_eq!(
        (message.event_type.as_str(), message.sequence, message.aggregate_id.as_str()),
        ("UserCreated", Some(1), "u")
    );
    assert_eq!(data, json!({"id": "u", "plan": "free", "correlationId": "c1"}));
    assert_eq!(message.committed_at.to_rfc3339(), "2026-11-21T06:00:01.500+00:00");
}

#[test]
fn a_modification_shows_the_changed_fields() {
    let (message, data) = event(&change("MODIFY", user(1, "free", "a@b"), user(2, "pro", "c@d"))).unwrap();
    assert_eq!((message.event_type.as_str(), message.sequence), ("UserUpdated", Some(2)));
    let changes = json!({"plan": {"old": "free", "new": "pro"}});
    assert_eq!(data, json!({"id": "u", "changes": changes, "personalChanged": true, "correlationId": "c2"}));
}

#[test]
fn personal_fields_are_left_out() {
    for change in [
        change("INSERT", Value::Null, user(1, "free", "secret@b")),
        change("MODIFY", user(1, "free", "secret@b"), user(2, "free", "secret@c")),
        change("REMOVE", user(2, "free", "secret@c"), Value::Null),
    ] {
        let (message, _) = event(&change).unwrap();
        let event = serde_json::to_string(&message.to_cloud_event()).unwrap();
        assert!(!event.contains("secret") && !event.contains("email"), "{event}");
    }
}

#[test]
fn bookkeeping_changes_are_not_events() {
    assert!(event(&change("MODIFY", user(1, "free", "a@b"), user(2, "free", "a@b"))).is_none());
}

#[test]
fn a_removal_has_the_version_after_the_last() {
    let (message, data) = event(&change("REMOVE", user(2, "free", "a@b"), Value::Null)).unwrap();
    assert_eq!((message.event_type.as_str(), message.sequence), ("UserDeleted", Some(3)));
    assert_eq!((data, message.committed_at.timestamp()), (json!({"id": "u"}), 1_700_000_000));
}

#[test]
fn the_same_change_has_the_same_id() {
    let id = |change: &Change| event(change).unwrap().0.id;
    let first = change("INSERT", Value::Null, user(1, "free", "a@b"));
    assert_eq!(id(&first), id(&first));
    assert_ne!(id(&first), id(&change("REMOVE", user(1, "free", "a@b"), Value::Null)));
    // The same key, deleted and created again: the same version, but another event.
    let again = Change { event_id: "later".into(), ..first.clone() };
    assert_ne!(id(&first), id(&again));
    // If a write sets a `change_id`, the event's id depends on it, for that write only.
    let with = |change: &Change, old: Option<&str>, new: &str| {
        let mut change = change.clone();
        change.new.as_mut().expect("an image").insert("change_id".into(), new.into());
        if let (Some(image), Some(old)) = (change.old.as_mut(), old) {
            image.insert("change_id".into(), old.into());
        }
        change
    };
    assert_eq!(id(&with(&first, None, "w1")), id(&with(&again, None, "w1")));
    assert_ne!(id(&with(&first, None, "w1")), id(&with(&first, None, "w2")));
    let updated = change("MODIFY", user(1, "free", "a@b"), user(2, "pro", "a@b"));
    assert_eq!(id(&with(&updated, Some("w1"), "w1")), id(&updated), "an earlier write's id does not affect this one");
    assert_ne!(id(&with(&updated, Some("w1"), "w2")), id(&updated));
}

#[test]
fn errors_name_the_missing_attribute() {
    let problem = |change: &Change| Mapping::new("").message(change).unwrap_err().to_string();
    assert_eq!(problem(&change("MODIFY", Value::Null, user(1, "a", "b"))), "column OldImage: is missing");
    // It would have the sequence of the previous event, and count as its duplicate.
    let by_hand = change("MODIFY", user(2, "free", "b"), user(2, "pro", "b"));
    assert_eq!(problem(&by_hand), "column version: did not increase with the change");
    let no_version = json!({"id": {"S": "u"}});
    assert_eq!(problem(&change("INSERT", Value::Null, no_version)), "column version: is not a positive integer");
}

#[test]
fn only_inserts_into_an_outbox_are_events() {
    let item = json!({
        "id": {"S": "0198a6a0-0000-7000-8000-000000000001"}, "aggregate_type": {"S": "cart"}, "aggregate_id": {"S": "c"},
        "event_type": {"S": "CartCreated"}, "payload": {"S": "{}"}, "sequence": {"N": "1"},
        "created_at": {"S": "2026-11-21T06:00:00Z"},
    });
    let inserted = change("INSERT", Value::Null, item.clone());
    assert_eq!(inserted.appended().unwrap().unwrap().event_type, "CartCreated");
    let mut removed = change("REMOVE", item, Value::Null);
    removed.expired = true;
    assert_eq!((removed.operation, removed.appended().unwrap().is_none()), (Operation::Remove, true));
    assert!(change("INSERT", Value::Null, Value::Null).appended().is_err());
}
