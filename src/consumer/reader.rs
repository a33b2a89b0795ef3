//! Reads one shard under one lease: page, processing, checkpoint, until the shard ends, the lease is requested or lost,
//! or the consumer stops.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kinesis::types::Record;
use tokio_util::sync::CancellationToken;

use super::event::read;
use super::lease::{Checkpoint, Lease, Leases, is_final};
use super::processor::{BatchOutcome, LeaseContext, Processor};
use super::progress::Progress;
use super::store::Store;
use crate::base::error::Result;
use crate::streams::Warnings;
use crate::streams::kinesis::Kinesis;
use crate::streams::shards::{Intervals, Page, Pages};

/// Reasons for the end of reading a shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The shard is closed, and all its records are processed.
    Drained,
    Stopped,
    /// Another consumer has the lease.
    Lost,
    /// The stream no longer has the shard: its unread records are past the retention.
    Gone,
}

/// Dependencies shared by the readers of all shards.
pub struct Reader<L, S> {
    pub source: Kinesis,
    pub leases: Arc<L>,
    pub processor: Arc<Processor<S>>,
    pub me: String,
    /// Maximum records per page.
    pub batch: i32,
    /// Intervals between pages.
    pub intervals: Intervals,
    /// Interval of checkpoints within a page.
    pub checkpoint_every: Duration,
}

impl<L: Leases, S: Store> Reader<L, S> {
    /// Reads from the lease's checkpoint on. `warnings` receives problems of reading that do not end it, such as expired
    /// records.
    ///
    /// # Errors
    /// Those of Kinesis, the store or the leases after their retries.
    pub async fn run(&self, lease: &Lease, context: &LeaseContext, warnings: Warnings) -> Result<Ended> {
        let shard = &lease.shard;
        let Some(cursor) = lease.checkpoint.cursor(chrono::Utc::now()) else { return Ok(Ended::Drained) };
        let mut pages = Pages::open(self.source.clone(), shard, cursor, warnings).await?;
        let progress = Progress::default();
        loop {
            let page = tokio::select! {
                page = pages.read(self.batch) => page?,
                () = context.stop.cancelled() => return Ok(Ended::Stopped),
            };
            let begun = tokio::time::Instant::now();
            let Some(page) = page else {
                match self.keep(shard, &Checkpoint::End).await? {
                    Some(true) => return Ok(Ended::Drained),
                    Some(false) => return Ok(Ended::Lost),
                    None if !context.validity.holds() => return Ok(Ended::Lost),
                    None => tokio::time::sleep_until(begun + self.intervals.at_tip).await,
                }
                continue;
            };
            let (behind, idle) = (lag(&page), page.records.is_empty() && lag(&page).is_zero());
            let outcome = self.page(shard, page, &progress, context).await;
            // Finished records are checkpointed, whatever the outcome of the rest.
            let kept = self.checkpoint(shard, &progress).await;
            match (outcome?, kept?) {
                (BatchOutcome::All, true) => {}
                (BatchOutcome::Stopped, true) => return Ok(Ended::Stopped),
                (BatchOutcome::Lost, _) | (_, false) => return Ok(Ended::Lost),
            }
            self.processor.metrics.shard(shard, behind, idle);
            let pause = if behind.is_zero() { self.intervals.at_tip } else { self.intervals.behind };
            tokio::select! {
                () = tokio::time::sleep_until(begun + pause) => {}
                () = context.stop.cancelled() => return Ok(Ended::Stopped),
            }
        }
    }

    /// Processes a page, and checkpoints finished records at intervals: with a slow hook a page takes long.
    async fn page(
        &self,
        shard: &str,
        page: Page<Record>,
        progress: &Progress,
        context: &LeaseContext,
    ) -> Result<BatchOutcome> {
        if page.records.is_empty() {
            return Ok(BatchOutcome::All);
        }
        let count = page.records.len() as u64;
        self.processor.metrics.count(|totals| totals.records += count);
        self.processor.metrics.shard(shard, lag(&page), false);
        let arrivals = page.records.into_iter().map(|record| read(shard, record, &self.source.layout)).collect();
        let finished = CancellationToken::new();
        let processing = async {
            let _finished = finished.clone().drop_guard();
            self.processor.process(arrivals, progress, context).await
        };
        // Both at once: the lease may expire while a checkpoint gets no answer, and the handlers must end with it.
        let (outcome, saved) = tokio::join!(processing, self.save(shard, progress, context, &finished));
        saved.and(outcome)
    }

    /// Checkpoints finished records at intervals until the page is `finished`. Ends the lease if it is lost.
    async fn save(
        &self,
        shard: &str,
        progress: &Progress,
        context: &LeaseContext,
        finished: &CancellationToken,
    ) -> Result<()> {
        while finished.run_until_cancelled(tokio::time::sleep(self.checkpoint_every)).await.is_some() {
            let kept = self.checkpoint(shard, progress).await;
            if !matches!(kept, Ok(true)) {
                context.validity.end();
            }
            kept?;
        }
        Ok(())
    }

    /// Moves the checkpoint to the last finished record; returns false if the lease is lost.
    async fn checkpoint(&self, shard: &str, progress: &Progress) -> Result<bool> {
        let Some(to) = progress.advance() else { return Ok(true) };
        let kept = self.keep(shard, &Checkpoint::After(to.clone())).await?;
        if kept == Some(true) {
            self.processor.metrics.count(|totals| totals.checkpoints += 1);
            progress.saved(&to);
        }
        Ok(kept != Some(false))
    }

    /// Stores a checkpoint; returns `Some(false)` if the lease is lost, `None` if the table can't be reached: then the
    /// checkpoint lags behind, and the lease expires if this continues.
    async fn keep(&self, shard: &str, to: &Checkpoint) -> Result<Option<bool>> {
        match self.leases.checkpoint(shard, &self.me, to).await {
            Ok(kept) => Ok(Some(kept)),
            Err(error) if is_final(&error) => Err(error),
            Err(error) => {
                self.processor.reporter.warn(error.message());
                Ok(None)
            }
        }
    }
}

fn lag(page: &Page<Record>) -> Duration {
    page.behind.unwrap_or_default()
}
