//! The event in a record as far as it can be read: records of dead letters are often broken. Pure.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::outbox::formats::dms::Captured;
use crate::outbox::formats::dynamodb::Change;
use crate::outbox::{Layout, Message};

/// The event in a record; unknown fields are `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct View {
    pub event_id: Option<String>,
    pub event_type: Option<String>,
    pub aggregate_type: Option<String>,
    pub aggregate_id: Option<String>,
    pub sequence: Option<i64>,
}

impl View {
    /// Reads a DMS record of a table in `layout`, a DynamoDB change, or an event.
    pub fn of(data: &[u8], layout: &Layout) -> Self {
        if let Some(message) = std::str::from_utf8(data).ok().and_then(Message::from_cloud_event) {
            return Self {
                event_id: Some(message.id.to_string()),
                event_type: Some(message.event_type),
                aggregate_type: Some(message.aggregate_type),
                aggregate_id: Some(message.aggregate_id),
                sequence: message.sequence,
            };
        }
        if let Ok(record) = serde_json::from_slice::<Captured<'_>>(data) {
            // Changes of any table are accepted, for display.
            let row = record.partial_row(layout);
            return Self {
                event_id: row.id,
                event_type: row.event_type,
                aggregate_type: row.aggregate_type,
                aggregate_id: row.aggregate_id,
                sequence: row.sequence,
            };
        }
        Change::parse(data).map(|change| Self::of_change(&change)).unwrap_or_default()
    }

    fn of_row(row: &Map<String, Value>) -> Self {
        let text = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            event_id: text("id"),
            event_type: text("event_type"),
            aggregate_type: text("aggregate_type"),
            aggregate_id: text("aggregate_id"),
            sequence: row.get("sequence").and_then(integer),
        }
    }

    /// Reads an outbox item, or an item of a table whose changes are the events.
    fn of_change(change: &Change) -> Self {
        let image = change.new.as_ref().or(change.old.as_ref()).unwrap_or(&change.keys);
        let row = Self::of_row(image);
        if row.aggregate_id.is_some() {
            return row;
        }
        let removed = i64::from(change.new.is_none());
        Self {
            event_id: None,
            event_type: Some(change.operation.name().to_owned()),
            aggregate_type: Some(change.table.clone()),
            aggregate_id: change.keys.values().next().map(|key| key.as_str().map_or(key.to_string(), str::to_owned)),
            // A removal follows the last version.
            sequence: image.get("version").and_then(integer).map(|version| version.saturating_add(removed)),
        }
    }

    /// Returns the aggregate as `type/id`, by which records are ordered; `None` if it is unknown.
    pub fn key(&self) -> Option<String> {
        let (kind, id) = (self.aggregate_type.as_deref().unwrap_or_default(), self.aggregate_id.as_deref()?);
        Some(format!("{kind}/{id}"))
    }

    /// Returns type and id of the aggregate for display, or a dash.
    pub fn aggregate(&self) -> String {
        self.key().map_or_else(|| "-".into(), |key| key.trim_start_matches('/').to_owned())
    }
}

fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_truncated_row_shows_its_aggregate() {
        let record = json!({
            "data": {"id": "e", "aggregate_type": "car", "aggregate_id": "c", "event_type": "T", "sequence": "3",
                     "payload": "{\"cut"},
            "metadata": {"record-type": "data", "operation": "insert", "schema-name": "public", "table-name": "outbox"},
        });
        let view = View::of(record.to_string().as_bytes(), Layout::own());
        assert_eq!((view.aggregate().as_str(), view.sequence), ("car/c", Some(3)));
        assert_eq!(View::of(b"\xff", Layout::own()), View::default());
        assert_eq!(View::default().aggregate(), "-");
    }

    #[test]
    fn a_change_of_a_plain_table_shows_key_and_version() {
        let change = json!({
            "eventID": "e", "eventName": "REMOVE", "tableName": "users",
            "dynamodb": {"ApproximateCreationDateTime": 1, "Keys": {"id": {"S": "u"}},
                         "OldImage": {"id": {"S": "u"}, "version": {"N": "4"}}},
        });
        let view = View::of(change.to_string().as_bytes(), Layout::own());
        assert_eq!((view.aggregate().as_str(), view.sequence), ("users/u", Some(5)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_accepted(bytes: Vec<u8>) {
            View::of(&bytes, Layout::own());
        }
    }
}
