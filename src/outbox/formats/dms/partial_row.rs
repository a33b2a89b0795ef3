//! Reads the columns of an outbox row as far as possible, to show records that may be broken.

use serde_json::Number;

use super::Captured;
use crate::outbox::row::{integer_in, integer_of};
use crate::outbox::{Layout, Members};

/// An outbox row without validation. Columns that are absent or of an unexpected type are `None`.
///
/// [`super::recognise()`] decides whether a record is an event; this type reads the intact parts of a broken one.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PartialRow<'a> {
    pub id: Option<String>,
    pub aggregate_type: Option<String>,
    pub aggregate_id: Option<String>,
    pub event_type: Option<String>,
    pub sequence: Option<i64>,
    /// The column's JSON. DMS writes the payload as text.
    pub payload: Option<&'a str>,
    pub created_at: Option<String>,
}

impl<'a> Captured<'a> {
    /// Reads the columns of a row of `layout`, whatever the table and operation of the record.
    pub fn partial_row(&self, layout: &Layout) -> PartialRow<'a> {
        let row: Members<'a> = self.data.and_then(|row| Members::parse(row.get()).ok()).unwrap_or_default();
        let columns = &layout.columns;
        let text = |column: &str| text(row.get(column));
        let optional = |column: &Option<String>| text(column.as_deref()?);
        PartialRow {
            id: text(&columns.id),
            aggregate_type: text(&columns.aggregate_type),
            aggregate_id: text(&columns.aggregate_id),
            event_type: text(&columns.event_type),
            sequence: optional(&columns.sequence).as_deref().and_then(integer_of),
            payload: row.get(&columns.payload),
            created_at: optional(&columns.created_at),
        }
    }
}

/// Returns a column's text, or the digits of its number.
fn text(value: Option<&str>) -> Option<String> {
    let raw = value?;
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok(),
        // The digits if it is an integer, as a complete row has them; otherwise the shortest form.
        b'-' | b'0'..=b'9' => Some(serde_json::from_str::<Number>(raw).map_or_else(
            |_| raw.to_owned(),
            |number| integer_in(&number).map_or_else(|| number.to_string(), |integer| integer.to_string()),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_rows_are_read_as_far_as_possible() {
        let record = r#"{"data":{"id":7,"aggregate_type":["x"],"aggregate_id":"c","sequence":"1.5e3","payload":"{\"cut"},
            "metadata":{"record-type":"data","operation":"update","schema-name":"public","table-name":"cars"}}"#;
        let record: Captured<'_> = serde_json::from_str(record).expect("a record");
        let expected = PartialRow {
            id: Some("7".into()),
            aggregate_id: Some("c".into()),
            sequence: Some(1_500),
            payload: Some(r#""{\"cut""#),
            ..PartialRow::default()
        };
        assert_eq!(record.partial_row(Layout::own()), expected);
        let empty = r#"{"data":[1],"metadata":{"record-type":"data","operation":"insert","table-name":"outbox"}}"#;
        let empty: Captured<'_> = serde_json::from_str(empty).expect("a record");
        assert_eq!(empty.partial_row(Layout::own()), PartialRow::default());
    }
}
