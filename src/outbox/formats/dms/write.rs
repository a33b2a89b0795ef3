//! Writes records.

use super::json::{make_pretty, write_count, write_string};

/// The layout of the whole record: endpoint setting `MessageFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// `json`: one line per member, indented with tabs.
    #[default]
    Json,
    /// `json-unformatted`: one line.
    JsonUnformatted,
}

/// The metadata of a record; `None` and "" if the endpoint's settings omit a field.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    pub timestamp: &'a str,
    pub operation: &'a str,
    pub partition_key_type: &'a str,
    pub partition_key_value: Option<&'a str>,
    pub schema: &'a str,
    pub table: &'a str,
    /// `None` for full load.
    pub transaction_id: Option<u64>,
    /// `IncludeTransactionDetails`; never for full load.
    pub details: Option<Details<'a>>,
}

/// The position of a change in its transaction.
#[derive(Debug, Clone, Copy)]
pub struct Details<'a> {
    /// Position within the transaction, from 1.
    pub record_id: u64,
    /// Id and record count of the previous transaction; `None` for the first.
    pub previous: Option<(u64, u64)>,
    pub commit_timestamp: &'a str,
    pub stream_position: &'a str,
}

/// Writes the members of an object.
pub struct Object<'a> {
    pub out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Begins a member; its value is then written to `out`. `key` comes from [`super::json::key`].
    pub fn key(&mut self, key: &[u8]) {
        if !std::mem::take(&mut self.first) {
            self.out.push(b',');
        }
        self.out.extend_from_slice(key);
    }

    fn text(&mut self, key: &[u8], value: &str) {
        self.key(key);
        write_string(self.out, value);
    }

    fn count(&mut self, key: &[u8], value: u64) {
        self.key(key);
        write_count(self.out, value);
    }

    fn close(self) {
        self.out.push(b'}');
    }
}

/// Appends a data record; `columns` writes the row, in column order.
///
/// # Errors
/// Those of `columns`; `out` is then unchanged.
pub fn write_row<E>(
    out: &mut Vec<u8>,
    format: Format,
    head: &Head<'_>,
    columns: impl FnOnce(&mut Object<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let from = out.len();
    out.extend_from_slice(b"{\"data\":");
    let mut data = Object::open(out);
    if let Err(error) = columns(&mut data) {
        out.truncate(from);
        return Err(error);
    }
    data.close();
    out.push(b',');
    metadata(out, "data", head);
    finish(out, format, from);
    Ok(())
}

/// Appends a control record without details, as with `IncludeControlDetails` false.
pub fn write_control(out: &mut Vec<u8>, format: Format, head: &Head<'_>) {
    let from = out.len();
    out.push(b'{');
    metadata(out, "control", head);
    finish(out, format, from);
}

fn finish(out: &mut Vec<u8>, format: Format, from: usize) {
    out.push(b'}');
    match format {
        Format::Json => make_pretty(out, from),
        Format::JsonUnformatted => out.push(b'\n'),
    }
}

fn metadata(out: &mut Vec<u8>, record_type: &str, head: &Head<'_>) {
    out.extend_from_slice(b"\"metadata\":");
    let mut object = Object::open(out);
    object.text(b"\"timestamp\":", head.timestamp);
    object.text(b"\"record-type\":", record_type);
    object.text(b"\"operation\":", head.operation);
    object.text(b"\"partition-key-type\":", head.partition_key_type);
    if let Some(value) = head.partition_key_value {
        object.text(b"\"partition-key-value\":", value);
    }
    object.text(b"\"schema-name\":", head.schema);
    object.text(b"\"table-name\":", head.table);
    if let Some(id) = head.transaction_id {
        object.count(b"\"transaction-id\":", id);
    }
    if let Some(details) = &head.details {
        object.count(b"\"transaction-record-id\":", details.record_id);
        if let Some((id, records)) = details.previous {
            object.count(b"\"prev-transaction-id\":", id);
            object.count(b"\"prev-transaction-record-id\":", records);
        }
        object.text(b"\"commit-timestamp\":", details.commit_timestamp);
        object.text(b"\"stream-position\":", details.stream_position);
    }
    object.close();
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;
    use serde_json::Value;

    use super::super::{Kind, Numbers, Operation, Record, json, write_value};
    use super::*;

    const HEAD: Head<'_> = Head {
        timestamp: "2024-07-29T00:58:17.983670Z",
        operation: "insert",
        partition_key_type: "schema-table",
        partition_key_value: None,
        schema: "public",
        table: "foo",
        transaction_id: Some(1139),
        details: Some(Details {
            record_id: 1,
            previous: None,
            commit_timestamp: "2024-07-29T00:58:17.974340Z",
            stream_position: "00000002/7C007178.3.00000002/7C007178",
        }),
    };

    fn write(format: Format, head: &Head<'_>, columns: &[(&str, Kind, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        let done: Result<(), Infallible> = write_row(&mut out, format, head, |data| {
            for (name, kind, text) in columns {
                data.key(&json::key(name));
                write_value(data.out, *kind, text, Numbers::default());
            }
            Ok(())
        });
        done.unwrap();
        out
    }

    #[test]
    fn a_captured_insert_is_written_to_the_byte() {
        let captured = r#"{"data":{"age":31,"attributes":"{\"baz\": \"qux\"}","id":46,"name":"Jane"},"metadata":{"timestamp":"2024-07-29T00:58:17.983670Z","record-type":"data","operation":"insert","partition-key-type":"schema-table","schema-name":"public","table-name":"foo","transaction-id":1139,"transaction-record-id":1,"commit-timestamp":"2024-07-29T00:58:17.974340Z","stream-position":"00000002/7C007178.3.00000002/7C007178"}}"#;
        let columns = [
            ("age", Kind::Integer, "31"),
            ("attributes", Kind::Lob, "{\"baz\": \"qux\"}"),
            ("id", Kind::Integer, "46"),
            ("name", Kind::Text { limit: 100 }, "Jane"),
        ];
        let written = String::from_utf8(write(Format::JsonUnformatted, &HEAD, &columns)).unwrap();
        assert_eq!(written, format!("{captured}\n"));
    }

    #[test]
    fn a_captured_control_record_is_written_to_the_byte() {
        let captured = r#"{"metadata":{"timestamp":"2021-02-18T23:09:09.509179Z","record-type":"control","operation":"create-table","partition-key-type":"task-id","schema-name":"","table-name":"awsdms_apply_exceptions"}}"#;
        let head = Head {
            timestamp: "2021-02-18T23:09:09.509179Z",
            operation: "create-table",
            partition_key_type: "task-id",
            schema: "",
            table: "awsdms_apply_exceptions",
            transaction_id: None,
            details: None,
            ..HEAD
        };
        let mut out = Vec::new();
        write_control(&mut out, Format::JsonUnformatted, &head);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{captured}\n"));
    }

    #[test]
    fn a_failing_row_writes_nothing() {
        let mut out = b"before".to_vec();
        let done = write_row(&mut out, Format::Json, &HEAD, |data| {
            data.key(b"\"a\":");
            Err("no")
        });
        assert_eq!((done, out.as_slice()), (Err("no"), &b"before"[..]));
    }

    proptest! {
        #[test]
        fn written_records_are_read_back(
            columns in prop::collection::btree_map(any::<String>(), any::<String>(), 0..8),
            (schema, table, key) in any::<(String, String, Option<String>)>(),
            (id, record, previous) in any::<(u64, u64, Option<(u64, u64)>)>(),
            pretty in any::<bool>(),
        ) {
            let format = if pretty { Format::Json } else { Format::JsonUnformatted };
            let details = Details { record_id: record, previous, ..HEAD.details.unwrap() };
            let head = Head {
                partition_key_value: key.as_deref(), schema: &schema, table: &table, transaction_id: Some(id),
                details: Some(details), ..HEAD
            };
            let listed: Vec<_> = columns.iter().map(|(name, text)| (name.as_str(), Kind::Lob, text.as_str())).collect();
            let read = Record::parse(&write(format, &head, &listed)).unwrap();
            let expected: serde_json::Map<_, _> =
                columns.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str()))).collect();
            prop_assert_eq!(read.data, expected);
            let seen = &read.metadata;
            prop_assert_eq!(&seen.operation, &Operation::Insert);
            prop_assert_eq!((&seen.schema_name, &seen.table_name), (&schema, &table));
            prop_assert_eq!(seen.partition_key_value.as_ref(), key.as_ref());
            prop_assert_eq!((seen.transaction_id, seen.transaction_record_id), (Some(id), Some(record)));
            prop_assert_eq!(seen.prev_transaction_id.zip(seen.prev_transaction_record_id), previous);
        }
    }
}
