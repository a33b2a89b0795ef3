//! The target of records. A trait, for tests and benches: a sink may fail in part, throttle, or answer late.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Partition key, 1 to 256 characters.
    pub key: Arc<str>,
    pub data: Bytes,
}

/// An error of one entry of a request; the entry may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Like `ProvisionedThroughputExceededException`.
    pub code: String,
    pub message: String,
}

/// An error of a whole request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkError {
    /// The operation and its error.
    pub message: String,
    /// Indicates whether the same request may succeed later. A request with an unknown outcome is sent again.
    pub retryable: bool,
    /// Indicates whether the stream does not exist.
    pub missing: bool,
}

/// A target for records.
pub trait Sink: Send + Sync + 'static {
    /// Stores a batch. Returns one element per entry, in order: `None` if it was stored.
    fn put<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>>;
}
