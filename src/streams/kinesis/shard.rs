//! Reads one shard from a position to its end.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kinesis::Client;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::pages::{Cursor, Page, Pages, arrival};
use super::push::Push;
use super::{Options, ShardInfo};
use crate::error::{Error, Kind, Result};
use crate::streams::decode::{self, Place};
use crate::streams::{Item, Sink};

/// Page size that indicates more records, if the service does not report its lag.
const MANY: usize = 500;
/// Records that are decoded and sent together.
const TOGETHER: usize = 64;

/// Maximum records per read. Five reads per second of this size are more than the 2 MB per second of a shard, unless
/// records are smaller than 160 bytes; larger pages only take more memory and a longer start.
const PAGE: i32 = 2_500;

/// Reasons for the end of a shard reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Closed and read to its end; these are its children, if Kinesis named them.
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

enum Source {
    Polled(Pages),
    Pushed(Box<Push>),
}

pub struct ShardReader {
    id: String,
    source: Source,
    reading: Reading,
}

/// Messages from the fetching task.
enum Fetched {
    Page(Page, OwnedSemaphorePermit),
    End(Vec<ShardInfo>),
    Failed(Error),
}

impl ShardReader {
    /// Takes the position.
    pub async fn open(client: &Client, options: &Options, id: &str, cursor: Cursor, reading: Reading) -> Result<Self> {
        let (client, stream, shard) = (client.clone(), options.stream.clone(), id.to_owned());
        let source = match &options.consumer {
            Some(consumer) => Source::Pushed(Box::new(Push::open(client, consumer.clone(), shard, cursor).await?)),
            None => Source::Polled(Pages::open(client, stream, shard, cursor, PAGE).await?),
        };
        Ok(Self { id: id.to_owned(), source, reading })
    }

    pub async fn run(self) -> (String, Result<End>) {
        let Self { id, source, reading } = self;
        // The next page is fetched while this one is decoded. In one `JoinSet`, so that fetching ends with this task.
        let (sender, pages) = mpsc::channel(1);
        let mut fetching = JoinSet::new();
        fetching.spawn(fetch(source, reading.intervals, reading.pages.clone(), sender));
        let ended = show(&id, &reading, pages).await;
        (id, ended)
    }
}

async fn fetch(mut source: Source, intervals: Intervals, permits: Arc<Semaphore>, to: mpsc::Sender<Fetched>) {
    let mut empty = 0_u32;
    loop {
        let begun = Instant::now();
        let fetched = match &mut source {
            Source::Polled(pages) => {
                // Acquired before the read, whose response fills the memory.
                let Ok(permit) = permits.clone().acquire_owned().await else { return };
                pages.next().await.map(|page| page.map(|page| (page, permit)))
            }
            // Acquired after it: a push may take long, and waits on the connection until it is read.
            Source::Pushed(push) => match push.next().await {
                Ok(Some(page)) => {
                    let Ok(permit) = permits.clone().acquire_owned().await else { return };
                    Ok(Some((page, permit)))
                }
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            },
        };
        let (page, permit) = match fetched {
            Ok(Some(fetched)) => fetched,
            Ok(None) => {
                let children = match source {
                    Source::Polled(pages) => pages.children(),
                    Source::Pushed(push) => push.children(),
                };
                return drop(to.send(Fetched::End(children)).await);
            }
            Err(error) => return drop(to.send(Fetched::Failed(error)).await),
        };
        empty = if page.records.is_empty() { empty.saturating_add(1) } else { 0 };
        let behind = !page.behind.is_zero() || page.records.len() >= MANY;
        if to.send(Fetched::Page(page, permit)).await.is_err() {
            return;
        }
        if matches!(source, Source::Polled(_)) {
            tokio::time::sleep_until(begun + if behind { intervals.behind } else { intervals.after(empty) }).await;
        }
    }
}

/// Decodes pages into the sink.
async fn show(id: &str, reading: &Reading, mut pages: mpsc::Receiver<Fetched>) -> Result<End> {
    let mut items: Vec<Item> = Vec::new();
    while let Some(fetched) = pages.recv().await {
        let (page, _permit) = match fetched {
            Fetched::Page(page, permit) => (page, permit),
            Fetched::End(children) => return Ok(End::Drained(children)),
            Fetched::Failed(error) => return Err(error),
        };
        // In groups of records: each send may wake the receiver.
        for records in page.records.chunks(TOGETHER) {
            for record in records {
                let arrived = arrival(record);
                if reading.until.is_some_and(|(until, _)| arrived > until) {
                    continue;
                }
                let place = Place {
                    shard: id,
                    sequence_number: &record.sequence_number,
                    partition_key: record.partition_key.as_deref().unwrap_or_default(),
                };
                decode::stream_record(record.data.as_ref(), arrived, place, &mut items);
            }
            if !send_all(&mut items, &reading.sink).await {
                return Ok(End::Unwanted);
            }
        }
        // By the stream's time; no older record follows.
        let come = match page.records.last() {
            Some(last) => arrival(last),
            None => Utc::now() - TimeDelta::from_std(page.behind).unwrap_or_default(),
        };
        if reading.until.is_some_and(|(_, end)| come > end) {
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
