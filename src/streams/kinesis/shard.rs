//! One shard, from a position to its end.

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

/// So many records on one page are a sign of more, where the service does not tell how far it is behind.
const MANY: usize = 500;
/// Records that are decoded and handed over together.
const TOGETHER: usize = 64;

/// Records of one read. Five reads a second of so many are more than the 2 MB a second that a shard gives, unless records
/// are smaller than 160 bytes; larger pages only take more memory, and longer to begin with.
const PAGE: i32 = 2_500;

/// How a shard ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It is closed and read to its end; these go on, where Kinesis told.
    Drained(Vec<ShardInfo>),
    PastUntil,
    /// Nobody takes the items any more.
    Unwanted,
}

/// From the beginning of one read to that of the next.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// While there is nothing to catch up with.
    pub at_tip: Duration,
    pub behind: Duration,
}

/// Empty pages in a row after which a shard is quiet, and how often a quiet one is read at least: a local endpoint would
/// otherwise be kept busy by nothing at all.
const QUIET_AFTER: u32 = 50;
const QUIET: Duration = Duration::from_millis(100);

impl Pace {
    /// At the tip, after so many empty pages.
    fn after(self, empty: u32) -> Duration {
        if empty < QUIET_AFTER { self.at_tip } else { (self.at_tip * 5).min(QUIET).max(self.at_tip) }
    }
}

/// What readers of all shards share.
pub struct Reading {
    /// What arrived later is left out; the reader ends at the second time.
    pub until: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub pace: Pace,
    /// A permit for each page that is held.
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

/// What the fetching half hands over.
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
        // The next page is fetched while this one is decoded. One set, so that fetching ends with this.
        let (sender, pages) = mpsc::channel(1);
        let mut fetching = JoinSet::new();
        fetching.spawn(fetch(source, reading.pace, reading.pages.clone(), sender));
        let ended = show(&id, &reading, pages).await;
        (id, ended)
    }
}

async fn fetch(mut source: Source, pace: Pace, permits: Arc<Semaphore>, to: mpsc::Sender<Fetched>) {
    let mut empty = 0_u32;
    loop {
        let begun = Instant::now();
        let fetched = match &mut source {
            Source::Polled(pages) => {
                // Before the read: its answer is what fills the memory.
                let Ok(permit) = permits.clone().acquire_owned().await else { return };
                pages.next().await.map(|page| page.map(|page| (page, permit)))
            }
            // After it: a push may be long in coming, and waits on the connection until it is taken.
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
            tokio::time::sleep_until(begun + if behind { pace.behind } else { pace.after(empty) }).await;
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
        // Some records at a time: each hand-over may wake whoever shows them.
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
            if !hand_over(&mut items, &reading.sink).await {
                return Ok(End::Unwanted);
            }
        }
        // By the stream's time; nothing older follows.
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
    Err(Error::new(Kind::Unexpected, format!("fetching from shard {id} broke off")))
}

/// Puts the items into the sink, as many at once as it has room for; false once nobody takes them any more.
async fn hand_over(items: &mut Vec<Item>, sink: &Sink) -> bool {
    let mut rest = items.drain(..);
    while !rest.as_slice().is_empty() {
        let Ok(places) = sink.reserve_many(rest.len().min(TOGETHER)).await else { return false };
        places.zip(&mut rest).for_each(|(place, item)| place.send(Ok(item)));
    }
    true
}
