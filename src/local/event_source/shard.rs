//! Processing of one shard of one mapping: read, filter, invoke, retry, checkpoint, in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::batch::{Batch, Outcome, Rules, Verdict};
use super::discarded::{self, Origin};
use super::filter::Filters;
use super::invoke::{Invoked, Invoker};
use super::mapping::Mapping;
use super::registry::{Checkpoint, Tracked};
use super::source::{EventSource, Record};
use crate::aws::Clients;
use crate::base::error::{Kind, Result};
use crate::base::timing::Backoff;
use crate::streams::Warnings;
use crate::streams::shards::{Cursor, Pages, Source};

/// Minimum time between two empty reads.
const MIN_WAIT: Duration = Duration::from_millis(5);
/// Maximum time between two empty reads. "Lambda polls each shard at a base rate of once per second": polling here is
/// faster, and immediate when a write passes the gateway, so that a developer does not wait. The emulator's own writes
/// do not pass there.
const MAX_WAIT: Duration = Duration::from_millis(250);
/// Maximum payload of an invocation: 6 MB ("Lambda quotas").
const MAX_PAYLOAD: usize = 6_000_000;
/// Delays between retries: "Lambda retries with exponential backoff".
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(10));

/// State that the shards of a mapping share.
pub struct Worker<S> {
    pub source: S,
    pub tracked: Arc<Tracked>,
    /// Configuration when polling began: a change restarts polling.
    pub mapping: Mapping,
    pub filters: Filters,
    pub invoker: Invoker,
    /// Clients with a session of the function's role: for reading the stream and writing to the failure destination.
    pub clients: Clients,
    /// Lambda's own clients: for actions that need no right of the role.
    pub own: Clients,
    pub stop: CancellationToken,
    /// Changes after each write to a stream.
    pub writes: watch::Receiver<u64>,
}

/// Reason why a shard is no longer read.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// Closed and read to its end.
    Done,
    /// The stream or shard no longer exists.
    Gone,
    /// The reader panicked.
    Failed,
    Stopped,
}

struct Reader<S: Source> {
    shard: String,
    pages: Pages<S>,
    /// Records that are read and not yet in a batch.
    pending: VecDeque<Record>,
    pending_size: usize,
    writes: watch::Receiver<u64>,
    problems: u32,
}

impl Worker<()> {
    /// Returns a worker for this source.
    pub fn with<S>(self, source: S) -> Worker<S> {
        let Self { source: (), tracked, mapping, filters, invoker, clients, own, stop, writes } = self;
        Worker { source, tracked, mapping, filters, invoker, clients, own, stop, writes }
    }
}

impl<S: EventSource> Worker<S> {
    /// Reads a shard until it ends or polling stops.
    pub async fn run(&self, shard: String) -> End {
        let Some(mut position) = self.tracked.position(&shard) else { return End::Done };
        if !S::Stream::HAS_TIMES && matches!(position, Cursor::At(_)) {
            // A time stands for LATEST, and a shard without a checkpoint is newer than the mapping: the mapping was
            // created with checkpoints for all its shards.
            position = Cursor::Oldest;
        }
        let pages = Pages::new(self.source.stream().clone(), &shard, position, Warnings::default());
        let mut reader = Reader {
            shard,
            pages,
            pending: VecDeque::new(),
            pending_size: 0,
            writes: self.writes.clone(),
            problems: 0,
        };
        self.poll(&mut reader).await
    }

    async fn poll(&self, reader: &mut Reader<S::Stream>) -> End {
        loop {
            if let Err(end) = self.gather(reader).await {
                return end;
            }
            let records = self.take(reader);
            if !records.is_empty() && self.process(&reader.shard, records).await == End::Stopped {
                return End::Stopped;
            }
            if reader.pending.is_empty() {
                // Records that the filter dropped at the end count as processed, too.
                if let Err(error) = self.pass(reader).await {
                    tracing::error!("{error}");
                    return End::Stopped;
                }
                if reader.pages.is_ended() {
                    return End::Done;
                }
            }
        }
    }

    /// Reads until there is a batch: it is full, or the batching window is over ("Batching behavior" in the Lambda
    /// developer guide). The window opens with its first record.
    async fn gather(&self, reader: &mut Reader<S::Stream>) -> Result<(), End> {
        let window = Duration::from_secs(self.mapping.settings.maximum_batching_window_in_seconds);
        let batch_size = self.mapping.settings.batch_size;
        let mut opened = (!reader.pending.is_empty()).then(Instant::now);
        loop {
            if self.stop.is_cancelled() {
                return Err(End::Stopped);
            }
            let full = reader.pending.len() >= batch_size || reader.pending_size >= MAX_PAYLOAD;
            if full || reader.pages.is_ended() || opened.is_some_and(|at| at.elapsed() >= window) {
                return Ok(());
            }
            let read = self.read(reader, batch_size - reader.pending.len()).await?;
            if !reader.pending.is_empty() && opened.is_none() {
                opened = Some(Instant::now());
            }
            if read > 0 && reader.pending.is_empty() {
                // All records were filtered out: let the checkpoint move.
                return Ok(());
            }
            if read == 0 && !reader.pages.is_ended() && opened.is_none_or(|at| at.elapsed() < window) {
                let left = opened.map_or(MAX_WAIT, |at| window.saturating_sub(at.elapsed()).min(MAX_WAIT));
                self.rest(MIN_WAIT).await;
                let _ = tokio::time::timeout(left, reader.writes.changed()).await;
            }
        }
    }

    /// Reads once; returns the number of records, filtered ones included.
    async fn read(&self, reader: &mut Reader<S::Stream>, limit: usize) -> Result<usize, End> {
        // This read may miss records written from here on; they wake the next one.
        reader.writes.mark_unchanged();
        let limit = i32::try_from(limit).map_or(S::Stream::MOST_RECORDS, |limit| limit.min(S::Stream::MOST_RECORDS));
        let page = match self.stop.run_until_cancelled(reader.pages.read(limit)).await {
            None => return Err(End::Stopped),
            Some(Ok(None)) => return Ok(0),
            Some(Ok(Some(page))) => page,
            Some(Err(error)) if error.kind() == Kind::StreamMissing => return Err(End::Gone),
            Some(Err(error)) => {
                reader.problems += 1;
                tracing::warn!(shard = reader.shard, "{error}");
                self.tracked.unreadable(&error);
                self.rest(BACKOFF.wait(reader.problems)).await;
                return Ok(0);
            }
        };
        reader.problems = 0;
        let read = page.records.len();
        for record in &page.records {
            let record = self.source.record(&reader.shard, record);
            if self.wanted(&record) {
                reader.pending_size += record.size;
                reader.pending.push_back(record);
            }
        }
        Ok(read)
    }

    fn wanted(&self, record: &Record) -> bool {
        self.filters.is_empty() || S::filter_view(record).is_some_and(|view| self.filters.matches(&view))
    }

    /// Returns the next batch: limited by number, and by the size of an invocation's payload.
    fn take(&self, reader: &mut Reader<S::Stream>) -> Vec<Record> {
        let (mut records, mut size) = (Vec::new(), 0);
        while records.len() < self.mapping.settings.batch_size
            && let Some(record) = reader.pending.front()
            && (records.is_empty() || size + record.size <= MAX_PAYLOAD)
        {
            size += record.size;
            records.extend(reader.pending.pop_front());
        }
        reader.pending_size -= size;
        records
    }

    async fn pass(&self, reader: &Reader<S::Stream>) -> Result<()> {
        match reader.pages.cursor() {
            Cursor::After(sequence) if !reader.pages.is_ended() => {
                let reached = Checkpoint::After(sequence.clone());
                if self.tracked.checkpoint(&reader.shard).as_ref() == Some(&reached) {
                    return Ok(());
                }
                self.tracked.reached(&reader.shard, reached).await
            }
            _ if reader.pages.is_ended() => self.tracked.reached(&reader.shard, Checkpoint::Done).await,
            _ => Ok(()),
        }
    }

    /// Completes a batch: every record is processed, or discarded as the mapping is configured.
    async fn process(&self, shard: &str, records: Vec<Record>) -> End {
        let settings = &self.mapping.settings;
        let rules = Rules {
            bisect: settings.bisect_batch_on_function_error,
            retries: u32::try_from(settings.maximum_retry_attempts).ok(),
            age: (settings.maximum_record_age_in_seconds >= 0)
                .then(|| TimeDelta::seconds(settings.maximum_record_age_in_seconds)),
        };
        let mut batch = Batch::new(records, rules);
        let (mut last, mut failures) = (None, 0);
        loop {
            let outcome = match batch.expire(Utc::now()) {
                Some(outcome) => outcome,
                None => {
                    let Some(current) = batch.current() else { return End::Done };
                    if self.stop.is_cancelled() {
                        return End::Stopped;
                    }
                    let invoked = self.invoker.invoke(current).await;
                    let outcome = batch.apply(&invoked.verdict);
                    self.record_result(&invoked.verdict);
                    last = Some(invoked);
                    outcome
                }
            };
            let wait = outcome.wait;
            if let Err(error) = self.apply(shard, outcome, last.as_ref()).await {
                // Not on disk: polling stops rather than continue without a checkpoint.
                tracing::error!("{error}");
                return End::Stopped;
            }
            failures = if wait { failures + 1 } else { 0 };
            if wait {
                self.rest(BACKOFF.wait(failures)).await;
            }
        }
    }

    fn record_result(&self, verdict: &Verdict) {
        let text = match verdict {
            Verdict::Succeeded => "OK",
            Verdict::FailedFrom(_) | Verdict::Failed => "PROBLEM: Function call failed",
            Verdict::NotInvoked => "PROBLEM: Function could not be invoked",
        };
        self.tracked.change(|mapping| text.clone_into(&mut mapping.last_processing_result));
    }

    async fn apply(&self, shard: &str, outcome: Outcome, last: Option<&Invoked>) -> Result<()> {
        if let Some(discarded) = &outcome.discarded {
            let origin = Origin { mapping: &self.mapping, shard, batch_info: S::batch_info() };
            let mut attempt = 0;
            while let Err(error) = discarded::send(&self.clients, &self.own, &origin, discarded, last).await {
                attempt += 1;
                // Lambda also drops the record, and counts DestinationDeliveryFailures.
                tracing::error!("the failure destination did not accept the batch: {error}");
                if attempt == 5 || self.stop.is_cancelled() {
                    break;
                }
                self.rest(BACKOFF.wait(attempt)).await;
            }
        }
        match outcome.checkpoint {
            Some(sequence) => self.tracked.reached(shard, Checkpoint::After(sequence)).await,
            None => Ok(()),
        }
    }

    async fn rest(&self, time: Duration) {
        let _ = tokio::time::timeout(time, self.stop.cancelled()).await;
    }
}
