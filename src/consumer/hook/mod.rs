//! Handlers outside the database: none, a user's command, or a POST. They run at least once; use the event's id to
//! detect repeats.

mod command;
mod post;

use std::fmt::Display;

use crate::base::error::Result;
use crate::base::timing::Backoff;
use crate::outbox::Message;

pub use command::Command;
pub use post::Post;

/// The handler of an event, which runs before the event is marked.
#[derive(Debug)]
pub enum Hook {
    /// Only the mark.
    None,
    Command(Command),
    Post(Box<Post>),
}

impl Hook {
    /// Runs one attempt, limited in time. The error is the reason for the failure table.
    pub async fn run(&self, event: &Message) -> Result<(), String> {
        match self {
            Self::None => Ok(()),
            Self::Command(command) => command.run(event).await,
            Self::Post(post) => post.run(event).await,
        }
    }
}

/// Attempts per event, and the pauses between them.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// At least 1.
    pub attempts: u32,
    pub backoff: Backoff,
}

/// Maximum bytes of a failure's output kept as the reason.
const KEPT: usize = 2_000;

/// Returns the reason of a failure: the status with the output, if there is any.
fn reason(status: impl Display, output: &[u8]) -> String {
    let output = String::from_utf8_lossy(output);
    match output.trim() {
        "" => status.to_string(),
        output => format!("{status}: {output}"),
    }
}

/// Returns the event as a CloudEvents 1.0 object.
fn document(event: &Message) -> Result<Vec<u8>, String> {
    serde_json::to_vec(&event.to_cloud_event()).map_err(|error| format!("the event can't be written as JSON: {error}"))
}
