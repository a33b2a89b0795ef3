//! How often CloudFormation is asked: one limiter for all stacks, a jittered poll for each wait, a deadline.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudformation::error::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until};

use crate::aws::Clients;
use crate::error::{Error, Kind, Result, sdk_code};

/// Longest wait for one stack operation; a Multi-AZ database takes well under an hour.
const DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);

/// Shared by everything that talks to CloudFormation in one run.
#[derive(Debug, Clone)]
pub struct Pace {
    first: Duration,
    longest: Duration,
    /// Between any two calls.
    gap: Duration,
    next_call: Arc<Mutex<Instant>>,
}

impl Pace {
    /// AWS: about every 2 s for each stack, and at most ten calls a second for all.
    fn aws() -> Self {
        Self::new(Duration::from_secs(2), Duration::from_secs(5), Duration::from_millis(100))
    }

    /// A local endpoint: as fast as is useful to a person waiting.
    fn local() -> Self {
        Self::new(Duration::from_millis(40), Duration::from_millis(250), Duration::ZERO)
    }

    fn new(first: Duration, longest: Duration, gap: Duration) -> Self {
        Self { first, longest, gap, next_call: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Fast for an endpoint override, which is a local one in practice; AWS's pace otherwise.
    pub fn of(clients: &Clients) -> Self {
        if clients.endpoint_url.is_some() { Self::local() } else { Self::aws() }
    }

    /// Sends a request in its turn, and again for as long as the answer is to have patience. `request` must be one that
    /// may be repeated: a question, or one that carries a token.
    pub async fn send<T, E, R, F>(&self, what: &str, request: impl Fn() -> F) -> Result<T, SdkError<E, R>>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E, R>>>,
    {
        let mut poll = self.poll(what);
        loop {
            self.turn().await;
            let answer = request().await;
            let throttled = answer.as_ref().is_err_and(|error| is_throttle(sdk_code(error)));
            if !throttled {
                return answer;
            }
            poll.throttled();
            if poll.pause().await.is_err() {
                return answer;
            }
        }
    }

    /// Waits for this caller's turn; turns are handed out in the order of asking.
    async fn turn(&self) {
        if self.gap.is_zero() {
            return;
        }
        let mine = {
            let mut next = self.next_call.lock().await;
            let mine = (*next).max(Instant::now());
            *next = mine + self.gap;
            mine
        };
        sleep_until(mine).await;
    }

    /// Begins a wait for something.
    pub fn poll(&self, what: impl Into<String>) -> Poll {
        Poll { what: what.into(), delay: self.first, longest: self.longest, end: Instant::now() + DEADLINE, held: 0 }
    }
}

/// One wait.
#[derive(Debug)]
pub struct Poll {
    what: String,
    delay: Duration,
    longest: Duration,
    end: Instant,
    /// Throttled answers in a row.
    held: u32,
}

impl Poll {
    /// Sleeps until the next look.
    ///
    /// # Errors
    /// `StackFailed` when the deadline has passed; the operation itself goes on.
    pub async fn pause(&mut self) -> Result<()> {
        if Instant::now() >= self.end {
            let message = format!("{} is still under way after {} minutes", self.what, DEADLINE.as_secs() / 60);
            return Err(
                Error::new(Kind::StackFailed, message).hint("run the command again: it attaches to the operation")
            );
        }
        sleep(jittered(self.delay * 2u32.pow(self.held.min(4)))).await;
        self.delay = (self.delay * 5 / 4).min(self.longest);
        Ok(())
    }

    /// CloudFormation asked for patience: the next look comes later.
    fn throttled(&mut self) {
        self.held += 1;
    }
}

/// Up to a quarter shorter or longer, so that side-by-side waits spread out.
fn jittered(delay: Duration) -> Duration {
    let random = uuid::Uuid::new_v4().as_u128() as u32;
    delay.mul_f64(0.75 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

/// Codes by which CloudFormation asks for patience, after the SDK's own retries.
fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestLimitExceeded"
            | "TooManyRequestsException"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_near() {
        for _ in 0..1000 {
            let slept = jittered(Duration::from_secs(2));
            assert!(slept >= Duration::from_millis(1500) && slept <= Duration::from_millis(2500), "{slept:?}");
        }
    }

    #[tokio::test]
    async fn turns_keep_their_distance() {
        let pace = Pace::new(Duration::ZERO, Duration::ZERO, Duration::from_millis(20));
        let began = Instant::now();
        futures_util::future::join_all((0..5).map(|_| pace.turn())).await;
        assert!(began.elapsed() >= Duration::from_millis(75), "{:?}", began.elapsed());
    }
}
