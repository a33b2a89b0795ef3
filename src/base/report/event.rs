//! The events of an engine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clean;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Shown with --verbose only.
    Detail,
    Info,
    Warning,
}

/// The expected duration of a step. A live view shows it beside the elapsed time; lines mention it only for steps that
/// have been silent for long; NDJSON does not contain it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A wait for a service: the usual range in seconds.
    Usually(u64, u64),
    /// Counted work; the total if it is known.
    Count { done: u64, total: Option<u64> },
    /// Work of a fixed duration.
    Lasts(Duration),
}

impl Expect {
    /// Returns counted work of known size.
    pub fn of(done: u64, total: u64) -> Self {
        Self::Count { done, total: Some(total) }
    }
}

/// An event of an engine. `scope` is its subject (a stack, a task, a shard): every plain line starts with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// A step has started; a live view shows it until `Finished` or `Failed` with the same scope.
    Started {
        scope: String,
        message: String,
        /// Number of resources of the step, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resources: Option<usize>,
    },
    /// The step's state has changed; lines show it once, a live view replaces the old state.
    Progress { scope: String, message: String },
    /// The step has not started: it waits for these others.
    Waiting { scope: String, on: Vec<String> },
    /// A resource of the step has changed its state; a live view shows it below the step.
    Resource {
        scope: String,
        resource: String,
        resource_type: String,
        /// As the service writes it: `CREATE_IN_PROGRESS`, `UPDATE_COMPLETE`, `DELETE_FAILED`, …
        status: String,
        /// The reason of a failure.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The usual duration, like `5–10 min`; only if it is long, and while the operation is in progress.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usually: Option<String>,
    },
    /// The step succeeded. `changed` is false if it had nothing to do.
    Finished { scope: String, message: String, changed: bool },
    /// The step failed; the error itself follows as the command's result.
    Failed { scope: String, message: String },
    /// A message that belongs to no step.
    Note { level: Level, message: String },
}

impl Event {
    /// Rewrites the text for people: messages and reasons.
    #[must_use]
    pub fn map_text(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        match &mut self {
            Self::Started { message, .. }
            | Self::Progress { message, .. }
            | Self::Finished { message, .. }
            | Self::Failed { message, .. }
            | Self::Note { message, .. }
            | Self::Resource { reason: Some(message), .. } => *message = rewrite(message),
            Self::Waiting { .. } | Self::Resource { reason: None, .. } => {}
        }
        self
    }

    pub fn started(scope: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Started { scope: scope.into(), message: message.into(), resources: None }
    }

    pub fn progress(scope: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Progress { scope: scope.into(), message: message.into() }
    }

    pub fn finished(scope: impl Into<String>, message: impl Into<String>, changed: bool) -> Self {
        Self::Finished { scope: scope.into(), message: message.into(), changed }
    }

    pub fn failed(scope: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Failed { scope: scope.into(), message: message.into() }
    }

    /// Returns a message that belongs to no step.
    pub fn note(message: impl Into<String>) -> Self {
        Self::Note { level: Level::Info, message: message.into() }
    }

    pub fn warning(message: impl Into<String>) -> Self {
        Self::Note { level: Level::Warning, message: message.into() }
    }

    /// Returns a message that is shown with --verbose only.
    pub fn detail(message: impl Into<String>) -> Self {
        Self::Note { level: Level::Detail, message: message.into() }
    }

    /// Returns the event sanitized for people: [`clean()`], and on one line except for notes of level `Info`.
    #[must_use]
    pub fn cleaned(mut self) -> Self {
        match &mut self {
            Self::Started { scope, message, .. }
            | Self::Progress { scope, message }
            | Self::Finished { scope, message, .. }
            | Self::Failed { scope, message } => clean_lines([scope, message]),
            Self::Waiting { scope, on } => clean_lines([scope].into_iter().chain(on)),
            Self::Resource { scope, resource, resource_type, status, reason, .. } => {
                clean_lines([scope, resource, resource_type, status].into_iter().chain(reason));
            }
            // The lines of a note are our own; foreign text is in warnings and details.
            Self::Note { level: Level::Info, message } => *message = clean(message).into_owned(),
            Self::Note { message, .. } => clean_lines([message]),
        }
        self
    }
}

fn clean_lines<'a>(texts: impl IntoIterator<Item = &'a mut String>) {
    for text in texts {
        *text = clean(&text.replace("\r\n", " ").replace('\n', " ")).into_owned();
    }
}
