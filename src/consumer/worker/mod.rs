//! Holds leases and runs a reader for each.
//!
//! `turn.rs` has the work of every quarter of a lease duration, `compare.rs` the leases to add and remove for a
//! stream's shards, and `ending.rs` the end of a reader and of the worker.

mod compare;
mod ending;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::lease::{Leases, Watch, is_final};
use super::reader::{Ended, Reader};
use super::store::Store;
use super::validity::LeaseValidity;
use crate::base::error::{Error, Kind, Result};
use crate::streams::{StartAt, Warnings};

/// Time of the first report of counts.
const FIRST_REPORT: Duration = Duration::from_secs(2);

/// Options of a worker.
#[derive(Debug, Clone)]
pub struct Options {
    /// Start position of shards that the group has not read yet.
    pub from: StartAt,
    /// A worker that was not heard from for so long is considered dead.
    pub lease_duration: Duration,
    /// Ends the worker after it was idle for so long.
    pub until_idle: Option<Duration>,
    /// Interval of metrics reports.
    pub report_every: Duration,
}

/// Reason for a worker's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Cancelled,
    Idle,
    /// The output has no reader.
    Unread,
}

struct Held {
    validity: LeaseValidity,
    stop: CancellationToken,
    wanted_by: Option<String>,
}

type Readers = JoinSet<(String, Result<Ended>)>;

/// One member of a consumer group.
pub struct Worker<L, S> {
    reader: Arc<Reader<L, S>>,
    /// The warnings of all readers, as a problem that all shards have is reported once.
    warnings: Warnings,
    options: Options,
    started: DateTime<Utc>,
    watch: Watch,
    held: BTreeMap<String, Held>,
    readers: Readers,
    /// Time of the last listing of shards; `None` to list them in the next turn.
    listed: Option<Instant>,
    /// The parents of leases that the stream did not have at that time: they have expired.
    expired: BTreeSet<String>,
    /// Indicates whether every readable lease is held here or by a live worker.
    settled: bool,
}

impl<L: Leases + 'static, S: Store + 'static> Worker<L, S> {
    pub fn new(reader: Reader<L, S>, options: Options) -> Self {
        Self {
            warnings: Warnings::on(&*reader.processor.reporter),
            reader: Arc::new(reader),
            options,
            started: Utc::now(),
            watch: Watch::default(),
            held: BTreeMap::new(),
            readers: JoinSet::new(),
            listed: None,
            expired: BTreeSet::new(),
            settled: false,
        }
    }

    /// Runs until cancelled, idle for the given time, or failed. Before it returns, records in flight are finished and
    /// checkpointed, and the leases are freed.
    ///
    /// # Errors
    /// Those that prevent the start, and those of a reader after its retries.
    pub async fn run(mut self, cancel: &CancellationToken) -> Result<End> {
        let ended = self.work(cancel).await;
        let stopped = self.stop().await;
        self.report_counts();
        let end = ended?;
        stopped.map(|()| end)
    }

    async fn work(&mut self, cancel: &CancellationToken) -> Result<End> {
        let begun = Instant::now();
        // With `until_idle`, idleness is checked more often.
        let timeout = if self.options.until_idle.is_some() { Duration::from_millis(500) } else { Duration::MAX };
        let every = (self.options.lease_duration / 4).min(timeout);
        self.turn().await?;
        let (mut turned, mut reported) = (Instant::now(), Instant::now());
        // The first counts are reported soon: until then the only output is the start of each shard.
        let mut report_after = self.options.report_every.min(FIRST_REPORT);
        let unread = self.reader.processor.unread.clone();
        loop {
            let look = self.options.until_idle.map_or(every, |idle| (idle / 4).clamp(Duration::from_millis(50), every));
            let due = every.saturating_sub(turned.elapsed()).min(look);
            let mut at_once = false;
            tokio::select! {
                Some(ended) = self.readers.join_next() => {
                    let (shard, ended) =
                        ended.map_err(|e| Error::new(Kind::Unexpected, "a shard reader ended unexpectedly").with_source(e))?;
                    at_once = matches!(self.ended(&shard, ended).await?, Ended::Drained | Ended::Gone);
                }
                () = tokio::time::sleep(due) => {}
                () = cancel.cancelled() => return Ok(End::Cancelled),
                () = unread.cancelled() => return Ok(End::Unread),
            }
            if at_once || turned.elapsed() >= every {
                turned = Instant::now();
                // The leases expire by themselves while the table can't be reached; then they are taken again.
                match self.turn().await {
                    Err(error) if !is_final(&error) => self.reader.processor.reporter.warn(error.message()),
                    turned => turned?,
                }
            }
            if reported.elapsed() >= report_after {
                (reported, report_after) = (Instant::now(), self.options.report_every);
                self.report_counts();
            }
            if self.options.until_idle.is_some_and(|idle| begun.elapsed() >= idle && self.is_idle(idle)) {
                return Ok(End::Idle);
            }
        }
    }

    fn report_counts(&self) {
        let processor = &self.reader.processor;
        processor.observer.counts(processor.metrics.totals());
    }

    fn is_idle(&self, idle: Duration) -> bool {
        self.settled && self.reader.processor.metrics.is_idle(self.held.keys(), idle)
    }
}
