//! The interface between polling and streams: Kinesis and DynamoDB.

use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::error::Error;

/// A shard, and its parents by split or merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    pub id: String,
    pub parents: Vec<String>,
    /// Set if it takes no more records.
    pub closed: bool,
}

/// Position at which reading begins.
#[derive(Debug, Clone, PartialEq)]
pub enum Position {
    TrimHorizon,
    At(DateTime<Utc>),
    After(String),
}

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

/// Result of one read.
#[derive(Debug)]
pub struct Page {
    pub records: Vec<Record>,
    /// The next iterator; `None` once the closed shard is read to its end.
    pub next: Option<String>,
}

#[derive(Debug)]
pub enum ReadError {
    /// The iterator has expired: request another.
    Expired,
    /// The stream or shard no longer exists.
    Gone,
    /// Throttled, disconnected, unavailable: retry later.
    Later(Error),
}

/// A stream.
pub trait Source: Send + Sync {
    fn shards(&self) -> BoxFuture<'_, Result<Vec<Shard>, ReadError>>;

    fn iterator<'a>(&'a self, shard: &'a str, from: &'a Position) -> BoxFuture<'a, Result<String, ReadError>>;

    /// Reads at most `limit` records.
    fn read<'a>(&'a self, shard: &'a str, iterator: &'a str, limit: usize) -> BoxFuture<'a, Result<Page, ReadError>>;

    /// Returns the value that filter patterns match: the record with its payload decoded; `None` if it can't be
    /// decoded, which matches no pattern on the payload ("Properly filtering Kinesis messages" in the Lambda developer
    /// guide).
    fn filter_view(&self, record: &Record) -> Option<Value>;

    fn batch_info(&self) -> BatchInfo;
}

/// Description of a discarded batch's origin in the invocation record.
#[derive(Debug, Clone, Copy)]
pub struct BatchInfo {
    /// Name of the object, such as `KinesisBatchInfo`.
    pub name: &'static str,
    /// Precision of the times in it.
    pub precision: SecondsFormat,
}
