//! The effect of an event outside the database: nothing, a user's command, or a POST. It happens at least once; the
//! event's id is there to tell repeats.

mod command;
mod post;

use crate::error::Result;
use crate::outbox::Message;
use crate::timing::Backoff;

pub use command::Command;
pub use post::Post;

/// What is done with an event before it is marked.
#[derive(Debug)]
pub enum Hook {
    /// Only the mark.
    None,
    Command(Command),
    Post(Box<Post>),
}

impl Hook {
    /// One attempt, to its end or its time limit. The error says why, for the failure table.
    pub async fn run(&self, event: &Message) -> Result<(), String> {
        match self {
            Self::None => Ok(()),
            Self::Command(command) => command.run(event).await,
            Self::Post(post) => post.run(event).await,
        }
    }
}

/// How often to try an event, and how long to wait in between.
#[derive(Debug, Clone, Copy)]
pub struct Retry {
    /// At least 1.
    pub attempts: u32,
    pub backoff: Backoff,
}

/// The event as hooks get it: a CloudEvents 1.0 object.
fn document(event: &Message) -> Result<Vec<u8>, String> {
    serde_json::to_vec(&event.to_cloud_event()).map_err(|error| format!("the event has no JSON form: {error}"))
}
