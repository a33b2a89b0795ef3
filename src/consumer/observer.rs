//! What a consumer reports of single events and of its counts.

use serde::Serialize;

use super::event::Event;
use super::metrics::Totals;

/// How the handling of an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It took effect, and was marked by this consumer.
    Processed,
    /// It took effect again, because it is part of a replay.
    Replayed,
    /// It had been marked before.
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

/// An event whose handling ended.
#[derive(Debug, Clone, Copy)]
pub struct Handled<'a> {
    pub event: &'a Event,
    pub outcome: Outcome,
    pub attempts: i32,
    /// Why it failed.
    pub reason: Option<&'a str>,
}

/// Gets what a consumer reports. Called from the tasks that handle events, so it must be quick.
pub trait Observer: Send + Sync {
    fn handled(&self, handled: &Handled<'_>);

    /// The counts so far, at intervals and at the end.
    fn counts(&self, totals: Totals);
}
