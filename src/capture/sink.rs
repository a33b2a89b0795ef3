//! Where records go. The seam for tests and benches: a sink may fail in part, throttle, or answer late.

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

/// Why one entry of a request was not stored; it may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Like `ProvisionedThroughputExceededException`.
    pub code: String,
    pub message: String,
}

/// Why a whole request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SinkError {
    /// What was tried and what came back.
    pub message: String,
    /// Whether the same request may succeed later. Where it is unknown whether it took effect, it is sent again.
    pub retryable: bool,
    /// Whether the stream does not exist.
    pub missing: bool,
}

/// Takes records.
pub trait Sink: Send + Sync + 'static {
    /// Stores a batch. The answer has one element an entry, in order: None where it was stored.
    fn put<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>>;
}
