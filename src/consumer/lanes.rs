//! Bringing the records of one page to their effect: lanes side by side, each in its order.

use std::collections::{BTreeMap, HashSet};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::event::{Arrival, Content, Event};
use super::hook::{Hook, Retry};
use super::metrics::Metrics;
use super::progress::Progress;
use super::store::Store;
use super::tenure::Tenure;
use crate::error::{Kind, Result};
use crate::output::Console;
use crate::pipelines::Hop;
use crate::postgres::{Failure, Mark};

/// Events marked by one statement, where no hook takes time for each.
const MARKS: usize = 500;

/// Attempts at a statement that fails though the database can be reached, such as for a deadlock.
const STATEMENTS: u32 = 5;

/// How dealing with a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dealt {
    /// Everything is done.
    All,
    /// It was told to stop before the end; what was begun is done.
    Stopped,
    /// The lease was lost before the end.
    Lost,
}

/// What a page's records are brought to their effect with.
pub struct Processor<S> {
    pub store: S,
    pub hook: Hook,
    pub retry: Retry,
    /// Lanes of a shard that may be under way at the same time.
    pub lanes: usize,
    pub metrics: Metrics,
    pub console: Console,
    /// Cancelled once nobody reads our stdout any more.
    pub unread: CancellationToken,
}

/// Under which lease, and how long.
#[derive(Debug, Clone)]
pub struct Terms {
    pub tenure: Tenure,
    pub stop: CancellationToken,
}

impl Terms {
    /// Why nothing more may be begun, if so.
    fn ended(&self) -> Option<Dealt> {
        if !self.tenure.holds() { Some(Dealt::Lost) } else { self.stop.is_cancelled().then_some(Dealt::Stopped) }
    }
}

type Ticketed = (u64, Event);

/// A line of `consume --output ndjson`.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    hop: Hop,
    outcome: &'static str,
    event_id: Uuid,
    event_type: &'a str,
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    sequence: i64,
    committed_at: String,
    attempts: i32,
    shard: &'a str,
    sequence_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<S: Store> Processor<S> {
    /// Brings a page's records to their effect and tells `progress` of each that is done.
    ///
    /// # Errors
    /// What the store fails with where trying again does not help.
    pub async fn deal(&self, page: Vec<Arrival>, progress: &Mutex<Progress>, terms: &Terms) -> Result<Dealt> {
        let done = |ticket| progress.lock().unwrap_or_else(PoisonError::into_inner).done(ticket);
        let begin = |number| progress.lock().unwrap_or_else(PoisonError::into_inner).begin(number);
        let ticketed: Vec<(u64, Content)> = page.into_iter().map(|a| (begin(a.sequence_number), a.content)).collect();
        let mut events: Vec<Ticketed> = Vec::with_capacity(ticketed.len());
        for (ticket, content) in ticketed {
            match content {
                Content::Skip => {
                    self.metrics.count(|totals| totals.skipped += 1);
                    done(ticket);
                }
                Content::Broken { delivery, reason } => {
                    let failure = Failure { delivery, event: None, reason, attempts: 1 };
                    if let Some(ended) = self.give_up(&failure, terms).await? {
                        return Ok(ended);
                    }
                    done(ticket);
                }
                Content::Event(event) => events.push((ticket, *event)),
            }
        }
        let ids: Vec<Uuid> = events.iter().map(|(_, event)| event.message.id).collect();
        let mut known = match self.persist(terms, || self.store.known(&ids)).await? {
            Ok(known) => known,
            Err(ended) => return Ok(ended),
        };
        events.retain(|(ticket, event)| {
            // Also knows those that come twice within the page.
            // A replay is meant to have its effect again.
            let fresh = known.insert(event.message.id) || event.message.replay.is_some();
            if !fresh {
                self.metrics.count(|totals| totals.duplicates += 1);
                self.tell(event, "duplicate", 0, None);
                done(*ticket);
            }
            fresh
        });
        match self.hook {
            Hook::None => self.mark_all(&events, &done, terms).await,
            Hook::Command(_) | Hook::Post(_) => self.run_lanes(events, &done, terms).await,
        }
    }

    /// Without a hook the mark is the whole effect: many in one statement.
    async fn mark_all(&self, events: &[Ticketed], done: &impl Fn(u64), terms: &Terms) -> Result<Dealt> {
        for chunk in events.chunks(MARKS) {
            let marks: Vec<Mark> = chunk.iter().map(|(_, event)| event.mark(1)).collect();
            match self.mark(&marks, terms).await? {
                Ok(fresh) => chunk.iter().for_each(|(ticket, event)| {
                    self.marked(event, 1, &fresh);
                    done(*ticket);
                }),
                Err(ended) => return Ok(ended),
            }
        }
        Ok(Dealt::All)
    }

    async fn run_lanes(&self, events: Vec<Ticketed>, done: &impl Fn(u64), terms: &Terms) -> Result<Dealt> {
        let mut lanes: BTreeMap<(String, String), Vec<Ticketed>> = BTreeMap::new();
        for (ticket, event) in events {
            let (kind, id) = event.lane();
            lanes.entry((kind.to_owned(), id.to_owned())).or_default().push((ticket, event));
        }
        let ends: Vec<Dealt> = stream::iter(lanes.into_values())
            .map(|lane| self.run_lane(lane, done, terms))
            .buffer_unordered(self.lanes)
            .try_collect()
            .await?;
        let worst = |wanted| ends.contains(&wanted).then_some(wanted);
        Ok(worst(Dealt::Lost).or_else(|| worst(Dealt::Stopped)).unwrap_or(Dealt::All))
    }

    async fn run_lane(&self, lane: Vec<Ticketed>, done: &impl Fn(u64), terms: &Terms) -> Result<Dealt> {
        for (ticket, event) in lane {
            if let Some(ended) = self.one(event, terms).await? {
                return Ok(ended);
            }
            done(ticket);
        }
        Ok(Dealt::All)
    }

    /// One event, through its attempts to its mark or its failure.
    async fn one(&self, event: Event, terms: &Terms) -> Result<Option<Dealt>> {
        let mut attempt = 0;
        let reason = loop {
            if let Some(ended) = terms.ended() {
                return Ok(Some(ended));
            }
            attempt += 1;
            // Whoever has the lease next runs this event and those behind it: ours must not come in between.
            let ran = tokio::select! {
                ran = self.hook.run(&event.message) => ran,
                () = terms.tenure.ended() => return Ok(Some(Dealt::Lost)),
            };
            match ran {
                Ok(()) => {
                    let attempts = attempts(attempt);
                    return Ok(match self.mark(&[event.mark(attempts)], terms).await? {
                        Ok(fresh) => {
                            self.marked(&event, attempts, &fresh);
                            None
                        }
                        Err(ended) => Some(ended),
                    });
                }
                Err(reason) if attempt >= self.retry.attempts => break reason,
                Err(reason) => {
                    self.metrics.count(|totals| totals.retries += 1);
                    self.console.detail(format!("event {}, attempt {attempt}: {reason}", event.message.id));
                    tokio::select! {
                        () = tokio::time::sleep(self.retry.pause(attempt)) => {}
                        () = terms.stop.cancelled() => {}
                    }
                }
            }
        };
        let mark = event.mark(attempts(attempt));
        self.tell(&event, "failed", mark.attempts, Some(&reason));
        // A replayed event has its mark already: it is kept as a record.
        let attempts = mark.attempts;
        let mark = Some(mark).filter(|_| event.message.replay.is_none());
        let failure = Failure { attempts, delivery: event.delivery, event: mark, reason };
        self.give_up(&failure, terms).await
    }

    async fn mark(&self, marks: &[Mark], terms: &Terms) -> Result<Result<HashSet<Uuid>, Dealt>> {
        self.persist(terms, || self.store.mark(marks)).await
    }

    async fn give_up(&self, failure: &Failure, terms: &Terms) -> Result<Option<Dealt>> {
        if let Err(ended) = self.persist(terms, || self.store.fail(failure)).await? {
            return Ok(Some(ended));
        }
        self.metrics.count(|totals| totals.failed += 1);
        let place = format!("{} {}", failure.delivery.shard_id, failure.delivery.sequence_number);
        self.console.warn(format!("given up, and kept in outbox_failures: {place}: {}", failure.reason));
        Ok(None)
    }

    /// Runs a statement, for as long as the database can't be reached and the lease is ours. A stop ends the waiting,
    /// not the first attempt: what had its effect should get its mark.
    async fn persist<T, F: Future<Output = Result<T>>>(
        &self,
        terms: &Terms,
        statement: impl Fn() -> F,
    ) -> Result<Result<T, Dealt>> {
        let first = Duration::from_millis(if cfg!(test) { 5 } else { 200 });
        let pauses = Retry { attempts: 0, first, longest: first * 50 };
        let (mut attempt, mut refused) = (0, 0);
        loop {
            if !terms.tenure.holds() {
                return Ok(Err(Dealt::Lost));
            }
            let error = match statement().await {
                Ok(value) => return Ok(Ok(value)),
                Err(error) => error,
            };
            attempt += 1;
            // A database that was away may come back with a fault of its own, such as a deadlock: that is the first one.
            refused += u32::from(error.kind() != Kind::DatabaseUnreachable);
            if refused >= STATEMENTS {
                return Err(error);
            }
            self.console.warn(format!("trying again: {error}"));
            tokio::select! {
                () = tokio::time::sleep(pauses.pause(attempt)) => {}
                () = terms.stop.cancelled() => return Ok(Err(Dealt::Stopped)),
            }
        }
    }

    fn marked(&self, event: &Event, attempts: i32, fresh: &HashSet<Uuid>) {
        let outcome = if fresh.contains(&event.message.id) {
            self.metrics.count(|totals| totals.processed += 1);
            self.metrics.latency(event.message.committed_at);
            "processed"
        } else if event.message.replay.is_some() {
            self.metrics.count(|totals| totals.processed += 1);
            "replayed"
        } else {
            self.metrics.count(|totals| totals.duplicates += 1);
            "duplicate"
        };
        self.tell(event, outcome, attempts, None);
    }

    fn tell(&self, event: &Event, outcome: &'static str, attempts: i32, reason: Option<&str>) {
        let message = &event.message;
        let line = Line {
            r#type: "item",
            hop: Hop::Processed,
            outcome,
            event_id: message.id,
            event_type: &message.event_type,
            aggregate_type: &message.aggregate_type,
            aggregate_id: &message.aggregate_id,
            sequence: message.sequence,
            committed_at: message.committed_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            attempts,
            shard: &event.delivery.shard_id,
            sequence_number: &event.delivery.sequence_number,
            reason,
        };
        let human = || {
            let (kind, aggregate) = event.lane();
            format!("{outcome:<9} {} {kind} {aggregate} #{} {}", message.event_type, message.sequence, message.id)
        };
        if !self.console.item(&line, Some(message.id), human) {
            self.unread.cancel();
        }
    }
}

fn attempts(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
