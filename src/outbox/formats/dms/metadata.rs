//! The `metadata` object of a record.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

/// The kind of a record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum RecordType {
    /// A row.
    Data,
    /// A change of a table, or of the capture itself.
    Control,
    /// A type that this version does not know.
    Other(String),
}

impl From<String> for RecordType {
    fn from(text: String) -> Self {
        match text.as_str() {
            "data" => Self::Data,
            "control" => Self::Control,
            _ => Self::Other(text),
        }
    }
}

impl RecordType {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Data => "data",
            Self::Control => "control",
            Self::Other(text) => text,
        }
    }
}

/// The operation on the row. Operations of control records (`create-table`, `drop-table`, ...) are `Other`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Operation {
    /// The row existed when the task began.
    Load,
    Insert,
    Update,
    Delete,
    Other(String),
}

impl From<String> for Operation {
    fn from(text: String) -> Self {
        match text.as_str() {
            "load" => Self::Load,
            "insert" => Self::Insert,
            "update" => Self::Update,
            "delete" => Self::Delete,
            _ => Self::Other(text),
        }
    }
}

impl Operation {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Load => "load",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Other(text) => text,
        }
    }
}

/// The origin of a record. The endpoint's settings determine which fields are present.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Metadata {
    /// The time at which DMS wrote the record.
    #[serde(default)]
    pub timestamp: Option<String>,
    pub record_type: RecordType,
    pub operation: Operation,
    /// `schema-table`, `primary-key`, `attribute-name`, `task-id`, ...
    #[serde(default)]
    pub partition_key_type: Option<String>,
    #[serde(default)]
    pub partition_key_value: Option<String>,
    /// Empty for the tables of DMS itself, and if it is null.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub schema_name: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub table_name: String,
    #[serde(default, deserialize_with = "lenient_u64")]
    pub transaction_id: Option<u64>,
    /// Position within the transaction, from 1.
    #[serde(default, deserialize_with = "lenient_u64")]
    pub transaction_record_id: Option<u64>,
    #[serde(default, deserialize_with = "lenient_u64")]
    pub prev_transaction_id: Option<u64>,
    #[serde(default, deserialize_with = "lenient_u64")]
    pub prev_transaction_record_id: Option<u64>,
    /// The commit time of the transaction; absent from full-load rows.
    #[serde(default)]
    pub commit_timestamp: Option<String>,
    /// `LSN.n.LSN` on PostgreSQL; the middle is opaque. Absent from full-load rows.
    #[serde(default)]
    pub stream_position: Option<String>,
}

impl Metadata {
    /// Returns whether this is a row of a user's table: not a control record, not a table of DMS itself (`awsdms_*`).
    pub fn is_row(&self) -> bool {
        self.record_type == RecordType::Data && !self.table_name.starts_with("awsdms_")
    }

    /// Returns whether this is a new row: inserted, or copied by the full load.
    pub fn is_new_row(&self) -> bool {
        self.is_row() && matches!(self.operation, Operation::Insert | Operation::Load)
    }

    /// Returns [`Metadata::commit_timestamp`] as a time; `None` if it is absent or can't be read.
    pub fn committed_at(&self) -> Option<DateTime<Utc>> {
        time(self.commit_timestamp.as_deref()?)
    }

    /// Returns [`Metadata::timestamp`] as a time; `None` if it is absent or can't be read.
    pub fn captured_at(&self) -> Option<DateTime<Utc>> {
        time(self.timestamp.as_deref()?)
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.to_utc())
}

/// Deserializes a value that may be null, which counts as absent.
pub(super) fn null_as_empty<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a count from a number or from a string of digits; anything else counts as absent.
fn lenient_u64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok())))
}
