//! The traits between the delivery engine and the target of the events.

use std::future::Future;
use std::sync::Arc;

use crate::outbox::Message;

/// An event ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The outbox row's id; consumers deduplicate by it.
    pub event_id: uuid::Uuid,
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
            source: message.source(),
            detail_type: message.event_type.clone(),
            detail: serde_json::to_string(&message.to_cloud_event())?,
        })
    }
}

#[cfg(test)]
impl Entry {
    /// Returns an entry with this detail.
    pub fn sample(detail_type: &str, detail: impl Into<String>) -> Self {
        let (event_id, source) = (uuid::Uuid::nil(), "outbox.car".to_owned());
        Self { event_id, source, detail_type: detail_type.to_owned(), detail: detail.into() }
    }
}

/// The reason why an event can never be delivered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reason {
    /// Stable, for alarms and redrive: the backend's error code, or one of this program.
    pub code: String,
    pub message: String,
}

impl Reason {
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

/// The outcome of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Accepted,
    /// Not accepted, or unknown: send it again.
    Retry(Reason),
    /// The entry will never be accepted.
    Refused(Reason),
}

/// Limits of one request.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub entries: usize,
    pub bytes: usize,
}

/// A target for events. EventBridge is the first; a queue or a topic can be another.
pub trait Publisher: Send + Sync {
    fn limits(&self) -> Limits;

    /// Returns the entry's size as the backend counts it, in bytes.
    fn size(&self, entry: &Entry) -> usize;

    /// Checks, before the first attempt, that the entry is deliverable.
    ///
    /// # Errors
    /// The reason, for the failure destination.
    fn check(&self, entry: &Entry) -> Result<(), Reason>;

    /// Sends one request within the limits. Returns one verdict per entry, in order; a missing one counts as unknown.
    fn publish(&self, entries: &[Arc<Entry>]) -> impl Future<Output = Vec<Verdict>> + Send;
}

/// A store for undeliverable events with their payload.
pub trait FailureDestination: Send + Sync {
    /// Stores the record at `position` of the batch. Must be idempotent: a redelivered batch stores it again.
    ///
    /// # Errors
    /// The record was not stored; it must not be acknowledged.
    fn store(&self, position: usize, reason: &Reason) -> impl Future<Output = crate::base::error::Result<()>> + Send;
}
