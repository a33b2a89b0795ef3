//! The parts in which event sources differ: Kinesis and DynamoDB.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use crate::streams::shards::Source;

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub sequence: String,
    pub arrived_at: DateTime<Utc>,
    /// The element of the event's `Records`.
    pub event: Value,
    /// Its share of an invocation's 6 MB, in bytes.
    pub size: usize,
}

/// A stream whose records are passed to functions.
pub trait EventSource: Send + Sync + 'static {
    type Stream: Source;

    fn stream(&self) -> &Self::Stream;

    /// Returns the record as the function gets it.
    fn record(&self, shard: &str, record: &<Self::Stream as Source>::Record) -> Record;

    /// Returns the value that filter patterns match: the record with its payload decoded; `None` if it can't be
    /// decoded, which matches no pattern on the payload ("Properly filtering Kinesis messages" in the Lambda developer
    /// guide).
    fn filter_view(record: &Record) -> Option<Value>;

    fn batch_info() -> BatchInfo;
}

/// Description of a discarded batch's origin in the invocation record.
#[derive(Debug, Clone, Copy)]
pub struct BatchInfo {
    /// Name of the object, such as `KinesisBatchInfo`.
    pub name: &'static str,
    /// Precision of the times in it.
    pub precision: SecondsFormat,
}
