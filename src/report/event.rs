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

/// How long a step may take. A live view shows it beside the elapsed time; lines mention it only where a step has been
/// silent for long; NDJSON does not have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// A wait for a service: usually from and to so many seconds.
    Usually(u64, u64),
    /// Counted work; the total where it is known.
    Count { done: u64, total: Option<u64> },
    /// The work ends after this time.
    Lasts(Duration),
}

impl Expect {
    /// Counted work of known size.
    pub fn of(done: u64, total: u64) -> Self {
        Self::Count { done, total: Some(total) }
    }
}

/// One thing that happened. `scope` is who it happened to (a stack, a task, a shard): every plain line starts with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// A step began; a live view shows it until `Finished` or `Failed` with the same scope.
    Started {
        scope: String,
        message: String,
        /// How many resources it is to work on, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resources: Option<usize>,
    },
    /// The step's state changed; lines show it once, a live view replaces the old state.
    Progress { scope: String, message: String },
    /// The step has not begun: it waits for these others.
    Waiting { scope: String, on: Vec<String> },
    /// Something that the step works on changed its state; a live view shows it below the step.
    Resource {
        scope: String,
        resource: String,
        resource_type: String,
        /// As the service writes it: `CREATE_IN_PROGRESS`, `UPDATE_COMPLETE`, `DELETE_FAILED`, …
        status: String,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// How long this usually takes, like `5–10 min`; only where it is long, and while it goes on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usually: Option<String>,
    },
    /// The step ended well. `changed` is false where there was nothing to do.
    Finished { scope: String, message: String, changed: bool },
    /// The step ended badly; the error itself follows as the command's result.
    Failed { scope: String, message: String },
    /// Something worth saying that belongs to no step.
    Note { level: Level, message: String },
}

impl Event {
    /// Rewrites what people read: messages and reasons.
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

    /// Returns the event as people may see it: [`clean()`], and on one line but for notes of level `Info`.
    pub fn cleaned(&self) -> Self {
        let line = |text: &String| clean(&text.replace("\r\n", " ").replace('\n', " ")).into_owned();
        let lines = |texts: &[String]| texts.iter().map(line).collect();
        match self {
            Self::Started { scope, message, resources } => {
                Self::Started { scope: line(scope), message: line(message), resources: *resources }
            }
            Self::Progress { scope, message } => Self::Progress { scope: line(scope), message: line(message) },
            Self::Waiting { scope, on } => Self::Waiting { scope: line(scope), on: lines(on) },
            Self::Resource { scope, resource, resource_type, status, reason, usually } => Self::Resource {
                scope: line(scope),
                resource: line(resource),
                resource_type: line(resource_type),
                status: line(status),
                reason: reason.as_ref().map(line),
                usually: usually.clone(),
            },
            Self::Finished { scope, message, changed } => {
                Self::Finished { scope: line(scope), message: line(message), changed: *changed }
            }
            Self::Failed { scope, message } => Self::Failed { scope: line(scope), message: line(message) },
            // The lines of a note are our own; what others said is in warnings and details.
            Self::Note { level: Level::Info, message } => {
                Self::Note { level: Level::Info, message: clean(message).into_owned() }
            }
            Self::Note { level, message } => Self::Note { level: *level, message: line(message) },
        }
    }
}
