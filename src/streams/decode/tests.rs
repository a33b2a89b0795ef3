use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::*;
use crate::outbox::Layout;
use crate::outbox::formats::dms::Record;
use crate::outbox::formats::kpl::{UserRecord, join};
use crate::streams::SENTINEL_SOURCE;

const PLACE: Place<'static> = Place { shard: "s", sequence_number: "1", partition_key: "k" };

fn records(bytes: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    stream_record(bytes, Layout::own(), Utc::now(), PLACE, &mut items);
    items
}

fn record(bytes: &[u8]) -> Item {
    let mut items = records(bytes);
    assert_eq!(items.len(), 1);
    items.remove(0)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).and_then(|()| packed.finish()).expect("packed")
}

fn bus(id: Option<String>) -> Origin {
    Origin::Bus { bus_event_id: id, message_id: "m".into() }
}

const OUTBOX: &str = r#"{"data":{"id":"e1","aggregate_type":"car","aggregate_id":"c1","event_type":"CarCreated",
    "payload":"{\"correlationId\": \"r-0\"}","sequence":3},"metadata":{"record-type":"data","operation":"insert",
    "schema-name":"public","table-name":"outbox","commit-timestamp":"2026-01-01T00:00:00.5Z"}}"#;

#[test]
fn an_outbox_row_is_an_event() {
    let item = record(OUTBOX.as_bytes());
    assert_eq!((item.content, item.event.sequence), (Content::Event, Some(3)));
    assert_eq!(item.event.correlation_id.as_deref(), Some("r-0"));
    assert_eq!(item.summary, "CarCreated car c1 #3 e1");
    assert!(matches!(&item.body, Body::Record(record) if !record.text().contains('\n')), "one line: {:?}", item.body);
}

#[test]
fn columns_may_be_numbers_and_in_scientific_notation() {
    let text = OUTBOX.replace("\"c1\"", "42").replace(":3}", ":1.7e+3}");
    let event = record(text.as_bytes()).event;
    assert_eq!((event.aggregate_id.as_deref(), event.sequence), (Some("42"), Some(1_700)));
}

#[test]
fn other_rows_and_control_records_are_distinguished() {
    let content = |text: String| record(text.as_bytes()).content;
    assert_eq!(content(OUTBOX.replace("\"outbox\"", "\"cars\"")), Content::Data);
    assert_eq!(content(OUTBOX.replace("insert", "delete")), Content::Data);
    assert_eq!(content(OUTBOX.replace("\"outbox\"", "\"awsdms_status\"")), Content::Control);
    assert_eq!(content(OUTBOX.replace("\"data\",\"op", "\"control\",\"op")), Content::Control);
}

#[test]
fn unreadable_records_are_kept_as_base64() {
    let item = record(b"\xff\x00");
    assert_eq!(item.content, Content::Undecodable);
    assert!(matches!(&item.body, Body::Raw { base64, .. } if base64 == "/wA="));
    let line = serde_json::to_value(&item).expect("JSON");
    assert_eq!(line["base64"], "/wA=");
    assert_eq!(line["type"], "item");
    // A truncated record is not another kind of record.
    let cut = record(&OUTBOX.as_bytes()[..OUTBOX.len() - 1]);
    assert!(matches!(&cut.body, Body::Raw { error, .. } if error.contains("EOF")), "{:?}", cut.body);
}

#[test]
fn foreign_records_are_shown_with_their_kind() {
    let line = |bytes: &[u8]| serde_json::to_value(record(bytes)).expect("JSON");
    let text = line(b"GET /cars 200\n");
    assert_eq!((&text["content"], &text["text"]), (&json!("other"), &json!("GET /cars 200\n")));
    assert_eq!(text["summary"], "text GET /cars 200\n");
    let json = line(b"{\"any\": 1}");
    assert_eq!((&json["content"], &json["summary"]), (&json!("other"), &json!("JSON {\"any\": 1}")));
    assert_eq!(line(&gzip(b"packed text"))["text"], "packed text");
    let bytes = line(b"\x00\x01");
    assert_eq!((&bytes["content"], &bytes["base64"]), (&json!("undecodable"), &json!("AAE=")));
    assert!(bytes["error"].as_str().is_some_and(|error| error.starts_with("not JSON")), "{bytes}");
}

#[test]
fn packed_records_are_unpacked() {
    assert_eq!(record(&gzip(OUTBOX.as_bytes())).event.event_id.as_deref(), Some("e1"));
    let user = |key: &str, data: &[u8]| UserRecord { partition_key: key.into(), data: data.to_vec() };
    let packed = join(&[user("a", OUTBOX.as_bytes()), user("b", &gzip(OUTBOX.as_bytes())), user("a", b"\xff")]);
    let items = records(&packed);
    assert_eq!(
        items.iter().map(|i| i.content).collect::<Vec<_>>(),
        [Content::Event, Content::Event, Content::Undecodable]
    );
    let places: Vec<String> = items.iter().map(|item| item.origin.delivery()).collect();
    assert_eq!(places, ["s/1/0", "s/1/1", "s/1/2"]);
    assert!(matches!(&items[1].origin, Origin::Shard { partition_key, .. } if partition_key == "b"));
}

#[test]
fn badly_packed_records_are_kept_whole() {
    let mut cut = gzip(OUTBOX.as_bytes());
    cut.truncate(cut.len() / 2);
    let mut aggregate = join(&[UserRecord { partition_key: "a".into(), data: b"x".to_vec() }]);
    aggregate.pop();
    for (bytes, part) in [(cut, "gzip"), (gzip(b"\xfftext"), "unpacked by gzip"), (aggregate, "checksum")] {
        let item = record(&bytes);
        let Body::Raw { base64, error } = &item.body else { panic!("{item:?}") };
        assert_eq!(STANDARD.decode(base64).expect("base64"), bytes);
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_small_record_does_not_fill_the_memory() {
    let bomb = gzip(&vec![b' '; UNPACKED_LIMIT + 1]);
    let Body::Raw { error, .. } = record(&bomb).body else { panic!("it was unpacked") };
    assert!(error.contains("bytes unpacked"), "{error}");
    // The records packed into one record share the limit.
    let half = gzip(&vec![b' '; UNPACKED_LIMIT / 2 + 1]);
    let packed: Vec<UserRecord> =
        (0..20).map(|_| UserRecord { partition_key: "a".into(), data: half.clone() }).collect();
    let items = records(&join(&packed));
    let unpacked = items.iter().filter(|item| item.summary.contains("unpacked by gzip")).count();
    assert_eq!((items.len(), unpacked), (20, 1), "{:?}", items[1].summary);
    // An aggregate that expands to 120 GB is shown as it is.
    let bomb = join(&vec![UserRecord { partition_key: "k".repeat(100_000).into(), data: Vec::new() }; 300]);
    let items = records(&bomb);
    assert!(matches!(&items[..], [one] if one.content == Content::Undecodable), "{} items", items.len());
}

#[test]
fn deep_json_is_read_at_every_hop() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let detail = format!(
        r#"{{"id":"b","source":"outbox.deep","detail":{{"specversion":"1.0","id":"e1","sequence":"2","source":"outbox.deep","subject":"d1","type":"Deep","data":{{"correlationId":"r-1","deep":{deep}}}}}}}"#
    );
    let item = bus_event(Hop::Bus, &detail, Utc::now(), bus).expect("an item");
    assert_eq!((item.content, item.event.correlation_id.as_deref()), (Content::Event, Some("r-1")));
    let other = bus_event(Hop::Bus, &deep, Utc::now(), bus).expect("an item");
    assert_eq!(other.content, Content::Other);
    let row = OUTBOX
        .replace(r#""{\"correlationId\": \"r-0\"}""#, &format!(r#""{{\"correlationId\":\"r-0\",\"x\":{deep}}}""#));
    let item = record(row.as_bytes());
    assert_eq!((item.content, item.event.correlation_id.as_deref()), (Content::Event, Some("r-0")));
    assert_eq!(record(deep.as_bytes()).content, Content::Other);
}

#[test]
fn changed_items_show_their_images_and_other_json_stays_readable() {
    let change = json!({
        "eventID": "e", "eventName": "MODIFY", "tableName": "users",
        "dynamodb": {"ApproximateCreationDateTime": 1, "Keys": {"id": {"S": "u1"}},
                     "NewImage": {"id": {"S": "u1"}, "age": {"N": "7"}}, "OldImage": {"id": {"S": "u1"}}},
    });
    let item = record(change.to_string().as_bytes());
    assert_eq!((item.content, item.summary.as_str()), (Content::Data, r#"MODIFY users {"id":"u1"}"#));
    let line = serde_json::to_value(&item).expect("JSON");
    assert_eq!(line["image"], json!({"keys": {"id": "u1"}, "new": {"id": "u1", "age": 7}, "old": {"id": "u1"}}));
    assert_eq!(record(b"{\"any\": 1}").content, Content::Other);
}

#[test]
fn only_sentinels_are_skipped() {
    let sentinel = format!(r#"{{"source":"{SENTINEL_SOURCE}"}}"#);
    assert_eq!(bus_event(Hop::Bus, &sentinel, Utc::now(), bus), None);
    let other = bus_event(Hop::Bus, r#"{"id":"b","source":"x","detail-type":"Y","detail":{}}"#, Utc::now(), bus);
    let other = other.expect("an item");
    assert_eq!((other.content, other.origin.delivery()), (Content::Other, "b".to_owned()));
    let event = r#"{"id":"b","source":"outbox.car","detail":{"specversion":"1.0","id":"e1","sequence":"2",
        "source":"outbox.car","subject":"c1","type":"T","data":{"correlationId":"r-1"}}}"#;
    let event = bus_event(Hop::Log, event, Utc::now(), bus).expect("an item").event;
    assert_eq!((event.sequence, event.aggregate_type.as_deref()), (Some(2), Some("car")));
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_accepted(bytes: Vec<u8>, text: String) {
        records(&bytes);
        bus_event(Hop::Log, &text, Utc::now(), bus);
    }

    /// The members that are read agree with the whole record, independent of order and unknown members.
    #[test]
    fn the_quick_look_agrees_with_the_record(
        id in "\\PC{0,8}", payload in "\\PC{0,8}", sequence: i64, table in "outbox|cars|awsdms_x", operation in "insert|load|update",
        first: bool, unknown: bool,
    ) {
        let mut data = json!({"id": id, "sequence": sequence, "payload": json!({"correlationId": payload}).to_string()});
        let mut metadata = json!({"record-type": "data", "operation": operation, "table-name": table});
        if unknown {
            data["more"] = json!([1, {"id": 2}]);
            metadata["more"] = json!({"operation": "x"});
        }
        let text = match first {
            true => json!({"data": data, "metadata": metadata}).to_string(),
            false => json!({"metadata": metadata, "new": null, "data": data}).to_string(),
        };
        let item = record(text.as_bytes());
        let whole = Record::parse(text.as_bytes()).expect("a record");
        let is_event = whole.metadata.is_new_row() && whole.metadata.table_name == "outbox";
        proptest::prop_assert_eq!(item.content == Content::Event, is_event);
        proptest::prop_assert_eq!(item.content == Content::Control, !whole.metadata.is_row());
        if is_event {
            proptest::prop_assert_eq!(item.event.event_id.as_deref(), whole.data["id"].as_str());
            proptest::prop_assert_eq!(item.event.sequence, Some(sequence));
            proptest::prop_assert_eq!(item.event.correlation_id, Some(payload));
        }
    }
}
