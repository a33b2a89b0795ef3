//! The lossless stream reader: every shard, parents before children, through splits, merges, expired iterators and
//! throttling; each record once.

mod lineage;
mod pages;
mod shard;

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::Shard;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{From, Sink};
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, Result, sdk_code};
use lineage::Lineage;
use shard::{End, ShardReader};

pub use lineage::ShardInfo;
pub use pages::{Cursor, Page, Pages};

/// What to read of a stream.
#[derive(Debug, Clone)]
pub struct Options {
    pub stream: String,
    pub from: From,
    /// Records that arrive later are not wanted; the reader ends once it is past this time on every shard.
    pub until: Option<DateTime<Utc>>,
}

/// Takes its positions on every shard, then reads on in the background until cancelled, past `until`, or failed.
///
/// # Errors
/// `StreamMissing`, and what Kinesis says.
pub async fn open(clients: &Clients, options: Options, sink: Sink, cancel: CancellationToken) -> Result<()> {
    let pause = Duration::from_millis(if clients.endpoint_url.is_some() { 20 } else { 250 });
    let coordinator = Coordinator { client: clients.kinesis(), options, sink, cancel, pause };
    let mut lineage = Lineage::default();
    let shards = list(&coordinator.client, &coordinator.options.stream).await?;
    // From the latest on, a closed shard has nothing to give; its children are read instead.
    let before: Vec<String> = match coordinator.options.from {
        From::Latest => shards.iter().filter(|shard| shard.closed).map(|shard| shard.id.clone()).collect(),
        From::Start | From::At(_) => Vec::new(),
    };
    lineage.add(shards);
    before.iter().for_each(|id| lineage.drain(id));
    let opened = Utc::now();
    let first = lineage.ready();
    let readers = first.into_iter().map(|id| coordinator.reader(id, Cursor::first(coordinator.options.from, opened)));
    let readers = try_join_all(readers).await?;
    tokio::spawn(coordinator.run(lineage, readers, opened));
    Ok(())
}

struct Coordinator {
    client: Client,
    options: Options,
    sink: Sink,
    cancel: CancellationToken,
    pause: Duration,
}

impl Coordinator {
    async fn run(self, mut lineage: Lineage, readers: Vec<ShardReader>, opened: DateTime<Utc>) {
        let ended = tokio::select! {
            ended = self.read(&mut lineage, readers, opened) => ended,
            () = self.cancel.cancelled() => Ok(()),
        };
        if let Err(error) = ended {
            // A sink without a reader has nobody to be told.
            let _ = self.sink.send(Err(error)).await;
        }
    }

    /// Runs the shard readers, and those of the children as their parents are drained.
    async fn read(&self, lineage: &mut Lineage, readers: Vec<ShardReader>, opened: DateTime<Utc>) -> Result<()> {
        let mut running: JoinSet<Result<(String, End)>> = JoinSet::new();
        readers.into_iter().for_each(|reader| drop(running.spawn(reader.run())));
        while let Some(ended) = running.join_next().await {
            let (id, end) =
                ended.map_err(|e| Error::new(Kind::Unexpected, "a shard reader broke off").with_source(e))??;
            lineage.drain(&id);
            match end {
                End::Unwanted => return Ok(()),
                End::PastUntil => {}
                End::Drained => drop(lineage.add(list(&self.client, &self.options.stream).await?)),
            }
            for id in lineage.ready() {
                // Shards there at the beginning start where the user asked. A shard made since then has nothing older.
                let cursor = match self.options.from {
                    From::At(_) => Cursor::first(self.options.from, opened),
                    From::Latest | From::Start => Cursor::Oldest,
                };
                drop(running.spawn(self.reader(id, cursor).await?.run()));
            }
        }
        Ok(())
    }

    async fn reader(&self, id: String, cursor: Cursor) -> Result<ShardReader> {
        ShardReader::open(
            self.client.clone(),
            self.options.stream.clone(),
            id,
            cursor,
            self.options.until,
            self.sink.clone(),
            self.pause,
        )
        .await
    }
}

/// Every shard that the stream still has, closed ones included.
pub async fn list(client: &Client, stream: &str) -> Result<Vec<ShardInfo>> {
    let (mut shards, mut token) = (Vec::new(), None::<String>);
    loop {
        let request = client.list_shards();
        // A page token stands for the stream: naming both is refused.
        let request = match token.take() {
            Some(token) => request.next_token(token),
            None => request.stream_name(stream),
        };
        let page = match request.send().await {
            Err(error) if sdk_code(&error) == "ResourceNotFoundException" => {
                return Err(Error::new(Kind::StreamMissing, format!("there is no stream {stream}")));
            }
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
