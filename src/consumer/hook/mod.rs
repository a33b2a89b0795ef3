//! The effect of an event outside the database: nothing, a user's command, or a POST. It happens at least once; the
//! event's id is there to tell repeats.

mod command;
mod post;

use std::time::Duration;

use crate::error::Result;
use crate::outbox::Message;

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
    pub first: Duration,
    pub longest: Duration,
}

impl Retry {
    /// The pause after failed attempt `attempt`, from 1: doubling, with up to a quarter taken off at random.
    pub fn pause(&self, attempt: u32) -> Duration {
        let full = self.first.saturating_mul(1 << (attempt - 1).min(16)).min(self.longest);
        let random = uuid::Uuid::new_v4().as_u128() as u8;
        full - full.mul_f64(f64::from(random) / 1024.0)
    }
}

/// The event as hooks get it: a CloudEvents 1.0 object.
fn document(event: &Message) -> Result<Vec<u8>, String> {
    serde_json::to_vec(&event.to_cloud_event()).map_err(|error| format!("the event has no JSON form: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let retry = Retry { attempts: 9, first: Duration::from_millis(100), longest: Duration::from_secs(1) };
        for (attempt, full) in [(1, 100), (2, 200), (4, 800), (5, 1_000), (60, 1_000)] {
            let pause = retry.pause(attempt).as_millis();
            assert!((full * 3 / 4..=full).contains(&pause), "{attempt}: {pause}");
        }
    }
}
