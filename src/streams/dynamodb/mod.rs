//! The reader of a DynamoDB stream: every shard, parents before children, through expired iterators and throttling;
//! each record once.
//!
//! A DynamoDB stream has no positions by time, and its records have times in full seconds: reading from a time starts
//! with the oldest record and skips older ones.

mod pages;
mod shard;

use std::time::Duration;

use aws_sdk_dynamodbstreams::Client;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::kinesis::ShardInfo;
use super::kinesis::lineage::Lineage;
use super::{Sink, StartAt, Warnings, read_into};
use crate::aws::Clients;
use crate::dynamodb::stream;
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};
use pages::Cursor;
use shard::{End, ShardReader};

/// Interval of listing shards while none has ended; DynamoDB closes a shard after some hours.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Options of a reader.
#[derive(Debug, Clone)]
pub struct Options {
    pub stream_arn: String,
    pub from: StartAt,
    /// Records of a later second are skipped; the reader ends once it is past this time on every shard.
    pub until: Option<DateTime<Utc>>,
    pub warnings: Warnings,
}

/// Takes its positions on every shard, then reads in the background until cancelled, past `until`, failed, or at the
/// end of a stream that was disabled.
///
/// # Errors
/// `StreamMissing`, and those of DynamoDB.
pub async fn open(clients: &Clients, options: Options, sink: Sink, cancel: CancellationToken) -> Result<()> {
    // A shard allows four reads per second for all its readers together.
    let pause = Duration::from_millis(if clients.is_local() { 40 } else { 500 });
    Coordinator { client: clients.dynamodb_streams(), options, sink, cancel, pause }.open().await
}

struct Coordinator {
    client: Client,
    options: Options,
    sink: Sink,
    cancel: CancellationToken,
    pause: Duration,
}

impl Coordinator {
    async fn open(self) -> Result<()> {
        let mut lineage = Lineage::default();
        let shards = self.list().await?;
        // From the latest position, a closed shard has no records; its children are read instead.
        let before: Vec<String> = match self.options.from {
            StartAt::Latest => shards.iter().filter(|shard| shard.closed).map(|shard| shard.id.clone()).collect(),
            StartAt::Start | StartAt::At(_) => Vec::new(),
        };
        lineage.add(shards);
        before.iter().for_each(|id| lineage.drain(id));
        let first = match self.options.from {
            StartAt::Latest => Cursor::LatestSince(Utc::now()),
            StartAt::Start | StartAt::At(_) => Cursor::Oldest,
        };
        let readers = self.readers(&mut lineage, &first).await?;
        tokio::spawn(self.run(lineage, readers));
        Ok(())
    }

    async fn run(self, mut lineage: Lineage, readers: Vec<ShardReader>) {
        read_into(&self.sink, &self.cancel, self.read(&mut lineage, readers)).await;
    }

    /// Runs the shard readers, and those of the children when their parents are read to their ends.
    async fn read(&self, lineage: &mut Lineage, readers: Vec<ShardReader>) -> Result<()> {
        let mut running: JoinSet<(String, Result<End>)> = JoinSet::new();
        readers.into_iter().for_each(|reader| drop(running.spawn(reader.run())));
        // Shards that end here have no more records; those that ended by `until` may have children that are not wanted.
        let mut past_until = false;
        loop {
            let ended = tokio::select! {
                ended = running.join_next() => ended,
                () = tokio::time::sleep(LOOK_AGAIN) => None,
            };
            if let Some(ended) = ended {
                let (id, end) = ended
                    .map_err(|e| Error::new(Kind::Unexpected, "a shard reader ended unexpectedly").with_source(e))?;
                lineage.drain(&id);
                match end {
                    Ok(End::Unwanted) => return Ok(()),
                    Ok(End::PastUntil) => past_until = true,
                    Ok(End::Drained) => {}
                    Err(error) => self.is_gone(&id, error).await?,
                }
            }
            if !past_until {
                lineage.add(self.list().await?);
            }
            // A shard created after the start has no older records.
            let readers = self.readers(lineage, &Cursor::Oldest).await?;
            readers.into_iter().for_each(|reader| drop(running.spawn(reader.run())));
            if running.is_empty() {
                // Every shard was closed without a child: the stream was disabled.
                return Ok(());
            }
        }
    }

    /// Returns readers of the shards that can be read now. Missing shards are skipped.
    async fn readers(&self, lineage: &mut Lineage, cursor: &Cursor) -> Result<Vec<ShardReader>> {
        let mut readers = Vec::new();
        loop {
            let ready = lineage.ready();
            if ready.is_empty() {
                return Ok(readers);
            }
            let opened = ready.iter().map(|id| async move {
                match self.reader(id.clone(), cursor.clone()).await {
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

    /// Returns `Ok` if the stream no longer has the shard, or lists it as closed but does not find it: its records are
    /// older than the 24 hours that a DynamoDB stream keeps them.
    async fn is_gone(&self, id: &str, error: Error) -> Result<()> {
        if error.kind() != Kind::StreamMissing {
            return Err(error);
        }
        if self.list().await?.iter().any(|shard| shard.id == id && !shard.closed) {
            return Err(error);
        }
        self.options.warnings.warn(format!("shard {id} is gone: its records have expired"));
        Ok(())
    }

    async fn reader(&self, id: String, cursor: Cursor) -> Result<ShardReader> {
        let Options { stream_arn, warnings, .. } = &self.options;
        let pages = pages::Pages::open(self.client.clone(), stream_arn.clone(), id, cursor, warnings.clone()).await?;
        Ok(ShardReader {
            pages,
            since: if let StartAt::At(at) = self.options.from { Some(at) } else { None },
            until: self.options.until,
            sink: self.sink.clone(),
            pause: self.pause,
        })
    }

    async fn list(&self) -> Result<Vec<ShardInfo>> {
        let arn = &self.options.stream_arn;
        let shards = match stream::shards(&self.client, arn).await {
            Err(error) if sdk_code(&error) == "ResourceNotFoundException" => {
                return Err(Error::new(Kind::StreamMissing, format!("stream {arn} not found")));
            }
            shards => shards.aws(format!("list the shards of {arn}"))?,
        };
        let info = |shard: stream::StreamShard| ShardInfo {
            id: shard.id,
            parents: shard.parent.into_iter().collect(),
            closed: shard.closed,
        };
        Ok(shards.into_iter().map(info).collect())
    }
}

#[cfg(test)]
mod tests;
