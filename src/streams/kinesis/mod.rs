//! The lossless stream reader: every shard, parents before children, through splits, merges, expired iterators and
//! throttling; each record once.
//!
//! Shards are polled, or pushed by enhanced fan-out to a consumer that [`fan_out`] registers while reading.

pub mod fan_out;
pub(super) mod lineage;
mod pages;
#[cfg(test)]
mod property_tests;
mod push;
mod shard;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::types::{ChildShard, Shard};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Sink, StartAt, Warnings, read_into};
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::streams::retry;
use lineage::Lineage;
use shard::{End, Intervals, Reading, ShardReader};

pub use lineage::ShardInfo;
pub use pages::{Cursor, Page, Pages};

/// Tolerance for unordered time stamps and clock differences: reading continues so long past `until`.
const GRACE: TimeDelta = TimeDelta::seconds(1);
/// Maximum pages held, of all shards together: they hold up to 10 MB each.
const PAGES: usize = 8;

/// Options of a reader.
#[derive(Debug, Clone)]
pub struct Options {
    pub stream: String,
    pub from: StartAt,
    /// Records that arrive later are skipped; the reader ends once it is past this time on every shard.
    pub until: Option<DateTime<Utc>>,
    /// ARN of the enhanced fan-out consumer that shards are pushed to; `None` polls them.
    pub consumer: Option<String>,
    pub warnings: Warnings,
}

/// Takes its positions on every shard, then reads in the background until cancelled, past `until`, or failed.
///
/// # Errors
/// `StreamMissing`, and those of Kinesis.
pub async fn open(clients: &Clients, options: Options, sink: Sink, cancel: CancellationToken) -> Result<()> {
    let intervals = match clients.has_shard_limits() {
        // A shard allows five reads per second for all its readers together.
        true => Intervals { at_tip: Duration::from_millis(400), behind: Duration::from_millis(200) },
        false => Intervals { at_tip: Duration::from_millis(20), behind: Duration::ZERO },
    };
    start(client(clients), options, intervals, sink, cancel).await
}

/// Returns a client with few retries of its own, which never slows down reads of one shard because of another's
/// throttling, as the adaptive mode does.
fn client(clients: &Clients) -> Client {
    let client = clients.kinesis();
    let retry = RetryConfig::standard().with_max_attempts(3);
    Client::from_conf(client.config().to_builder().retry_config(retry).build())
}

async fn start(
    client: Client,
    options: Options,
    intervals: Intervals,
    sink: Sink,
    cancel: CancellationToken,
) -> Result<()> {
    let pages = Arc::new(Semaphore::new(PAGES));
    let coordinator = Coordinator { client, options, intervals, pages, sink, cancel, opened: Utc::now() };
    let mut lineage = Lineage::default();
    let shards = list(&coordinator.client, &coordinator.options.stream).await?;
    // From the latest position, a closed shard has no records; its children are read instead.
    let before: Vec<String> = match coordinator.options.from {
        StartAt::Latest => shards.iter().filter(|shard| shard.closed).map(|shard| shard.id.clone()).collect(),
        StartAt::Start | StartAt::At(_) => Vec::new(),
    };
    lineage.add(shards);
    before.iter().for_each(|id| lineage.drain(id));
    let first = Cursor::first(coordinator.options.from, coordinator.opened);
    let readers = coordinator.readers(&mut lineage, &first).await?;
    tokio::spawn(coordinator.run(lineage, readers));
    Ok(())
}

struct Coordinator {
    client: Client,
    options: Options,
    intervals: Intervals,
    pages: Arc<Semaphore>,
    sink: Sink,
    cancel: CancellationToken,
    opened: DateTime<Utc>,
}

impl Coordinator {
    async fn run(self, mut lineage: Lineage, readers: Vec<ShardReader>) {
        read_into(&self.sink, &self.cancel, self.read(&mut lineage, readers)).await;
    }

    /// Runs the shard readers, and those of the children when their parents are read to their ends.
    async fn read(&self, lineage: &mut Lineage, readers: Vec<ShardReader>) -> Result<()> {
        // Shards present at the start are read from the requested position. Later shards have no older records.
        let cursor = match self.options.from {
            StartAt::At(_) => Cursor::first(self.options.from, self.opened),
            StartAt::Latest | StartAt::Start => Cursor::Oldest,
        };
        let mut running: JoinSet<(String, Result<End>)> = JoinSet::new();
        readers.into_iter().for_each(|reader| drop(running.spawn(reader.run())));
        loop {
            while let Some(ended) = running.join_next().await {
                let (id, end) = ended
                    .map_err(|e| Error::new(Kind::Unexpected, "a shard reader ended unexpectedly").with_source(e))?;
                match end {
                    Ok(End::Unwanted) => return Ok(()),
                    // The records of its children are later still.
                    Ok(End::PastUntil) => continue,
                    Ok(End::Drained(children)) => {
                        lineage.drain(&id);
                        lineage.add(children);
                    }
                    Err(error) => {
                        self.is_gone(&id, error).await?;
                        lineage.drain(&id);
                    }
                }
                lineage.add(list(&self.client, &self.options.stream).await?);
                let readers = self.readers(lineage, &cursor).await?;
                readers.into_iter().for_each(|reader| drop(running.spawn(reader.run())));
            }
            // Every shard is read to its end, and a live stream has others: they are not listed yet.
            if self.sink.is_closed() || self.options.until.is_some_and(|until| Utc::now() > until + GRACE) {
                return Ok(());
            }
            tokio::time::sleep(self.intervals.at_tip).await;
            lineage.add(list(&self.client, &self.options.stream).await?);
            let readers = self.readers(lineage, &cursor).await?;
            readers.into_iter().for_each(|reader| drop(running.spawn(reader.run())));
        }
    }

    /// Returns readers of the shards that can be read now.
    async fn readers(&self, lineage: &mut Lineage, cursor: &Cursor) -> Result<Vec<ShardReader>> {
        let mut readers = Vec::new();
        loop {
            let ready = lineage.ready();
            if ready.is_empty() {
                return Ok(readers);
            }
            let opened = ready.iter().map(|id| async move {
                match self.reader(id, cursor.clone()).await {
                    Ok(reader) => Ok(Some(reader)),
                    Err(error) => self.is_gone(id, error).await.map(|()| None),
                }
            });
            for (id, reader) in ready.iter().zip(try_join_all(opened).await?) {
                match reader {
                    Some(reader) => readers.push(reader),
                    None => lineage.drain(id),
                }
            }
        }
    }

    async fn reader(&self, id: &str, cursor: Cursor) -> Result<ShardReader> {
        let reading = Reading {
            until: self.options.until.map(|until| (until, until + GRACE)),
            intervals: self.intervals,
            pages: self.pages.clone(),
            sink: self.sink.clone(),
        };
        ShardReader::open(&self.client, &self.options, id, cursor, reading).await
    }

    /// Returns `Ok` if the stream no longer has the shard, or lists it as closed but does not find it: its records are
    /// past the stream's retention.
    async fn is_gone(&self, id: &str, error: Error) -> Result<()> {
        if error.kind() != Kind::StreamMissing {
            return Err(error);
        }
        let listed = list(&self.client, &self.options.stream).await?;
        if listed.iter().any(|shard| shard.id == id && !shard.closed) {
            return Err(error);
        }
        self.options.warnings.warn(format!("shard {id} is gone: its records were past the stream's retention"));
        Ok(())
    }
}

/// Returns every shard that the stream still has, including closed ones.
pub async fn list(client: &Client, stream: &str) -> Result<Vec<ShardInfo>> {
    let (mut shards, mut token) = (Vec::new(), None::<String>);
    let mut attempt = 0;
    loop {
        let request = client.list_shards();
        // A page token includes the stream: Kinesis refuses requests with both.
        let request = match &token {
            Some(token) => request.next_token(token),
            None => request.stream_name(stream),
        };
        let page = match request.send().await {
            Err(error) if sdk_code(&error) == "ResourceNotFoundException" => {
                return Err(Error::new(Kind::StreamMissing, format!("stream {stream} not found")));
            }
            Err(error) if retry::again(&error, &mut attempt).await => continue,
            page => page.aws(format!("list the shards of {stream}"))?,
        };
        shards.extend(page.shards().iter().map(info));
        token = page.next_token;
        if token.is_none() {
            return Ok(shards);
        }
    }
}

fn info(shard: &Shard) -> ShardInfo {
    let parents = [shard.parent_shard_id(), shard.adjacent_parent_shard_id()];
    ShardInfo {
        id: shard.shard_id().to_owned(),
        parents: parents.into_iter().flatten().map(str::to_owned).collect(),
        closed: shard.sequence_number_range().is_some_and(|range| range.ending_sequence_number().is_some()),
    }
}

/// Returns the child shards that are named at the end of a shard.
fn children(shards: &[ChildShard]) -> Vec<ShardInfo> {
    let child = |shard: &ChildShard| ShardInfo {
        id: shard.shard_id().to_owned(),
        parents: shard.parent_shards().to_vec(),
        closed: false,
    };
    shards.iter().map(child).collect()
}
