//! Processes the records of one page: aggregates in parallel, each in its order.

use std::collections::HashSet;
use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::event::{Arrival, Content, Event};
use super::hook::{Hook, Retry};
use super::metrics::Metrics;
use super::observer::{Handled, Observer, Outcome};
use super::progress::Progress;
use super::store::Store;
use super::validity::LeaseValidity;
use crate::base::error::{Error, Kind, Result};
use crate::base::report::Reporter;
use crate::base::timing::Backoff;
use crate::outbox::run_in_order;
use crate::postgres::{Failure, Mark};

/// Events marked per statement if there is no hook.
const MARKS: usize = 500;

/// Attempts at a statement that fails although the database can be reached, for example after a deadlock.
const STATEMENTS: u32 = 5;
const STATEMENT_BACKOFF: Backoff = match cfg!(test) {
    true => Backoff::new(Duration::from_millis(5), Duration::from_millis(250)),
    false => Backoff::new(Duration::from_millis(200), Duration::from_secs(10)),
};

/// The outcome of a page. The worse outcome is the larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BatchOutcome {
    /// All records are done.
    All,
    /// Stopped before the end; events in progress were finished.
    Stopped,
    /// The lease was lost before the end.
    Lost,
}

/// The reason to end a page early.
enum Halt {
    Ended(BatchOutcome),
    /// An error for which retries do not help.
    Failed(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Runs the handler for each event of a page and marks it.
pub struct Processor<S> {
    pub store: S,
    pub hook: Hook,
    pub retry: Retry,
    /// Maximum aggregates of a shard whose events are processed concurrently.
    pub concurrency: usize,
    pub metrics: Metrics,
    pub reporter: Arc<dyn Reporter>,
    pub observer: Arc<dyn Observer>,
    /// Cancelled when the observer accepts no more reports.
    pub unread: CancellationToken,
}

/// The lease under which a shard is read, and the signal to stop.
#[derive(Debug, Clone)]
pub struct LeaseContext {
    pub validity: LeaseValidity,
    pub stop: CancellationToken,
}

impl LeaseContext {
    /// Checks that more work may be started.
    fn check(&self) -> Result<(), Halt> {
        match (self.validity.holds(), self.stop.is_cancelled()) {
            (true, false) => Ok(()),
            (true, true) => Err(Halt::Ended(BatchOutcome::Stopped)),
            (false, _) => Err(Halt::Ended(BatchOutcome::Lost)),
        }
    }
}

type Ticketed = (u64, Event);

impl<S: Store> Processor<S> {
    /// Processes a page's records, and reports each finished one to `progress`.
    ///
    /// # Errors
    /// Those of the store for which retries do not help.
    pub async fn process(&self, page: Vec<Arrival>, progress: &Progress, lease: &LeaseContext) -> Result<BatchOutcome> {
        match self.handle_all(page, progress, lease).await {
            Ok(()) => Ok(BatchOutcome::All),
            Err(Halt::Ended(outcome)) => Ok(outcome),
            Err(Halt::Failed(error)) => Err(error),
        }
    }

    async fn handle_all(&self, page: Vec<Arrival>, progress: &Progress, lease: &LeaseContext) -> Result<(), Halt> {
        let ticketed: Vec<(u64, Content)> =
            page.into_iter().map(|a| (progress.begin(a.sequence_number), a.content)).collect();
        let mut events: Vec<Ticketed> = Vec::with_capacity(ticketed.len());
        for (ticket, content) in ticketed {
            match content {
                Content::Skip => {
                    self.metrics.count(|totals| totals.skipped += 1);
                    progress.done(ticket);
                }
                Content::Broken { delivery, reason, event_id } => {
                    let failure = Failure { delivery, event: None, unmarked: event_id, reason, attempts: 1 };
                    self.fail(&failure, lease).await?;
                    progress.done(ticket);
                }
                Content::Event(event) => events.push((ticket, *event)),
            }
        }
        let ids: Vec<Uuid> = events.iter().map(|(_, event)| event.message.id).collect();
        let mut known = self.persist(lease, || self.store.known(&ids)).await?;
        events.retain(|(ticket, event)| {
            // Also contains events that occur twice in the page. A replayed event is processed again on purpose.
            let fresh = known.insert(event.message.id) || event.message.replay.is_some();
            if !fresh {
                self.metrics.count(|totals| totals.duplicates += 1);
                self.handled(event, Outcome::Duplicate, 0, None);
                progress.done(*ticket);
            }
            fresh
        });
        match self.hook {
            Hook::None => self.mark_all(&events, progress, lease).await,
            Hook::Command(_) | Hook::Post(_) => self.run_hooks(events, progress, lease).await,
        }
    }

    /// Marks events without a hook: many per statement.
    async fn mark_all(&self, events: &[Ticketed], progress: &Progress, lease: &LeaseContext) -> Result<(), Halt> {
        for chunk in events.chunks(MARKS) {
            let marks: Vec<Mark> = chunk.iter().map(|(_, event)| event.mark(1)).collect();
            let fresh = self.persist(lease, || self.store.mark(&marks)).await?;
            for (ticket, event) in chunk {
                self.marked(event, 1, &fresh);
                progress.done(*ticket);
            }
        }
        Ok(())
    }

    /// Runs the handler for each event, in order for each aggregate.
    async fn run_hooks(&self, events: Vec<Ticketed>, progress: &Progress, lease: &LeaseContext) -> Result<(), Halt> {
        let keyed = events.into_iter().map(|(ticket, event)| {
            let (kind, id) = event.aggregate();
            ((kind.to_owned(), id.to_owned()), (ticket, event))
        });
        let run = |(ticket, event)| async move {
            match self.one(event, lease).await {
                Ok(()) => Ok((ticket, None)),
                Err(Halt::Ended(outcome)) => Ok((ticket, Some(outcome))),
                Err(Halt::Failed(error)) => Err(error),
            }
        };
        let mut worst = None;
        run_in_order(keyed, self.concurrency, run, |(ticket, ended)| match ended {
            None => {
                progress.done(ticket);
                ControlFlow::Continue(())
            }
            ended => {
                worst = worst.max(ended);
                ControlFlow::Break(())
            }
        })
        .await?;
        worst.map_or(Ok(()), |outcome| Err(Halt::Ended(outcome)))
    }

    /// Processes one event: attempts, then its mark or its failure.
    async fn one(&self, event: Event, lease: &LeaseContext) -> Result<(), Halt> {
        let mut attempt = 0;
        let reason = loop {
            lease.check()?;
            attempt += 1;
            // The next owner of the lease processes this event and the later ones: this attempt must end before that.
            let ran = tokio::select! {
                ran = self.hook.run(&event.message) => ran,
                () = lease.validity.ended() => return Err(Halt::Ended(BatchOutcome::Lost)),
            };
            match ran {
                Ok(()) => {
                    let mark = [event.mark(attempts(attempt))];
                    let fresh = self.persist(lease, || self.store.mark(&mark)).await?;
                    self.marked(&event, attempts(attempt), &fresh);
                    return Ok(());
                }
                Err(reason) if attempt >= self.retry.attempts => break reason,
                Err(reason) => {
                    self.metrics.count(|totals| totals.retries += 1);
                    self.reporter.detail(format!("event {}, attempt {attempt}: {reason}", event.message.id));
                    tokio::select! {
                        () = tokio::time::sleep(self.retry.backoff.wait(attempt)) => {}
                        () = lease.stop.cancelled() => {}
                    }
                }
            }
        };
        let mark = event.mark(attempts(attempt));
        self.handled(&event, Outcome::Failed, mark.attempts, Some(&reason));
        // A replayed event has a mark already.
        let (attempts, id) = (mark.attempts, mark.event_id);
        let (mark, unmarked) = if event.message.replay.is_none() { (Some(mark), None) } else { (None, Some(id)) };
        let failure = Failure { attempts, delivery: event.delivery, event: mark, unmarked, reason };
        self.fail(&failure, lease).await
    }

    async fn fail(&self, failure: &Failure, lease: &LeaseContext) -> Result<(), Halt> {
        self.persist(lease, || self.store.fail(failure)).await?;
        self.metrics.count(|totals| totals.failed += 1);
        let place = format!("{} {}", failure.delivery.shard_id, failure.delivery.sequence_number);
        self.reporter.warn(format!("failed, and stored in outbox_failures: {place}: {}", failure.reason));
        Ok(())
    }

    /// Runs a statement, retrying as long as the database can't be reached and the lease is valid. A stop ends the
    /// retries, but not the first attempt: a processed event should get its mark.
    async fn persist<T, F: Future<Output = Result<T>>>(
        &self,
        lease: &LeaseContext,
        statement: impl Fn() -> F,
    ) -> Result<T, Halt> {
        let (mut attempt, mut refused) = (0, 0);
        loop {
            if !lease.validity.holds() {
                return Err(Halt::Ended(BatchOutcome::Lost));
            }
            let error = match statement().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            attempt += 1;
            // A database that was unreachable may come back with a transient error, such as a deadlock: count attempts
            // from there.
            refused += u32::from(error.kind() != Kind::DatabaseUnreachable);
            if refused >= STATEMENTS {
                return Err(error.into());
            }
            self.reporter.warn(format!("retrying: {error}"));
            tokio::select! {
                () = tokio::time::sleep(STATEMENT_BACKOFF.wait(attempt)) => {}
                () = lease.stop.cancelled() => return Err(Halt::Ended(BatchOutcome::Stopped)),
            }
        }
    }

    fn marked(&self, event: &Event, attempts: i32, fresh: &HashSet<Uuid>) {
        let outcome = if fresh.contains(&event.message.id) {
            self.metrics.count(|totals| totals.processed += 1);
            self.metrics.latency(event.message.committed_at);
            Outcome::Processed
        } else if event.message.replay.is_some() {
            self.metrics.count(|totals| totals.processed += 1);
            Outcome::Replayed
        } else {
            self.metrics.count(|totals| totals.duplicates += 1);
            Outcome::Duplicate
        };
        self.handled(event, outcome, attempts, None);
    }

    fn handled(&self, event: &Event, outcome: Outcome, attempts: i32, reason: Option<&str>) {
        self.observer.handled(&Handled { event, outcome, attempts, reason });
    }
}

fn attempts(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
