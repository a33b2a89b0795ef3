//! Reads whole records, for tests and benchmarks. The pipeline reads only the parts that it needs (`recognise.rs`).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Metadata;
use super::metadata::null_as_empty;

/// One record as DMS wrote it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The row by column; empty in control records. LOB columns (jsonb, text, arrays) are JSON strings.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub data: Map<String, Value>,
    /// Details of a control record, if the endpoint includes them.
    #[serde(default)]
    pub control: Option<Value>,
    /// The row before the change, if the task includes it.
    #[serde(default)]
    pub before_image: Option<Map<String, Value>>,
    pub metadata: Metadata,
}

impl Record {
    /// Reads one record, in either message format (`json`, `json-unformatted`).
    ///
    /// # Errors
    /// The bytes are not JSON, or have no `metadata` with `record-type` and `operation`.
    pub fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Operation;
    use super::*;

    const INSERT: &str = r#"{"data":{"age":31,"attributes":"{\"baz\": \"qux\"}","id":46,"name":"Jane"},"metadata":{"timestamp":"2024-07-29T00:58:17.983670Z","record-type":"data","operation":"insert","partition-key-type":"schema-table","schema-name":"public","table-name":"foo","transaction-id":1139,"transaction-record-id":1,"commit-timestamp":"2024-07-29T00:58:17.974340Z","stream-position":"00000002/7C007178.3.00000002/7C007178"}}"#;
    const LOAD: &str = r#"{"data":{"id":393,"name":"Test","age":4,"attributes":null},"metadata":{"timestamp":"2025-06-10T11:28:47.326434Z","record-type":"data","operation":"load","partition-key-type":"primary-key","partition-key-value":"public.demo.393","schema-name":"public","table-name":"demo"}}"#;
    const CONTROL: &str = r#"{"metadata":{"timestamp":"2021-02-18T23:09:09.509179Z","record-type":"control","operation":"create-table","partition-key-type":"task-id","schema-name":"","table-name":"awsdms_apply_exceptions"}}"#;

    #[test]
    fn reads_a_captured_insert() {
        let record = Record::parse(INSERT.as_bytes()).unwrap();
        assert!(record.metadata.is_new_row());
        assert_eq!(record.data["attributes"], r#"{"baz": "qux"}"#);
        assert_eq!(record.metadata.transaction_id, Some(1139));
        assert_eq!(record.metadata.committed_at().unwrap().timestamp_subsec_micros(), 974_340);
    }

    #[test]
    fn reads_a_captured_load_row_without_transaction() {
        let record = Record::parse(LOAD.as_bytes()).unwrap();
        assert!(record.metadata.is_new_row());
        assert_eq!(record.metadata.operation, Operation::Load);
        assert_eq!(record.metadata.stream_position, None);
        assert!(record.data["attributes"].is_null());
    }

    #[test]
    fn control_records_are_distinguished() {
        let record = Record::parse(CONTROL.as_bytes()).unwrap();
        assert!(!record.metadata.is_row());
        assert_eq!(record.metadata.operation, Operation::Other("create-table".into()));
    }

    #[test]
    fn skips_rows_of_dms_tables() {
        let text = INSERT.replace(r#""table-name":"foo""#, r#""table-name":"awsdms_status""#);
        assert!(!Record::parse(text.as_bytes()).unwrap().metadata.is_row());
    }

    #[test]
    fn key_order_unknown_keys_and_unusual_counts_are_accepted() {
        let text = r#"{"metadata":{"operation":"update","x":1,"record-type":"data","transaction-id":"7","stream-position":null,"transaction-record-id":-1},"new":[],"data":{"id":1}}"#;
        let record = Record::parse(text.as_bytes()).unwrap();
        assert_eq!(record.metadata.transaction_id, Some(7));
        assert_eq!(record.metadata.transaction_record_id, None);
    }

    #[test]
    fn other_bytes_are_refused() {
        for (bytes, is_json) in
            [(&b"\xff\xfe"[..], false), (b"{\"data\":{}", false), (b"{\"data\":{}}", true), (b"[1]", true)]
        {
            assert_eq!(Record::parse(bytes).unwrap_err().is_data(), is_json, "{bytes:?}");
        }
    }
}
