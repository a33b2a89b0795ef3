//! One shard, from a position to its end.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use chrono::{DateTime, TimeDelta, Utc};

use super::pages::{Cursor, MOST, Pages, arrival};
use crate::error::Result;
use crate::streams::{Origin, Sink, decode};

/// How a shard ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It is closed and read to its end.
    Drained,
    PastUntil,
    /// Nobody takes the items any more.
    Unwanted,
}

pub struct ShardReader {
    id: String,
    pages: Pages,
    until: Option<DateTime<Utc>>,
    sink: Sink,
    pause: Duration,
}

impl ShardReader {
    /// Takes the position.
    pub async fn open(
        client: Client,
        stream: String,
        id: String,
        cursor: Cursor,
        until: Option<DateTime<Utc>>,
        sink: Sink,
        pause: Duration,
    ) -> Result<Self> {
        let pages = Pages::open(client, stream, id.clone(), cursor, MOST).await?;
        Ok(Self { id, pages, until, sink, pause })
    }

    pub async fn run(mut self) -> Result<(String, End)> {
        while let Some(page) = self.pages.next().await? {
            for record in &page.records {
                let arrived = arrival(record);
                if self.until.is_some_and(|until| arrived > until) {
                    return Ok((self.id, End::PastUntil));
                }
                let origin = Origin::Shard {
                    shard: self.id.clone(),
                    sequence_number: record.sequence_number.clone(),
                    partition_key: record.partition_key.clone().unwrap_or_default(),
                };
                let item = decode::stream_record(record.data.as_ref(), arrived, origin);
                if self.sink.send(Ok(item)).await.is_err() {
                    return Ok((self.id, End::Unwanted));
                }
            }
            if self.until.is_some_and(|until| Utc::now() - TimeDelta::from_std(page.behind).unwrap_or_default() > until)
            {
                return Ok((self.id, End::PastUntil));
            }
            if page.records.is_empty() && self.sink.is_closed() {
                return Ok((self.id, End::Unwanted));
            }
            // A shard gives five reads a second, to all its readers together.
            tokio::time::sleep(self.pause).await;
        }
        Ok((self.id, End::Drained))
    }
}
