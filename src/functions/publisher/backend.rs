//! The seam between the delivery engine and where events go.

use std::future::Future;
use std::sync::Arc;

use crate::outbox::Message;

/// An event ready to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The outbox row's id; consumers deduplicate by it.
    pub event_id: uuid::Uuid,
    /// When the transaction committed.
    pub time: chrono::DateTime<chrono::Utc>,
    /// `outbox.<aggregate type>`.
    pub source: String,
    pub detail_type: String,
    /// The CloudEvent as JSON text.
    pub detail: String,
}

impl Entry {
    /// # Errors
    /// The CloudEvent could not be written as JSON, which no parsed message causes.
    pub fn new(message: &Message) -> Result<Self, serde_json::Error> {
        Ok(Self {
            event_id: message.id,
            time: message.committed_at,
            source: message.source(),
            detail_type: message.event_type.clone(),
            detail: serde_json::to_string(&message.to_cloud_event())?,
        })
    }
}

/// Why an event can never be delivered as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reason {
    /// Stable, for alarms and redrive: the backend's own error code, or one of ours.
    pub code: String,
    pub message: String,
}

impl Reason {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// What became of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// Not taken now, or nobody knows: send it again.
    Retry(Reason),
    /// Never going to be taken.
    Refused(Reason),
}

/// How much fits in one request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub entries: usize,
    pub bytes: usize,
}

/// Where events go. EventBridge is the first; a queue or a topic can be another.
pub trait Publisher: Send + Sync {
    fn limits(&self) -> Limits;

    /// The entry's size as the backend counts it, in bytes.
    fn size(&self, entry: &Entry) -> usize;

    /// What makes this entry undeliverable before it is even tried.
    ///
    /// # Errors
    /// The reason, for the failure destination.
    fn check(&self, entry: &Entry) -> Result<(), Reason>;

    /// Sends one request within the limits. One verdict an entry, in order; a missing one counts as unknown.
    fn publish(&self, entries: &[Arc<Entry>]) -> impl Future<Output = Vec<Verdict>> + Send;
}

/// Where undeliverable events are kept with their payload.
pub trait FailureDestination: Send + Sync {
    /// Keeps the record at `position` of the batch. Must be idempotent: a redelivered batch stores it again.
    ///
    /// # Errors
    /// The record is not safely kept; it must not be acknowledged.
    fn store(&self, position: usize, reason: &Reason) -> impl Future<Output = crate::error::Result<()>> + Send;
}
