//! The lossless reader of a stream's shards: parents before children, through splits, merges, expired iterators and
//! throttling; each record once. Kinesis and DynamoDB Streams implement [`Source`].
//!
//! `lineage.rs` decides which shards may be read (pure), `pages.rs` reads one shard, `shard.rs` decodes it into the
//! sink, and the coordinator here follows the stream from shard to shard.

mod lineage;
mod pages;
#[cfg(test)]
mod property_tests;
pub(super) mod retry;
mod shard;
mod source;
#[cfg(test)]
pub(super) mod steps;

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Sink, StartAt, Warnings, read_into};
use crate::base::error::{Error, Kind, Result};
use lineage::Lineage;
use shard::{End, Reading, ShardReader};

pub use lineage::follows;
pub use pages::Pages;
pub use shard::Intervals;
pub use source::{Answer, Cursor, Failure, Feed, Listed, Page, Readable, Reason, ShardInfo, Source};

/// Tolerance for unordered time stamps and clock differences: reading continues so long past `until`.
const GRACE: TimeDelta = TimeDelta::seconds(1);
/// Maximum pages held, of all shards together: they hold up to 10 MB each.
const PAGES: usize = 8;
/// Interval of listing shards while none has ended; DynamoDB closes a shard after some hours.
const LIST_AGAIN: Duration = Duration::from_secs(30);

/// Options of a reader.
#[derive(Debug, Clone)]
pub struct Options {
    pub from: StartAt,
    /// Records that arrive later are skipped; the reader ends once it is past this time on every shard. DynamoDB's
    /// records have times in full seconds.
    pub until: Option<DateTime<Utc>>,
    pub warnings: Warnings,
}

/// Takes its positions on every shard, then reads in the background until cancelled, past `until`, failed, or at the
/// end of a disabled stream.
///
/// # Errors
/// `StreamMissing`, and those of the service.
pub async fn open<S: Readable>(
    source: S,
    options: Options,
    intervals: Intervals,
    sink: Sink,
    cancel: CancellationToken,
) -> Result<()> {
    let pages = Arc::new(Semaphore::new(PAGES));
    let coordinator = Coordinator { source, options, intervals, pages, sink, cancel };
    let mut lineage = Lineage::default();
    let first = Cursor::first(coordinator.options.from, Utc::now());
    let shards = list(&coordinator.source).await?.shards;
    // From the latest position, a closed shard has no records; its children are read instead.
    let before: Vec<String> = match coordinator.options.from {
        StartAt::Latest => shards.iter().filter(|shard| shard.closed).map(|shard| shard.id.clone()).collect(),
        StartAt::Start | StartAt::At(_) => Vec::new(),
    };
    lineage.add(shards);
    before.iter().for_each(|id| lineage.drain(id));
    let readers = coordinator.readers(&mut lineage, &first).await?;
    tokio::spawn(coordinator.run(lineage, readers));
    Ok(())
}

/// Returns the shards that the stream still has, closed ones included.
///
/// # Errors
/// `StreamMissing`; service errors that last several minutes, or at once those for which waiting does not help.
pub async fn list(source: &impl Source) -> Result<Listed> {
    let (mut all, mut attempt, mut restarts) = (Listed::default(), 0, 0);
    loop {
        match source.list(all.next.as_deref()).await {
            Ok(page) => {
                attempt = 0;
                all.shards.extend(page.shards);
                (all.next, all.disabled) = (page.next, page.disabled);
                if all.next.is_none() {
                    return Ok(all);
                }
            }
            Err(failure) if failure.reason == Reason::Missing => {
                return Err(Error::new(Kind::StreamMissing, format!("stream {} not found", source.name())));
            }
            // A token is valid for 300 seconds (ListShards in the Kinesis API reference): begin with the first page.
            Err(failure) if failure.reason == Reason::Expired && retry::pause(&mut restarts).await => {
                all = Listed::default();
            }
            Err(failure) if failure.reason == Reason::Passing && retry::pause(&mut attempt).await => {}
            Err(failure) => return Err(failure.error),
        }
    }
}

struct Coordinator<S> {
    source: S,
    options: Options,
    intervals: Intervals,
    pages: Arc<Semaphore>,
    sink: Sink,
    cancel: CancellationToken,
}

impl<S: Readable> Coordinator<S> {
    async fn run(self, mut lineage: Lineage, readers: Vec<ShardReader<S>>) {
        read_into(&self.sink, &self.cancel, self.read(&mut lineage, readers)).await;
    }

    /// Runs the shard readers, and those of the children when their parents are read to their ends.
    async fn read(&self, lineage: &mut Lineage, readers: Vec<ShardReader<S>>) -> Result<()> {
        // Shards present at the start are read from the requested position. Later shards have no older records.
        let cursor = match self.options.from {
            StartAt::At(at) => Cursor::At(at),
            StartAt::Latest | StartAt::Start => Cursor::Oldest,
        };
        let mut running: JoinSet<(String, Result<End>)> = JoinSet::new();
        readers.into_iter().for_each(|reader| drop(running.spawn(reader.run())));
        loop {
            // With every shard read to its end, others are expected, which are not listed yet.
            let wait = if running.is_empty() { self.intervals.at_tip } else { LIST_AGAIN };
            let ended = tokio::select! {
                Some(ended) = running.join_next() => Some(ended),
                () = tokio::time::sleep(wait) => None,
            };
            if let Some(ended) = ended {
                let (id, end) = ended
                    .map_err(|e| Error::new(Kind::Unexpected, "a shard reader ended unexpectedly").with_source(e))?;
                match end {
                    Ok(End::Unwanted) => return Ok(()),
                    // Not drained: the records of its children are later still.
                    Ok(End::PastUntil) => {}
                    Ok(End::Drained(children)) => {
                        lineage.drain(&id);
                        lineage.add(children);
                    }
                    Err(error) => {
                        self.is_gone(&id, error).await?;
                        lineage.drain(&id);
                    }
                }
            }
            let listed = list(&self.source).await?;
            lineage.add(listed.shards);
            let readers = self.readers(lineage, &cursor).await?;
            readers.into_iter().for_each(|reader| drop(running.spawn(reader.run())));
            let is_past_until = || self.options.until.is_some_and(|until| Utc::now() > until + GRACE);
            if running.is_empty() && (listed.disabled || self.sink.is_closed() || is_past_until()) {
                return Ok(());
            }
        }
    }

    /// Returns readers of the shards that can be read now. Expired shards are skipped.
    async fn readers(&self, lineage: &mut Lineage, cursor: &Cursor) -> Result<Vec<ShardReader<S>>> {
        let mut readers = Vec::new();
        loop {
            let ready = lineage.ready();
            if ready.is_empty() {
                return Ok(readers);
            }
            let opened = ready.iter().map(|id| async move {
                match self.source.feed(id, cursor.clone(), self.options.warnings.clone()).await {
                    Ok(feed) => Ok(Some(feed)),
                    Err(error) => self.is_gone(id, error).await.map(|()| None),
                }
            });
            for (id, feed) in ready.iter().zip(try_join_all(opened).await?) {
                match feed {
                    Some(feed) => readers.push(self.reader(id, feed)),
                    None => lineage.drain(id),
                }
            }
        }
    }

    fn reader(&self, id: &str, feed: S::Feed) -> ShardReader<S> {
        let reading = Reading {
            until: self.options.until.map(|until| (until, until + GRACE)),
            intervals: self.intervals,
            pages: self.pages.clone(),
            sink: self.sink.clone(),
        };
        ShardReader { source: self.source.clone(), id: id.to_owned(), feed, reading }
    }

    /// Returns `Ok` if the stream no longer has the shard, or lists it as closed but does not find it: its records are
    /// past the stream's retention.
    async fn is_gone(&self, id: &str, error: Error) -> Result<()> {
        if error.kind() != Kind::StreamMissing {
            return Err(error);
        }
        if list(&self.source).await?.shards.iter().any(|shard| shard.id == id && !shard.closed) {
            return Err(error);
        }
        self.options.warnings.warn(format!("shard {id} is gone: its records have expired"));
        Ok(())
    }
}
