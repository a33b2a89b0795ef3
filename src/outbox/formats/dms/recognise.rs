//! Classifies a record of the stream for the pipeline: the common rule of every reader.

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::Metadata;
use crate::outbox::{Layout, Members, Message};

/// The parts of a record that every reader needs: its row stays text.
#[derive(Deserialize)]
pub struct Captured<'a> {
    /// The row by column. Absent or null in control records.
    #[serde(borrow, default)]
    pub data: Option<&'a RawValue>,
    pub metadata: Metadata,
}

impl Captured<'_> {
    /// Returns whether this is a new row of the outbox: inserted, or copied by the full load.
    pub fn is_outbox_row(&self, layout: &Layout) -> bool {
        self.metadata.is_new_row() && layout.is_table(&self.metadata.schema_name, &self.metadata.table_name)
    }
}

/// The class of a record.
#[derive(Debug)]
pub enum Recognised {
    /// A new row of the outbox.
    Event(Box<Message>),
    /// A control record, a table of DMS itself, another table, an update or a delete.
    Skip,
    /// The record should be an event but can't be read.
    Broken(Broken),
}

/// The reason why a record can't be read, and its event id if it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// `Undecodable`, or `NotAnOutboxRow`.
    pub code: &'static str,
    /// Names the column, never its content.
    pub reason: String,
    pub event_id: Option<Uuid>,
}

/// Reads a record, in either message format (`json`, `json-unformatted`). Rows of the table in `layout` are events; all
/// other changes are skipped.
pub fn recognise(bytes: &[u8], layout: &Layout) -> Recognised {
    let broken = |code, reason, event_id| Recognised::Broken(Broken { code, reason, event_id });
    let record: Captured<'_> = match serde_json::from_slice(bytes) {
        Ok(record) => record,
        Err(error) => {
            let what = if error.is_data() { "not a DMS record" } else { "not JSON" };
            return broken("Undecodable", format!("{what}: {error}"), None);
        }
    };
    if !record.is_outbox_row(layout) {
        return Recognised::Skip;
    }
    let row = Members::parse(record.data.map_or("{}", RawValue::get));
    let Ok(row) = row else { return broken("NotAnOutboxRow", "data is not an object".into(), None) };
    // Rows of the full load have no commit time; without a time of their own, that of the capture is used.
    let captured_at = || record.metadata.captured_at().filter(|_| layout.columns.created_at.is_none());
    match Message::from_members(&row, record.metadata.committed_at().or_else(captured_at), layout) {
        Ok(message) => Recognised::Event(Box::new(message)),
        Err(error) => {
            let event_id = row.text(&layout.columns.id).and_then(|id| Uuid::parse_str(&id).ok());
            broken("NotAnOutboxRow", error.to_string(), event_id)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"data":{"id":"0198a6a0-0000-7000-8000-000000000001","aggregate_type":"car","aggregate_id":"c",
        "event_type":"T","payload":"{\"a\":1.10}","sequence":3,"created_at":"2026-11-21T06:00:00Z"},
        "metadata":{"record-type":"data","operation":"insert","schema-name":"public","table-name":"outbox"}}"#;

    fn what(text: &str) -> String {
        read(text, Layout::own())
    }

    fn read(text: &str, layout: &Layout) -> String {
        match recognise(text.as_bytes(), layout) {
            Recognised::Event(message) => format!("event {}", message.payload.get()),
            Recognised::Skip => "skip".into(),
            Recognised::Broken(broken) => format!("{}: {}", broken.code, broken.reason),
        }
    }

    #[test]
    fn events_other_records_and_broken_ones_are_distinguished() {
        assert_eq!(what(ROW), r#"event {"a":1.10}"#);
        for skipped in
            [ROW.replace("\"outbox\"", "\"cars\""), ROW.replace("insert", "update"), ROW.replace("public", "other")]
        {
            assert_eq!(what(&skipped), "skip");
        }
        assert_eq!(what(&ROW.replace("\"sequence\":3,", "")), "NotAnOutboxRow: column sequence: is missing");
        assert!(
            what("{").starts_with("Undecodable: not JSON") && what("[1]").starts_with("Undecodable: not a DMS record")
        );
    }

    #[test]
    fn rows_of_a_layout_are_read_by_its_names() {
        let layout = "debezium".parse::<Layout>().expect("a preset");
        let row = r#"{"data":{"id":"0198a6a0-0000-7000-8000-000000000001","aggregatetype":"Order","aggregateid":7,
            "type":"OrderPlaced","payload":"{\"a\":1.10}","sequence":"not ours","created_at":5},"metadata":{
            "commit-timestamp":"2026-11-21T06:00:00Z","record-type":"data","operation":"insert","schema-name":"public",
            "table-name":"outboxevent"}}"#;
        assert_eq!(read(row, &layout), r#"event {"a":1.10}"#);
        let Recognised::Event(message) = recognise(row.as_bytes(), &layout) else { panic!("an event") };
        assert_eq!(
            (message.aggregate_id.as_str(), message.event_type.as_str(), message.sequence),
            ("7", "OrderPlaced", None)
        );
        assert_eq!(read(row, Layout::own()), "skip");
        let broken = row.replace("\"type\":", "\"kind\":");
        assert_eq!(read(&broken, &layout), "NotAnOutboxRow: column type: is missing");
        let loaded = row.replace("commit-timestamp", "timestamp");
        assert!(read(&loaded, &layout).starts_with("event"), "a loaded row has the time of the capture");
        let timeless = row.replace("commit-timestamp", "other");
        assert!(read(&timeless, &layout).contains("commit-timestamp: is missing"));
    }

    #[test]
    fn nulls_count_as_absent() {
        let control = r#"{"data":null,"control":null,"metadata":{"record-type":"control","operation":"rename-table",
            "schema-name":null,"table-name":null,"partition-key-type":null}}"#;
        assert_eq!(what(control), "skip");
        let row = ROW.replace("\"schema-name\":\"public\"", "\"schema-name\":null,\"transaction-id\":null");
        assert!(what(&row).starts_with("event"));
        let empty = r#"{"data":null,"metadata":{"record-type":"data","operation":"insert","table-name":"outbox"}}"#;
        assert_eq!(what(empty), "NotAnOutboxRow: column id: is missing");
    }

    #[test]
    fn large_or_deep_unread_columns_are_accepted() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let row = ROW.replace("\"sequence\":3", &format!("\"sequence\":3,\"more\":{deep}"));
        assert!(what(&row).starts_with("event"));
        let payload = ROW.replace(r#""{\"a\":1.10}""#, &deep);
        assert_eq!(what(&payload), format!("event {deep}"));
    }
}
