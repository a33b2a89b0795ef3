//! Compares the item that `tail` shows of a record with the results of publisher and consumer.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::*;
use crate::outbox::Layout;
use crate::outbox::formats::dms::{Recognised, recognise};

/// A record in which each member has the form of DMS, or another one.
fn record() -> impl Strategy<Value = Vec<u8>> {
    // Mostly the form of DMS: a record with several odd members is broken anyway.
    fn mostly(usual: Vec<Value>, odd: Vec<Value>) -> impl Strategy<Value = Value> + Clone {
        prop_oneof![6 => select(usual), 1 => select(odd)]
    }
    let id = mostly(
        vec![json!("0198a6a0-0000-7000-8000-000000000001"), json!("0198A6A0-0000-7000-8000-000000000001")],
        vec![json!("e1"), json!(7), Value::Null, json!(["x"])],
    );
    let number = mostly(
        vec![json!(3), json!("3"), json!(3.0), json!("1.5e3"), json!(1.5e3)],
        vec![json!(1.5), json!(9.1e18), json!(""), json!(true), Value::Null],
    );
    let text = mostly(
        vec![json!("car"), json!(42), json!(4.0e2), json!("é\u{0}")],
        vec![json!(""), Value::Null, json!({"a": 1})],
    );
    let payload = mostly(
        vec![json!("{\"correlationId\": \"r\"}"), json!({"correlationId": "r"}), json!("[]"), json!([1])],
        vec![json!("{\"cut"), json!(""), Value::Null],
    );
    let time = mostly(
        vec![json!("2026-01-01T00:00:00Z"), json!("2026-01-01 00:00:00.5+00"), json!("2026-01-01T00:00:00")],
        vec![json!("soon"), Value::Null],
    );
    let row = (id, number, text.clone(), text, payload, time).prop_map(
        |(id, sequence, aggregate_type, aggregate_id, payload, created_at)| {
            json!({
                "id": id, "sequence": sequence, "aggregate_type": aggregate_type, "aggregate_id": aggregate_id,
                "event_type": "T", "payload": payload, "created_at": created_at,
            })
        },
    );
    let data = prop_oneof![
        8 => row,
        1 => select(vec![Value::Null, json!({}), json!([]), json!("x"), json!(7)]),
    ];
    let word = |usual: &'static [&'static str]| {
        let odd = select(vec![Value::Null, json!(7), json!({}), json!("")]);
        prop_oneof![9 => select(usual).prop_map(|word| json!(word)), 1 => odd]
    };
    let metadata = (
        word(&["data", "data", "data", "control", "other"]),
        word(&["insert", "insert", "load", "update", "delete", "rename-table"]),
        word(&["outbox", "outbox", "cars", "awsdms_status"]),
        word(&["public", ""]),
        select(vec![json!("2026-01-01T00:00:00.5Z"), json!("then"), Value::Null]),
        select(vec![json!(1), json!("1"), json!(-1), Value::Null]),
    );
    let metadata = metadata.prop_map(|(kind, operation, table, schema, commit, transaction)| {
        json!({
            "record-type": kind, "operation": operation, "table-name": table, "schema-name": schema,
            "commit-timestamp": commit, "transaction-id": transaction,
        })
    });
    // Members may be missing, of the record and of its parts.
    (data, metadata, any::<[bool; 4]>(), any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(
        |(data, metadata, less, column, field)| {
            let without = |value: Value, at: prop::sample::Index, less: bool| match value {
                Value::Object(members) if less && !members.is_empty() && at.index(3) == 0 => {
                    let out = at.index(members.len());
                    let kept = members.into_iter().enumerate().filter(|(n, _)| *n != out).map(|(_, member)| member);
                    Value::Object(kept.collect::<Map<String, Value>>())
                }
                other => other,
            };
            let mut record = Map::new();
            let (data, metadata) = (without(data, column, less[0]), without(metadata, field, less[1]));
            if !(less[2] && column.index(4) == 0) {
                record.insert("data".into(), data);
            }
            if !(less[3] && field.index(4) == 0) {
                record.insert("metadata".into(), metadata);
            }
            Value::Object(record).to_string().into_bytes()
        },
    )
}

fn shown(bytes: &[u8]) -> Item {
    let mut items = Vec::new();
    let place = Place { shard: "s", sequence_number: "1", partition_key: "k" };
    stream_record(bytes, Layout::own(), Utc::now(), place, &mut items);
    assert_eq!(items.len(), 1, "{items:?}");
    items.remove(0)
}

/// Compares the results of all readers.
fn compare(bytes: &[u8]) -> Result<(), TestCaseError> {
    let (item, text) = (shown(bytes), String::from_utf8_lossy(bytes).into_owned());
    match recognise(bytes, Layout::own()) {
        Recognised::Skip => prop_assert!(matches!(item.content, Content::Control | Content::Data), "{text}: {item:?}"),
        Recognised::Broken(broken) => {
            // Never a kind that the pipeline skips.
            prop_assert!(!matches!(item.content, Content::Control | Content::Data), "{text}: {broken:?}, {item:?}");
        }
        Recognised::Event(message) => {
            prop_assert_eq!(item.content, Content::Event, "{}", text);
            let view = &item.event;
            let id = view.event_id.as_deref().map(str::to_lowercase);
            prop_assert_eq!(id, Some(message.id.to_string()), "{}", text);
            prop_assert_eq!(view.aggregate_type.as_ref(), Some(&message.aggregate_type), "{}", text);
            prop_assert_eq!(view.aggregate_id.as_ref(), Some(&message.aggregate_id), "{}", text);
            prop_assert_eq!(view.event_type.as_ref(), Some(&message.event_type), "{}", text);
            prop_assert_eq!(view.sequence, message.sequence, "{}", text);
            prop_assert_eq!(view.committed_at, Some(message.committed_at), "{}", text);
            let correlated = message.payload.get().contains("correlationId").then_some("r");
            prop_assert_eq!(view.correlation_id.as_deref(), correlated, "{}", text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn all_readers_of_a_record_agree(bytes in record()) {
        compare(&bytes)?;
    }

    /// A truncated record, or one with a changed byte.
    #[test]
    fn all_readers_of_a_damaged_record_agree(bytes in record(), at: prop::sample::Index, byte: u8, cut: bool) {
        let mut bytes = bytes;
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        // gzip and KPL start with bytes that JSON never starts with.
        prop_assume!(!bytes.is_empty() && bytes[0] != 0x1f && bytes[0] != 0xf3);
        compare(&bytes)?;
    }
}

#[test]
fn a_control_record_needs_no_data() {
    let text = r#"{"data":null,"metadata":{"record-type":"control","operation":"rename-table","schema-name":"","table-name":"t"}}"#;
    assert!(matches!(recognise(text.as_bytes(), Layout::own()), Recognised::Skip));
    assert_eq!(shown(text.as_bytes()).content, Content::Control);
}

/// Found by a property: JSON of DMS has numbers where the column has no text type.
#[test]
fn readers_of_a_record_whose_aggregate_id_is_a_number_agree() {
    let text = r#"{"data":{"id":"0198a6a0-0000-7000-8000-000000000001","sequence":3,"aggregate_type":"car","aggregate_id":42,"event_type":"T","payload":{"correlationId":"r"},"created_at":"2026-01-01T00:00:00Z"},"metadata":{"record-type":"data","operation":"insert","table-name":"outbox","schema-name":"public","commit-timestamp":"2026-01-01T00:00:00.5Z","transaction-id":1}}"#;
    compare(text.as_bytes()).unwrap();
}
