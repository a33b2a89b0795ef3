//! Limits and repeats requests to CloudFormation: one rate limit for all stacks, a jittered poll for each wait, a
//! deadline.
//!
//! This is the only layer that repeats a request to CloudFormation (the SDK's own retries are off), so every attempt of
//! every stack is rate limited here.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudformation::error::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until};

use crate::aws::Clients;
use crate::base::error::{Error, Kind, Result, sdk_code};

/// Longest wait for one stack operation, and for CloudFormation to stop throttling; a Multi-AZ database takes well
/// under an hour.
const DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);
/// Time for which a request is repeated that gets no answer or a server error.
const OUTAGE: Duration = Duration::from_secs(20);
/// The same for requests that fail fast: one repetition.
const OUTAGE_IMPATIENT: Duration = Duration::from_millis(1);
const FIRST_IMPATIENT: Duration = Duration::from_millis(250);
/// The same while an operation is in progress, which continues by itself.
const OUTAGE_UNDER_WAY: Duration = Duration::from_secs(15 * 60);
/// The longest gap between two calls under throttling.
const WIDEST_GAP: Duration = Duration::from_secs(1);
/// The gap that throttling starts with if there was none.
const FIRST_GAP: Duration = Duration::from_millis(10);

/// Shared by all requests to CloudFormation of one run.
#[derive(Debug, Clone)]
pub struct RateLimiter {
    first: Duration,
    longest: Duration,
    outage: Duration,
    interval: Arc<Mutex<Interval>>,
}

/// The time of the next call.
#[derive(Debug)]
struct Interval {
    next_call: Instant,
    /// Gap between two calls without throttling.
    least: Duration,
    /// Current gap between two calls.
    gap: Duration,
    /// Time of the last increase: answers to calls sent before it do not count.
    widened: Instant,
}

/// The class of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Final,
    /// CloudFormation throttles.
    Throttled,
    /// No answer, or a server error.
    Outage,
}

impl RateLimiter {
    pub(super) fn new(first: Duration, longest: Duration, least: Duration) -> Self {
        let now = Instant::now();
        let interval = Interval { next_call: now, least, gap: least, widened: now };
        Self { first, longest, outage: OUTAGE, interval: Arc::new(Mutex::new(interval)) }
    }

    /// Returns the limits for AWS: about every 2 s for each stack, and at most ten calls a second for all. An endpoint on
    /// this machine is polled as fast as is useful to a person waiting.
    pub fn of(clients: &Clients) -> Self {
        let (first, longest, least) = if clients.is_local() { (40, 250, 0) } else { (2_000, 2_000, 100) };
        let [first, longest, least] = [first, longest, least].map(Duration::from_millis);
        Self::new(first, longest, least)
    }

    /// Returns the limits for requests that fail fast: a request without an answer is repeated once.
    pub fn fail_fast(self) -> Self {
        Self { first: self.first.min(FIRST_IMPATIENT), outage: OUTAGE_IMPATIENT, ..self }
    }

    /// Returns the same limiter with a longer limit for outages.
    pub(super) fn patient(&self) -> Self {
        Self { outage: OUTAGE_UNDER_WAY, ..self.clone() }
    }

    /// Sends a request in its turn, and repeats it while the answer is throttled or missing. `request` must be
    /// repeatable: a read, or one that carries a token.
    pub async fn send<T, E, F>(&self, what: &str, request: impl Fn() -> F) -> Result<T, SdkError<E, Response>>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E, Response>>>,
    {
        let mut poll = self.poll(what);
        let mut trouble: Option<Instant> = None;
        loop {
            self.turn().await;
            let sent = Instant::now();
            let answer = request().await;
            let longest = match answer.as_ref().err().map_or(Answer::Final, classify) {
                Answer::Final => {
                    self.interval.lock().await.ease();
                    return answer;
                }
                Answer::Throttled => {
                    self.interval.lock().await.widen(sent, Instant::now());
                    DEADLINE
                }
                Answer::Outage => self.outage,
            };
            // Repeated at least once: the first attempt may have taken all of the time.
            if trouble.get_or_insert(sent).elapsed() >= longest && poll.held > 0 {
                return answer;
            }
            poll.held += 1;
            if poll.pause().await.is_err() {
                return answer;
            }
        }
    }

    /// Waits for this caller's turn; turns are given in the order of the calls.
    async fn turn(&self) {
        let mine = self.interval.lock().await.take();
        if mine > Instant::now() {
            sleep_until(mine).await;
        }
    }

    /// Starts a wait.
    pub fn poll(&self, what: impl Into<String>) -> Poll {
        Poll { what: what.into(), delay: self.first, longest: self.longest, end: Instant::now() + DEADLINE, held: 0 }
    }

    /// Sleeps for `duration`, or briefly if the endpoint is on this machine.
    pub(super) async fn wait(&self, duration: Duration) {
        sleep(if self.is_local() { self.longest } else { duration }).await;
    }

    /// Returns whether the endpoint is on this machine, where everything is quick.
    pub(super) fn is_local(&self) -> bool {
        self.longest < Duration::from_secs(1)
    }
}

impl Interval {
    fn take(&mut self) -> Instant {
        let mine = self.next_call.max(Instant::now());
        self.next_call = mine + self.gap;
        mine
    }

    fn widen(&mut self, sent: Instant, now: Instant) {
        if sent >= self.widened {
            self.gap = (self.gap * 2).clamp(FIRST_GAP, WIDEST_GAP);
            self.widened = now;
        }
    }

    fn ease(&mut self) {
        self.gap = self.gap.mul_f64(0.95).max(self.least);
        if self.gap < FIRST_GAP {
            self.gap = self.least;
        }
    }
}

/// One wait.
#[derive(Debug)]
pub struct Poll {
    what: String,
    delay: Duration,
    longest: Duration,
    end: Instant,
    /// Consecutive answers that were throttled or missing.
    held: u32,
}

impl Poll {
    /// Sleeps until the next poll.
    ///
    /// # Errors
    /// `StackFailed` when the deadline has passed; the operation itself continues.
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
}

/// Returns the delay, up to a quarter shorter or longer, so that parallel waits spread out.
fn jittered(delay: Duration) -> Duration {
    delay.mul_f64(0.75 + 0.5 * fastrand::f64())
}

fn classify<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> Answer {
    let trouble = |status: u16| if status >= 500 { Answer::Outage } else { Answer::Final };
    match error {
        _ if is_throttle(sdk_code(error)) => Answer::Throttled,
        SdkError::ServiceError(service) if service.raw().status().as_u16() == 429 => Answer::Throttled,
        SdkError::ServiceError(service) => trouble(service.raw().status().as_u16()),
        // The answer was interrupted, or is not CloudFormation's.
        SdkError::ResponseError(_) | SdkError::TimeoutError(_) => Answer::Outage,
        // A broken connection is "other", and marked as transient.
        SdkError::DispatchFailure(failure)
            if failure.is_io() || failure.is_timeout() || failure.as_other() == Some(ErrorKind::TransientError) =>
        {
            Answer::Outage
        }
        _ => Answer::Final,
    }
}

/// Returns whether the code means throttling.
fn is_throttle(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestLimitExceeded"
            | "RequestThrottled"
            | "SlowDown"
            | "TooManyRequestsException"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_a_quarter() {
        for _ in 0..1000 {
            let slept = jittered(Duration::from_secs(2));
            assert!(slept >= Duration::from_millis(1500) && slept <= Duration::from_millis(2500), "{slept:?}");
        }
    }

    #[tokio::test]
    async fn turns_are_spaced_by_the_gap() {
        let limiter = RateLimiter::new(Duration::ZERO, Duration::ZERO, Duration::from_millis(20));
        let began = Instant::now();
        futures_util::future::join_all((0..5).map(|_| limiter.turn())).await;
        assert!(began.elapsed() >= Duration::from_millis(80), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn throttling_widens_the_gap_once_per_round_and_successes_narrow_it() {
        let limiter = RateLimiter::new(Duration::ZERO, Duration::ZERO, Duration::from_millis(100));
        let mut interval = limiter.interval.lock().await;
        let sent = interval.widened;
        let at = |round: u32| sent + Duration::from_secs(1) * round;
        interval.widen(sent, at(1));
        interval.widen(sent, at(2));
        assert_eq!(interval.gap, Duration::from_millis(200), "answers to calls of the same moment count once");
        (1..20).for_each(|round| interval.widen(at(round), at(round)));
        assert_eq!(interval.gap, WIDEST_GAP);
        (0..200).for_each(|_| interval.ease());
        assert_eq!(interval.gap, Duration::from_millis(100));
    }
}
