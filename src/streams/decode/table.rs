//! A change of an item, from a DynamoDB stream.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::super::item::{Body, Content, EventView, Item, Origin};
use super::{changed, raw};
use crate::outbox::formats::dynamodb::Change;
use crate::outbox::formats::dynamodb::users::Mapping;
use crate::pipelines::Hop;

/// Decodes a change in the form that functions receive. It is shown with plain images.
pub fn table_change(shard: &str, event: Value, at: DateTime<Utc>) -> Item {
    let body = &event["dynamodb"];
    let sequence_number = body["SequenceNumber"].as_str().unwrap_or_default().to_owned();
    let mut partition_key = body.get("Keys").map(Value::to_string).unwrap_or_default();
    let (content, view, summary, body) = match Change::from_value(event.clone()) {
        Ok(change) => {
            partition_key = Value::from(change.keys.clone()).to_string();
            let record = json!({
                "id": change.event_id, "operation": change.operation.name(), "table": change.table,
                "keys": change.keys, "new": change.new, "old": change.old, "expired": change.expired,
                "created_at": change.created_at,
            });
            let plain = row(&change);
            let (content, view, summary) = match changed(change) {
                (Content::Event, view, summary) => (Content::Event, view, summary),
                (content, view, summary) => (content, EventView { image: view.image, ..plain }, summary),
            };
            (content, view, summary, Body::Record(record.into()))
        }
        Err(error) => raw(event.to_string().as_bytes(), &error.to_string()),
    };
    let origin = Origin::Shard { shard: shard.to_owned(), sequence_number, partition_key, sub_sequence_number: None };
    Item { hop: Hop::Stream, at, content, summary, event: view, origin, body }
}

/// Returns the fields from a plain table's own attributes. A removal does not repeat the correlation id of the last
/// writer.
fn row(change: &Change) -> EventView {
    if let Some(view) = event_of(change) {
        return view;
    }
    let image = change.new.as_ref();
    let text = |name: &str| image?.get(name)?.as_str().map(str::to_owned);
    let id = match change.keys.values().collect::<Vec<_>>()[..] {
        [Value::String(id)] => Some(id.clone()),
        _ => None,
    };
    let sequence = image.and_then(|image| image.get("version")?.as_i64());
    EventView { aggregate_id: id, sequence, correlation_id: text("correlation_id"), ..EventView::default() }
}

/// Returns the event that the mapper of `dynamodb-cdc` derives from a versioned row's change. Personal fields are not
/// shown.
fn event_of(change: &Change) -> Option<EventView> {
    let mut images = change.new.iter().chain(&change.old);
    if !images.any(|image| image.contains_key("version")) {
        return None;
    }
    let message = Mapping::default().message(change).ok()??;
    let correlation_id = change.new.as_ref().and_then(|image| image.get("correlation_id")?.as_str());
    Some(EventView::of(message, correlation_id.map(str::to_owned)))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::outbox::derived_id;

    fn change(name: &str, new: Value) -> Value {
        json!({
            "eventID": "e", "eventName": name, "eventSourceARN": "arn:aws:dynamodb:us-east-1:0:table/users/stream/s",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_700_000_000, "Keys": {"id": {"S": "u"}}, "NewImage": new,
                "OldImage": {"id": {"S": "u"}, "correlation_id": {"S": "r-0"}}, "SequenceNumber": "7",
            },
        })
    }

    #[test]
    fn changes_of_a_table_are_shown_with_plain_images() {
        let user = json!({"id": {"S": "u"}, "version": {"N": "2"}, "correlation_id": {"S": "r-1"}});
        let item = table_change("s", change("MODIFY", user), Utc::now());
        assert_eq!((item.content, item.event.sequence), (Content::Data, Some(2)));
        assert_eq!(item.event.correlation_id.as_deref(), Some("r-1"));
        assert_eq!(item.summary, r#"MODIFY users {"id":"u"}"#);
        assert_eq!(item.origin.delivery(), "s/7");
        let Body::Record(record) = item.body else { panic!("a record") };
        let record = record.value();
        assert_eq!((&record["new"]["version"], &record["old"]["correlation_id"]), (&json!(2), &json!("r-0")));
        let mut removal = change("REMOVE", Value::Null);
        removal["userIdentity"] = json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"});
        let item = table_change("s", removal, Utc::now());
        assert_eq!((item.event.correlation_id, item.summary.starts_with("expired")), (None, true));
    }

    #[test]
    fn a_change_of_a_user_shows_its_event() {
        let user = json!({
            "id": {"S": "u"}, "version": {"N": "3"}, "plan": {"S": "pro"}, "updated_at": {"S": "2026-11-21T06:00:00.5Z"},
            "correlation_id": {"S": "r-3"},
        });
        let created = table_change("s", change("INSERT", user.clone()), Utc::now());
        let view = &created.event;
        assert_eq!(
            (created.content, view.event_type.as_deref(), view.sequence),
            (Content::Data, Some("UserCreated"), Some(3))
        );
        assert_eq!(view.event_id, Some(derived_id(&["change", "users", "u", "3", "UserCreated", "e"]).to_string()));
        assert_eq!(view.committed_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-21T06:00:00.500+00:00"));
        let mut removal = change("REMOVE", Value::Null);
        removal["dynamodb"]["OldImage"] = user;
        let removed = table_change("s", removal, Utc::now()).event;
        assert_eq!(
            (removed.event_type.as_deref(), removed.sequence, removed.correlation_id),
            (Some("UserDeleted"), Some(4), None)
        );
    }

    #[test]
    fn an_outbox_item_is_an_event_and_unreadable_items_are_shown() {
        let outbox = json!({
            "id": {"S": "0198a6a0-0000-7000-8000-000000000001"}, "aggregate_type": {"S": "cart"}, "aggregate_id": {"S": "c"},
            "event_type": {"S": "CartCreated"}, "payload": {"S": "{\"correlationId\": \"r-2\"}"}, "sequence": {"N": "1"},
            "created_at": {"S": "2026-11-21T06:00:00Z"},
        });
        let item = table_change("s", change("INSERT", outbox), Utc::now());
        assert_eq!((item.content, item.event.correlation_id.as_deref()), (Content::Event, Some("r-2")));
        let broken = change("INSERT", json!({"id": {"Q": "?"}}));
        let item = table_change("s", broken.clone(), Utc::now());
        let Body::Raw { base64, error } = &item.body else { panic!("raw") };
        assert_eq!((item.content, error.as_str()), (Content::Undecodable, "an image is not made of attribute values"));
        assert_eq!(STANDARD.decode(base64).expect("base64"), broken.to_string().into_bytes());
    }
}
