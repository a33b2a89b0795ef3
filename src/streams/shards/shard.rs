//! Reads one shard from a position to its end.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::source::{Feed, Page, Readable, ShardInfo};
use crate::base::error::{Error, Kind, Result};
use crate::streams::{Item, Sink};

/// Page size that indicates more records, if the service does not report its lag.
const MANY: usize = 500;
/// Records that are decoded and sent together.
const TOGETHER: usize = 64;
/// Empty pages in a row after which reading is at the tip, of a service that does not report its lag: it may return
/// empty pages before a page with records ("GetRecords" in the DynamoDB Streams API reference).
const TIP_AFTER: u32 = 10;

/// Reasons for the end of a shard reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Closed and read to its end; these are its children, if the service named them.
    Drained(Vec<ShardInfo>),
    PastUntil,
    /// The receiver of the items is closed.
    Unwanted,
}

/// Intervals between the starts of reads.
#[derive(Debug, Clone, Copy)]
pub struct Intervals {
    /// Interval at the tip of the shard.
    pub at_tip: Duration,
    pub behind: Duration,
}

/// Empty pages in a row after which a shard is quiet, and the maximum interval of reading a quiet one: otherwise a
/// local endpoint would be busy without any records.
const QUIET_AFTER: u32 = 50;
const QUIET: Duration = Duration::from_millis(100);

impl Intervals {
    /// Returns the interval at the tip, after so many empty pages.
    fn after(self, empty: u32) -> Duration {
        if empty < QUIET_AFTER { self.at_tip } else { (self.at_tip * 5).min(QUIET).max(self.at_tip) }
    }
}

/// Dependencies shared by the readers of all shards.
pub struct Reading {
    /// Records that arrived later are skipped; the reader ends at the second time.
    pub until: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub intervals: Intervals,
    /// A permit for each page held in memory.
    pub pages: Arc<Semaphore>,
    pub sink: Sink,
}

/// Messages from the fetching task.
enum Fetched<R> {
    Page(Page<R>, OwnedSemaphorePermit),
    End(Vec<ShardInfo>),
    Failed(Error),
}

/// A shard whose position is taken.
pub struct ShardReader<S: Readable> {
    pub source: S,
    pub id: String,
    pub feed: S::Feed,
    pub reading: Reading,
}

impl<S: Readable> ShardReader<S> {
    pub async fn run(self) -> (String, Result<End>) {
        let Self { source, id, feed, reading } = self;
        // The next page is fetched while this one is decoded. In one `JoinSet`, so that fetching ends with this task.
        let (sender, pages) = mpsc::channel(1);
        let mut fetching = JoinSet::new();
        fetching.spawn(fetch(feed, reading.intervals, reading.pages.clone(), sender));
        let ended = show(&source, &id, &reading, pages).await;
        (id, ended)
    }
}

async fn fetch<F: Feed>(
    mut feed: F,
    intervals: Intervals,
    permits: Arc<Semaphore>,
    to: mpsc::Sender<Fetched<F::Record>>,
) {
    let mut empty = 0_u32;
    loop {
        let begun = Instant::now();
        // Acquired before a read, whose response fills the memory, but after a push, which may take long and waits on
        // the connection until it is read.
        let early = if feed.is_pushed() { None } else { Some(permits.clone().acquire_owned().await) };
        let page = match feed.next().await {
            Ok(Some(page)) => page,
            Ok(None) => return drop(to.send(Fetched::End(feed.children())).await),
            Err(error) => return drop(to.send(Fetched::Failed(error)).await),
        };
        let permit = match early {
            Some(permit) => permit,
            None => permits.clone().acquire_owned().await,
        };
        let Ok(permit) = permit else { return };
        empty = if page.empty { empty.saturating_add(1) } else { 0 };
        let behind = page.behind.is_some_and(|behind| !behind.is_zero()) || page.records.len() >= MANY;
        if to.send(Fetched::Page(page, permit)).await.is_err() {
            return;
        }
        if !feed.is_pushed() {
            tokio::time::sleep_until(begun + if behind { intervals.behind } else { intervals.after(empty) }).await;
        }
    }
}

/// Decodes pages into the sink.
async fn show<S: Readable>(
    source: &S,
    id: &str,
    reading: &Reading,
    mut pages: mpsc::Receiver<Fetched<S::Record>>,
) -> Result<End> {
    let mut items: Vec<Item> = Vec::new();
    let mut empty = 0_u32;
    while let Some(fetched) = pages.recv().await {
        let (page, _permit) = match fetched {
            Fetched::Page(page, permit) => (page, permit),
            Fetched::End(children) => return Ok(End::Drained(children)),
            Fetched::Failed(error) => return Err(error),
        };
        // In groups of records: each send may wake the receiver.
        for records in page.records.chunks(TOGETHER) {
            for record in records {
                let is_late = |(until, _)| S::arrived(record).is_some_and(|arrived| arrived > until);
                if !reading.until.is_some_and(is_late) {
                    source.decode(id, record, &mut items);
                }
            }
            if !send_all(&mut items, &reading.sink).await {
                return Ok(End::Unwanted);
            }
        }
        empty = if page.empty { empty.saturating_add(1) } else { 0 };
        // The time up to which the shard is read, by the stream's clock; no older record follows.
        let come = match (page.records.last(), page.behind) {
            (Some(last), _) => S::arrived(last),
            // The records of its children may have arrived earlier.
            (None, _) if page.last => None,
            (None, Some(behind)) => Some(Utc::now() - TimeDelta::from_std(behind).unwrap_or_default()),
            (None, None) => (empty >= TIP_AFTER).then(Utc::now),
        };
        if reading.until.zip(come).is_some_and(|((_, end), come)| come > end) {
            return Ok(End::PastUntil);
        }
        if page.records.is_empty() && reading.sink.is_closed() {
            return Ok(End::Unwanted);
        }
    }
    Err(Error::new(Kind::Unexpected, format!("fetching from shard {id} ended unexpectedly")))
}

/// Sends the items to the sink, as many at once as it has room for; returns false if the receiver is closed.
async fn send_all(items: &mut Vec<Item>, sink: &Sink) -> bool {
    let mut rest = items.drain(..);
    while !rest.as_slice().is_empty() {
        let Ok(places) = sink.reserve_many(rest.len().min(TOGETHER)).await else { return false };
        places.zip(&mut rest).for_each(|(place, item)| place.send(Ok(item)));
    }
    true
}
