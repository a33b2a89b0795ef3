//! Reads one shard from a position to its end.

use std::time::Duration;

use aws_sdk_dynamodbstreams::types::Record;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::pages::Pages;
use crate::dynamodb::stream::event;
use crate::error::Result;
use crate::streams::{Sink, decode};

/// A record that is read within this time of its own time, which has full seconds only, gets the time of its reading.
const LIVE: TimeDelta = TimeDelta::seconds(2);

/// Reasons for the end of a shard reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Closed and read to its end.
    Drained,
    PastUntil,
    /// The receiver of the items is closed.
    Unwanted,
}

pub struct ShardReader {
    pub pages: Pages,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub sink: Sink,
    pub pause: Duration,
}

impl ShardReader {
    pub async fn run(mut self) -> (String, Result<End>) {
        let id = self.pages.shard().to_owned();
        let end = self.read(&id).await;
        (id, end)
    }

    async fn read(&mut self, id: &str) -> Result<End> {
        while let Some(records) = self.pages.next().await? {
            for record in &records {
                let created = created(record);
                if created.zip(self.until).is_some_and(|(created, until)| created > until) {
                    return Ok(End::PastUntil);
                }
                // Within the second in which reading starts, older records can't be distinguished.
                if created.zip(self.since).is_some_and(|(created, since)| created < since.trunc_subsecs(0)) {
                    continue;
                }
                let now = Utc::now();
                let at = created.filter(|created| now - *created > LIVE).unwrap_or(now);
                let item = decode::table_change(id, event(record, self.pages.stream_arn()), at);
                if self.sink.send(Ok(item)).await.is_err() {
                    return Ok(End::Unwanted);
                }
            }
            if records.is_empty() {
                // Later records are past `until`. One second more than needed: the clocks differ.
                if self.until.is_some_and(|until| Utc::now() > until + TimeDelta::seconds(1)) {
                    return Ok(End::PastUntil);
                }
                if self.sink.is_closed() {
                    return Ok(End::Unwanted);
                }
            }
            tokio::time::sleep(self.pause).await;
        }
        Ok(End::Drained)
    }
}

/// Returns the time of the change, in full seconds.
pub fn created(record: &Record) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(record.dynamodb()?.approximate_creation_date_time()?.secs(), 0)
}
