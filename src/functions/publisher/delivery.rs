//! The delivery engine: requests in parallel across aggregates, strictly in order within an aggregate, retries with
//! jittered backoff until the deadline.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::backend::{FailureDestination, Publisher, Reason, Verdict};
use super::backlog::{Backlog, Item, Work};
use crate::base::error::Result;
use crate::base::timing::Backoff;
use crate::outbox::Ticket;

/// Limits of the attempts.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Maximum concurrent requests.
    pub concurrency: usize,
    /// Delay before each retry of an entry.
    pub backoff: Backoff,
}

impl Default for Policy {
    fn default() -> Self {
        Self { concurrency: 8, backoff: Backoff::new(Duration::from_millis(50), Duration::from_secs(5)) }
    }
}

/// The outcome of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub accepted: usize,
    /// Stored in the failure destination.
    pub kept: usize,
    /// Positions of the unfinished records, lowest first.
    pub unfinished: Vec<usize>,
    /// The reason of the last retry.
    pub last_problem: Option<Reason>,
}

enum Done {
    Published(Vec<Ticket>, Vec<Verdict>),
    Stored(Ticket, Result<()>),
}

/// Delivers `items`, as many as the time until `deadline` allows. Requests in flight at the deadline count as
/// unfinished: they are delivered again, never lost.
pub async fn deliver<P: Publisher, F: FailureDestination>(
    publisher: &P,
    failures: &F,
    items: Vec<Item>,
    deadline: Instant,
    policy: Policy,
) -> Report {
    let mut backlog = Backlog::new(items);
    let mut report = Report::default();
    let mut running = FuturesUnordered::new();
    loop {
        backlog.wake(Instant::now());
        while running.len() < policy.concurrency
            && let Some(work) = backlog.next_work(publisher.limits())
        {
            running.push(perform(publisher, failures, work));
        }
        let due = backlog.next_due().unwrap_or(deadline);
        if running.is_empty() && due >= deadline {
            // All are done, or no retry is due in time.
            break;
        }
        tokio::select! {
            Some(done) = running.next(), if !running.is_empty() => record(&mut backlog, &mut report, policy, done),
            () = tokio::time::sleep_until(due.min(deadline).into()) => {}
        }
        if Instant::now() >= deadline {
            break;
        }
    }
    drop(running);
    report.unfinished = backlog.unfinished();
    report
}

async fn perform<P: Publisher, F: FailureDestination>(publisher: &P, failures: &F, work: Work) -> Done {
    match work {
        Work::Publish(request) => {
            let (tickets, entries): (Vec<_>, Vec<_>) = request.into_iter().unzip();
            Done::Published(tickets, publisher.publish(&entries).await)
        }
        Work::Store { ticket, position, reason } => Done::Stored(ticket, failures.store(position, &reason).await),
    }
}

fn record(backlog: &mut Backlog, report: &mut Report, policy: Policy, done: Done) {
    match done {
        Done::Published(tickets, verdicts) => {
            let missing = || Verdict::Retry(Reason::new("NoVerdict", "the response has no result for this entry"));
            let verdicts = verdicts.into_iter().map(Some).chain(std::iter::repeat(None));
            for (ticket, verdict) in tickets.into_iter().zip(verdicts) {
                match verdict.unwrap_or_else(missing) {
                    Verdict::Accepted => {
                        report.accepted += 1;
                        backlog.done(ticket);
                    }
                    Verdict::Refused(reason) => backlog.refused(ticket, reason),
                    Verdict::Retry(reason) => retry(backlog, report, policy, ticket, reason),
                }
            }
        }
        Done::Stored(ticket, Ok(())) => {
            report.kept += 1;
            backlog.done(ticket);
        }
        Done::Stored(ticket, Err(error)) => {
            let reason = Reason::new("FailureDestination", error.to_string());
            retry(backlog, report, policy, ticket, reason);
        }
    }
}

fn retry(backlog: &mut Backlog, report: &mut Report, policy: Policy, ticket: Ticket, reason: Reason) {
    let attempt = backlog.retry(ticket, Instant::now(), policy.backoff);
    tracing::warn!(attempt, code = %reason.code, "entry not accepted: {}", reason.message);
    report.last_problem = Some(reason);
}
