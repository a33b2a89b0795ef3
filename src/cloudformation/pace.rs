//! How often CloudFormation is asked: one limiter for all stacks, a jittered poll for each wait, a deadline.
//!
//! This is the only layer that repeats a request to CloudFormation (the SDK's own is off), so every attempt of every
//! stack takes its turn here.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudformation::error::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::ErrorKind;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, sleep_until};

use crate::aws::Clients;
use crate::error::{Error, Kind, Result, sdk_code};

/// Longest wait for one stack operation, and for CloudFormation to stop throttling; a Multi-AZ database takes well
/// under an hour.
const DEADLINE: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a request is repeated that gets no answer, or one that says that CloudFormation itself is in trouble.
const OUTAGE: Duration = Duration::from_secs(20);
/// The same for whoever would rather know at once: the first repetition is the last.
const OUTAGE_IMPATIENT: Duration = Duration::from_millis(1);
const FIRST_IMPATIENT: Duration = Duration::from_millis(250);
/// The same while an operation is under way: it goes on whether or not we can see it.
const OUTAGE_UNDER_WAY: Duration = Duration::from_secs(15 * 60);
/// The widest that throttling makes the gap between two calls.
const WIDEST_GAP: Duration = Duration::from_secs(1);
/// The gap that throttling starts from where there was none.
const FIRST_GAP: Duration = Duration::from_millis(10);

/// Shared by everything that talks to CloudFormation in one run.
#[derive(Debug, Clone)]
pub struct Pace {
    first: Duration,
    longest: Duration,
    outage: Duration,
    limiter: Arc<Mutex<Limiter>>,
}

/// Whose turn it is.
#[derive(Debug)]
struct Limiter {
    next_call: Instant,
    /// Between any two calls when nothing is throttled.
    least: Duration,
    /// Between any two calls now.
    gap: Duration,
    /// When it last became wider: answers to calls that were on their way by then say nothing new.
    widened: Instant,
}

/// What an answer asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Final,
    /// CloudFormation asks for patience.
    Throttled,
    /// No answer, or one from a service in trouble.
    Outage,
}

impl Pace {
    /// AWS: about every 2 s for each stack, and at most ten calls a second for all.
    fn aws() -> Self {
        Self::new(Duration::from_secs(2), Duration::from_secs(2), Duration::from_millis(100))
    }

    /// A local endpoint: as fast as is useful to a person waiting.
    fn local() -> Self {
        Self::new(Duration::from_millis(40), Duration::from_millis(250), Duration::ZERO)
    }

    pub(super) fn new(first: Duration, longest: Duration, least: Duration) -> Self {
        let now = Instant::now();
        let limiter = Limiter { next_call: now, least, gap: least, widened: now };
        Self { first, longest, outage: OUTAGE, limiter: Arc::new(Mutex::new(limiter)) }
    }

    /// Fast for an endpoint on this machine; AWS's pace otherwise.
    pub fn of(clients: &Clients) -> Self {
        if clients.is_local() { Self::local() } else { Self::aws() }
    }

    /// For questions whose answer is worth little later: what gets no answer is repeated once.
    pub fn impatient(self) -> Self {
        Self { first: self.first.min(FIRST_IMPATIENT), outage: OUTAGE_IMPATIENT, ..self }
    }

    /// The same turns, with patience for a long outage.
    pub(super) fn patient(&self) -> Self {
        Self { outage: OUTAGE_UNDER_WAY, ..self.clone() }
    }

    /// Sends a request in its turn, and again for as long as the answer is to have patience. `request` must be one that
    /// may be repeated: a question, or one that carries a token.
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
            let patience = match answer.as_ref().err().map_or(Answer::Final, read) {
                Answer::Final => {
                    self.limiter.lock().await.ease();
                    return answer;
                }
                Answer::Throttled => {
                    self.limiter.lock().await.widen(sent, Instant::now());
                    DEADLINE
                }
                Answer::Outage => self.outage,
            };
            // Once more in any case: the first attempt may have taken all the time there is.
            if trouble.get_or_insert(sent).elapsed() >= patience && poll.held > 0 {
                return answer;
            }
            poll.held += 1;
            if poll.pause().await.is_err() {
                return answer;
            }
        }
    }

    /// Waits for this caller's turn; turns are handed out in the order of asking.
    async fn turn(&self) {
        let mine = self.limiter.lock().await.take();
        if mine > Instant::now() {
            sleep_until(mine).await;
        }
    }

    /// Begins a wait for something.
    pub fn poll(&self, what: impl Into<String>) -> Poll {
        Poll { what: what.into(), delay: self.first, longest: self.longest, end: Instant::now() + DEADLINE, held: 0 }
    }

    /// Sleeps for `duration`, or for a moment where the endpoint is on this machine.
    pub(super) async fn wait(&self, duration: Duration) {
        sleep(if self.is_local() { self.longest } else { duration }).await;
    }

    /// Whether the endpoint is on this machine, where everything is quick.
    pub(super) fn is_local(&self) -> bool {
        self.longest < Duration::from_secs(1)
    }
}

impl Limiter {
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
    /// Answers in a row that asked for patience.
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
}

/// Up to a quarter shorter or longer, so that side-by-side waits spread out.
fn jittered(delay: Duration) -> Duration {
    delay.mul_f64(0.75 + 0.5 * fastrand::f64())
}

fn read<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> Answer {
    let trouble = |status: u16| if status >= 500 { Answer::Outage } else { Answer::Final };
    match error {
        _ if is_throttle(sdk_code(error)) => Answer::Throttled,
        SdkError::ServiceError(service) if service.raw().status().as_u16() == 429 => Answer::Throttled,
        SdkError::ServiceError(service) => trouble(service.raw().status().as_u16()),
        // Cut off in the middle, or not CloudFormation's at all.
        SdkError::ResponseError(_) | SdkError::TimeoutError(_) => Answer::Outage,
        // A connection that breaks off is "other", and marked as one to try again.
        SdkError::DispatchFailure(failure)
            if failure.is_io() || failure.is_timeout() || failure.as_other() == Some(ErrorKind::TransientError) =>
        {
            Answer::Outage
        }
        _ => Answer::Final,
    }
}

/// Codes by which CloudFormation asks for patience.
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
        assert!(began.elapsed() >= Duration::from_millis(80), "{:?}", began.elapsed());
    }

    #[tokio::test]
    async fn throttling_widens_the_gap_once_a_round_and_good_answers_narrow_it_again() {
        let pace = Pace::new(Duration::ZERO, Duration::ZERO, Duration::from_millis(100));
        let mut limiter = pace.limiter.lock().await;
        let sent = limiter.widened;
        let at = |round: u32| sent + Duration::from_secs(1) * round;
        limiter.widen(sent, at(1));
        limiter.widen(sent, at(2));
        assert_eq!(limiter.gap, Duration::from_millis(200), "answers to calls of the same moment count once");
        (1..20).for_each(|round| limiter.widen(at(round), at(round)));
        assert_eq!(limiter.gap, WIDEST_GAP);
        (0..200).for_each(|_| limiter.ease());
        assert_eq!(limiter.gap, Duration::from_millis(100));
    }
}
