//! Holding leases, and running a reader for each.
//!
//! `turn.rs` is what happens every quarter of a lease's time, `compare.rs` which leases a stream's shards ask for, `ending.rs`
//! the end of a reader and of the worker, `report.rs` what is told of it all.

mod compare;
mod ending;
mod turn;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::lease::{Leases, Watch, is_final};
use super::reader::{Ended, Reader};
use super::store::Store;
use super::tenure::Tenure;
use crate::error::{Error, Kind, Result};
use crate::streams::From;

/// When counts are reported first.
const FIRST_REPORT: Duration = Duration::from_secs(2);

/// How a worker holds its leases, and when it ends by itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where shards begin that nobody of the group has read yet.
    pub from: From,
    /// A worker that was not heard of for so long is taken for dead.
    pub lease_duration: Duration,
    /// End once there has been nothing to do for so long.
    pub until_idle: Option<Duration>,
    /// How often to report metrics.
    pub report_every: Duration,
}

/// Why a worker ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Cancelled,
    Idle,
    /// Nobody reads what it prints.
    Unread,
}

struct Held {
    tenure: Tenure,
    stop: CancellationToken,
    wanted_by: Option<String>,
}

type Readers = JoinSet<(String, Result<Ended>)>;

/// One member of a consumer group.
pub struct Worker<L, S> {
    reader: Arc<Reader<L, S>>,
    options: Options,
    started: DateTime<Utc>,
    watch: Watch,
    held: BTreeMap<String, Held>,
    readers: Readers,
    /// When shards were listed last; None to list them at the next turn.
    listed: Option<Instant>,
    /// Every lease that may be read is held here or by somebody who was seen to live.
    settled: bool,
}

impl<L: Leases + 'static, S: Store + 'static> Worker<L, S> {
    pub fn new(reader: Reader<L, S>, options: Options) -> Self {
        Self {
            reader: Arc::new(reader),
            options,
            started: Utc::now(),
            watch: Watch::default(),
            held: BTreeMap::new(),
            readers: JoinSet::new(),
            listed: None,
            settled: false,
        }
    }

    /// Runs until cancelled, idle for as long as asked for, or failed. Before it returns, what is in flight is finished
    /// and checkpointed, and its leases are free for others.
    ///
    /// # Errors
    /// What keeps it from starting, and what a reader ends in after its retries.
    pub async fn run(mut self, cancel: &CancellationToken) -> Result<End> {
        let ended = self.work(cancel).await;
        let stopped = self.stop().await;
        self.report_counts();
        let end = ended?;
        stopped.map(|()| end)
    }

    async fn work(&mut self, cancel: &CancellationToken) -> Result<End> {
        let begun = Instant::now();
        // Who waits for the end looks more often whether it is reached.
        let patience = if self.options.until_idle.is_some() { Duration::from_millis(500) } else { Duration::MAX };
        let every = (self.options.lease_duration / 4).min(patience);
        self.turn().await?;
        let (mut turned, mut reported) = (Instant::now(), Instant::now());
        // The first counts come soon: until then there is nothing but where each shard begins.
        let mut report_after = self.options.report_every.min(FIRST_REPORT);
        let unread = self.reader.processor.unread.clone();
        loop {
            let look = self.options.until_idle.map_or(every, |idle| (idle / 4).clamp(Duration::from_millis(50), every));
            let due = every.saturating_sub(turned.elapsed()).min(look);
            let mut at_once = false;
            tokio::select! {
                Some(ended) = self.readers.join_next() => {
                    let (shard, ended) =
                        ended.map_err(|e| Error::new(Kind::Unexpected, "a shard reader broke off").with_source(e))?;
                    at_once = matches!(self.ended(&shard, ended).await?, Ended::Drained | Ended::Gone);
                }
                () = tokio::time::sleep(due) => {}
                () = cancel.cancelled() => return Ok(End::Cancelled),
                () = unread.cancelled() => return Ok(End::Unread),
            }
            if at_once || turned.elapsed() >= every {
                turned = Instant::now();
                // The leases run out by themselves while the table can't be reached; then they are taken again.
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
