//! The delivery engine: requests in parallel across aggregates, strictly in order within one, retries with jittered
//! backoff until the deadline.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::backend::{FailureDestination, Publisher, Reason, Verdict};
use super::lanes::{Item, Lanes, Work};
use crate::error::Result;

/// How hard to try.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Requests in flight at once.
    pub concurrency: usize,
    /// Wait before the first retry; doubles with each one.
    pub first_wait: Duration,
    pub longest_wait: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { concurrency: 8, first_wait: Duration::from_millis(50), longest_wait: Duration::from_secs(5) }
    }
}

impl Policy {
    /// Between half and all of the doubled wait, so that functions throttled together do not come back together.
    fn wait(&self, attempt: u32) -> Duration {
        let doubled = self.first_wait.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        doubled.min(self.longest_wait).mul_f64(fastrand::f64().mul_add(0.5, 0.5))
    }
}

/// What happened to a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub accepted: usize,
    /// Kept in the failure destination.
    pub kept: usize,
    /// Positions that are neither, lowest first.
    pub unfinished: Vec<usize>,
    /// Why the last retry was needed.
    pub last_problem: Option<Reason>,
}

enum Done {
    Published(Vec<usize>, Vec<Verdict>),
    Stored(usize, Result<()>),
}

/// Delivers `items`, or as many as the time until `deadline` allows. What is in flight at the deadline counts as
/// unfinished: it is delivered again, never lost.
pub async fn deliver<P: Publisher, F: FailureDestination>(
    publisher: &P,
    failures: &F,
    items: Vec<Item>,
    deadline: Instant,
    policy: Policy,
) -> Report {
    let mut lanes = Lanes::new(items);
    let mut report = Report::default();
    let mut running = FuturesUnordered::new();
    loop {
        lanes.wake(Instant::now());
        while running.len() < policy.concurrency
            && let Some(work) = lanes.next_work(publisher.limits())
        {
            running.push(carry_out(publisher, failures, work));
        }
        let due = lanes.next_due().unwrap_or(deadline);
        if running.is_empty() && due >= deadline {
            // All done, or nothing more can be tried in time.
            break;
        }
        tokio::select! {
            Some(done) = running.next(), if !running.is_empty() => settle(&mut lanes, &mut report, policy, done),
            () = tokio::time::sleep_until(due.min(deadline).into()) => {}
        }
        if Instant::now() >= deadline {
            break;
        }
    }
    drop(running);
    report.unfinished = lanes.unfinished();
    report
}

async fn carry_out<P: Publisher, F: FailureDestination>(publisher: &P, failures: &F, work: Work) -> Done {
    match work {
        Work::Publish(heads) => {
            let (lanes, entries): (Vec<_>, Vec<_>) = heads.into_iter().unzip();
            Done::Published(lanes, publisher.publish(&entries).await)
        }
        Work::Store { lane, position, reason } => Done::Stored(lane, failures.store(position, &reason).await),
    }
}

fn settle(lanes: &mut Lanes, report: &mut Report, policy: Policy, done: Done) {
    match done {
        Done::Published(heads, verdicts) => {
            let missing = || Verdict::Retry(Reason::new("NoVerdict", "the answer did not mention this entry"));
            let verdicts = verdicts.into_iter().map(Some).chain(std::iter::repeat(None));
            for (lane, verdict) in heads.into_iter().zip(verdicts) {
                match verdict.unwrap_or_else(missing) {
                    Verdict::Accepted => {
                        report.accepted += 1;
                        lanes.done(lane);
                    }
                    Verdict::Refused(reason) => lanes.refused(lane, reason),
                    Verdict::Retry(reason) => retry(lanes, report, policy, lane, reason),
                }
            }
        }
        Done::Stored(lane, Ok(())) => {
            report.kept += 1;
            lanes.done(lane);
        }
        Done::Stored(lane, Err(error)) => {
            let reason = Reason::new("FailureDestination", error.to_string());
            retry(lanes, report, policy, lane, reason);
        }
    }
}

fn retry(lanes: &mut Lanes, report: &mut Report, policy: Policy, lane: usize, reason: Reason) {
    let attempt = lanes.count_attempt(lane);
    tracing::warn!(attempt, code = %reason.code, "entry not taken: {}", reason.message);
    lanes.rest(lane, Instant::now() + policy.wait(attempt));
    report.last_problem = Some(reason);
}
