//! Reports of a consumer about single events and its counts.

use serde::Serialize;

use super::event::Event;
use super::metrics::Totals;

/// The outcome of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Processed and marked by this consumer.
    Processed,
    /// Processed again, as part of a replay.
    Replayed,
    /// Marked before.
    Duplicate,
    /// Every attempt failed; it is stored as a failure.
    Failed,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Replayed => "replayed",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
        }
    }
}

/// An event and its outcome.
#[derive(Debug, Clone, Copy)]
pub struct Handled<'a> {
    pub event: &'a Event,
    pub outcome: Outcome,
    pub attempts: i32,
    /// The reason of a failure.
    pub reason: Option<&'a str>,
}

/// Receives the reports of a consumer. The methods are called from the tasks that process events, so they must be fast.
pub trait Observer: Send + Sync {
    fn handled(&self, handled: &Handled<'_>);

    /// Receives the counts so far, at intervals and at the end.
    fn counts(&self, totals: Totals);
}
