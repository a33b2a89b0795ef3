//! The interface between the shard reader and a stream: Kinesis or DynamoDB Streams.

use std::convert::Infallible;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chrono::{DateTime, TimeDelta, Utc};

use super::retry::is_passing;
use crate::base::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::streams::{Item, StartAt, Warnings};

/// Tolerance for differences between this machine's clock and the service's.
const CLOCKS: TimeDelta = TimeDelta::seconds(5);

/// A shard's id and its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardInfo {
    pub id: String,
    /// The shard it was split from, or the two it was merged from. They may have expired.
    pub parents: Vec<String>,
    /// Indicates whether it is closed for new records.
    pub closed: bool,
}

/// A page of the shards that a stream still has, closed ones included.
#[derive(Debug, Default)]
pub struct Listed {
    pub shards: Vec<ShardInfo>,
    /// Token of the next page.
    pub next: Option<String>,
    /// Indicates whether the stream takes no more records and opens no more shards: a disabled DynamoDB stream.
    pub disabled: bool,
}

/// A position in a shard, which outlives an iterator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    Oldest,
    /// From records that arrived at this time or later.
    At(DateTime<Utc>),
    /// From now on, which is this time. If the iterator expires before a record was seen, reading continues from this
    /// time.
    LatestSince(DateTime<Utc>),
    After(String),
}

impl Cursor {
    /// Returns the start position in a shard that exists at the start.
    pub fn first(from: StartAt, opened: DateTime<Utc>) -> Self {
        match from {
            StartAt::Latest => Self::LatestSince(opened),
            StartAt::Start => Self::Oldest,
            StartAt::At(at) => Self::At(at),
        }
    }

    /// Returns the position for another iterator, after the first one was lost.
    pub fn renewed(self) -> Self {
        match self {
            Self::LatestSince(opened) => Self::At(opened - CLOCKS),
            other => other,
        }
    }
}

/// Result of one read.
#[derive(Debug)]
pub struct Answer<R> {
    pub records: Vec<R>,
    /// The next iterator; `None` once the closed shard is read to its end.
    pub next: Option<String>,
    /// Lag behind the shard's tip; `None` if the service does not report it.
    pub behind: Option<Duration>,
    /// The child shards, if the service names them at the end of a shard.
    pub children: Vec<ShardInfo>,
}

/// Records to process.
#[derive(Debug)]
pub struct Page<R> {
    pub records: Vec<R>,
    /// Lag behind the shard's tip; `None` if the service does not report it.
    pub behind: Option<Duration>,
    /// Indicates whether the service returned no record, not even one before the start position.
    pub empty: bool,
    /// Indicates whether the closed shard is read to its end with this page.
    pub last: bool,
}

impl<R> Page<R> {
    pub fn new(records: Vec<R>, behind: Option<Duration>, last: bool) -> Self {
        Self { empty: records.is_empty(), records, behind, last }
    }
}

/// Kinds of failures, as far as they decide how to continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The iterator, or the token of a page of shards, has expired: request another.
    Expired,
    /// The records at the position expired before they were read: request an iterator at the oldest record.
    Trimmed,
    /// The stream or shard does not exist.
    Missing,
    /// Throttled, disconnected or unavailable: a retry can help.
    Passing,
    Final,
}

/// A failed request.
#[derive(Debug)]
pub struct Failure {
    pub reason: Reason,
    pub error: Error,
}

impl Failure {
    /// Sorts an error by its code; Kinesis and DynamoDB Streams have the same ones. `action` is the attempted action.
    pub fn of<E>(error: SdkError<E, HttpResponse>, action: String) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let reason = match sdk_code(&error) {
            "ExpiredIteratorException" | "ExpiredNextTokenException" => Reason::Expired,
            "TrimmedDataAccessException" => Reason::Trimmed,
            "ResourceNotFoundException" => Reason::Missing,
            _ if is_passing(&error) => Reason::Passing,
            _ => Reason::Final,
        };
        let Err(error) = Err::<Infallible, _>(error).aws(action);
        Self { reason, error }
    }

    /// Returns a failure for an answer without an iterator.
    pub fn without_iterator(shard: &str) -> Self {
        let text = format!("the service returned no iterator for shard {shard}");
        Self { reason: Reason::Final, error: Error::new(Kind::Unexpected, text) }
    }
}

/// The requests to a stream, one attempt each.
pub trait Source: Clone + Send + Sync + 'static {
    type Record: Send + Sync + 'static;

    /// Maximum records per read that the service allows or that pays.
    const MOST_RECORDS: i32;
    /// Indicates whether iterators can start at a time. Otherwise a position by time starts with the oldest record, and
    /// older records are skipped.
    const HAS_TIMES: bool;

    /// Returns the name of the stream in messages.
    fn name(&self) -> &str;

    /// Lists the shards from the page of this token.
    fn list(&self, token: Option<&str>) -> impl Future<Output = Result<Listed, Failure>> + Send;

    fn iterator(&self, shard: &str, from: &Cursor) -> impl Future<Output = Result<String, Failure>> + Send;

    /// Reads at most `limit` records.
    fn read(
        &self,
        shard: &str,
        iterator: &str,
        limit: i32,
    ) -> impl Future<Output = Result<Answer<Self::Record>, Failure>> + Send;

    fn sequence(record: &Self::Record) -> Option<&str>;

    /// Returns the time of the record's arrival in the stream, by the service's clock.
    fn arrived(record: &Self::Record) -> Option<DateTime<Utc>>;
}

/// A stream whose records are decoded into items.
pub trait Readable: Source {
    type Feed: Feed<Record = Self::Record>;

    /// Takes the position.
    fn feed(&self, shard: &str, from: Cursor, warnings: Warnings) -> impl Future<Output = Result<Self::Feed>> + Send;

    /// Appends the items of a record.
    fn decode(&self, shard: &str, record: &Self::Record, items: &mut Vec<Item>);
}

/// The records of one shard from a position on, each once.
pub trait Feed: Send + 'static {
    type Record: Send + Sync + 'static;

    /// Indicates whether the service decides when pages arrive. Otherwise each page is a request.
    fn is_pushed(&self) -> bool;

    /// Returns the next page; `None` once the shard is closed and read to its end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Page<Self::Record>>>> + Send;

    /// Returns the child shards, if the service named them at the end.
    fn children(self) -> Vec<ShardInfo>;
}
