//! The seam between polling and streams: Kinesis and DynamoDB.

use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::error::Error;

/// A shard, and those that it came from by split or merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shard {
    pub id: String,
    pub parents: Vec<String>,
    /// It takes no more records.
    pub closed: bool,
}

/// Where to begin reading.
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
    /// The element of `Records` that the function gets.
    pub event: Value,
    /// Its share of an invocation's 6 MB, in bytes.
    pub size: usize,
}

/// What one read brought.
#[derive(Debug)]
pub struct Page {
    pub records: Vec<Record>,
    /// None: the shard is closed and read to its end.
    pub next: Option<String>,
}

#[derive(Debug)]
pub enum ReadError {
    /// The iterator is too old: make another.
    Expired,
    /// The stream or shard does not exist any more.
    Gone,
    /// Throttled, cut off, down: again after a while.
    Later(Error),
}

/// A stream.
pub trait Source: Send + Sync {
    fn shards(&self) -> BoxFuture<'_, Result<Vec<Shard>, ReadError>>;

    fn iterator<'a>(&'a self, shard: &'a str, from: &'a Position) -> BoxFuture<'a, Result<String, ReadError>>;

    /// At most `limit` records.
    fn read<'a>(&'a self, shard: &'a str, iterator: &'a str, limit: usize) -> BoxFuture<'a, Result<Page, ReadError>>;

    /// What filter patterns are matched against: the record with its payload decoded. None where it can't be, which
    /// matches no pattern on the payload ("Properly filtering Kinesis messages" in the Lambda developer guide).
    fn filter_view(&self, record: &Record) -> Option<Value>;

    fn batch_info(&self) -> BatchInfo;
}

/// How the invocation record of a discarded batch describes where it came from.
#[derive(Debug, Clone, Copy)]
pub struct BatchInfo {
    /// The object's name, such as `KinesisBatchInfo`.
    pub name: &'static str,
    /// Of the times in it.
    pub precision: SecondsFormat,
}
