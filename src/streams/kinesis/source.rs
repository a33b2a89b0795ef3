//! The requests to a Kinesis stream.

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::error::SdkError;
use aws_sdk_kinesis::operation::get_shard_iterator::{GetShardIteratorError, GetShardIteratorOutput};
use aws_sdk_kinesis::primitives::DateTime as AwsTime;
use aws_sdk_kinesis::types::{ChildShard, Record, Shard, ShardIteratorType};
use chrono::{DateTime, Utc};

use super::push::Push;
use crate::aws::Clients;
use crate::base::error::{Result, sdk_code};
use crate::outbox::Layout;
use crate::streams::decode::{self, Place};
use crate::streams::shards::{Answer, Cursor, Failure, Feed, Listed, Page, Pages, Readable, ShardInfo, Source};
use crate::streams::{Item, Warnings};

/// A Kinesis stream.
#[derive(Debug, Clone)]
pub struct Kinesis {
    /// See [`Kinesis::client`].
    pub client: Client,
    /// Name of the stream.
    pub stream: String,
    /// ARN of the enhanced fan-out consumer that shards are pushed to; `None` polls them.
    pub consumer: Option<String>,
    /// The table whose rows are events.
    pub layout: Layout,
}

impl Kinesis {
    /// Returns a client with few retries: the reader of a shard has its own, which last longer.
    pub fn client(clients: &Clients) -> Client {
        let client = clients.kinesis();
        let retry = RetryConfig::standard().with_max_attempts(3);
        Client::from_conf(client.config().to_builder().retry_config(retry).build())
    }

    async fn request(
        &self,
        shard: &str,
        from: &Cursor,
    ) -> Result<GetShardIteratorOutput, SdkError<GetShardIteratorError>> {
        let request = self.client.get_shard_iterator().stream_name(&self.stream).shard_id(shard);
        let request = match from {
            Cursor::Oldest => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Cursor::LatestSince(_) => request.shard_iterator_type(ShardIteratorType::Latest),
            Cursor::At(at) => request
                .shard_iterator_type(ShardIteratorType::AtTimestamp)
                .timestamp(AwsTime::from_millis(at.timestamp_millis())),
            Cursor::After(sequence) => {
                request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).starting_sequence_number(sequence)
            }
        };
        request.send().await
    }
}

impl Source for Kinesis {
    type Record = Record;

    /// Five reads per second of this size are more than the 2 MB per second of a shard, unless records are smaller than
    /// 160 bytes; larger pages, of up to 10,000 records, only take more memory and a longer start.
    const MOST_RECORDS: i32 = 2_500;
    const HAS_TIMES: bool = true;

    fn name(&self) -> &str {
        &self.stream
    }

    async fn list(&self, token: Option<&str>) -> Result<Listed, Failure> {
        let request = self.client.list_shards();
        // A page token includes the stream: Kinesis refuses requests with both.
        let request = match token {
            Some(token) => request.next_token(token),
            None => request.stream_name(&self.stream),
        };
        let page = request.send().await;
        let page = page.map_err(|error| Failure::of(error, format!("list the shards of {}", self.stream)))?;
        let shards = page.shards().iter().map(ShardInfo::from).collect();
        Ok(Listed { shards, next: page.next_token, disabled: false })
    }

    async fn iterator(&self, shard: &str, from: &Cursor) -> Result<String, Failure> {
        let answer = match (self.request(shard, from).await, from) {
            // Kinesis refuses a time ahead of its clock. Its latest position is before that time, so no record is
            // missed.
            (Err(error), Cursor::At(at)) if sdk_code(&error) == "InvalidArgumentException" => {
                self.request(shard, &Cursor::LatestSince(*at)).await
            }
            (answer, _) => answer,
        };
        let action = || format!("take a position on shard {shard} of {}", self.stream);
        let answer = answer.map_err(|error| Failure::of(error, action()))?;
        answer.shard_iterator.ok_or_else(|| Failure::without_iterator(shard))
    }

    async fn read(&self, shard: &str, iterator: &str, limit: i32) -> Result<Answer<Record>, Failure> {
        let answer = self.client.get_records().shard_iterator(iterator).limit(limit).send().await;
        let answer = answer.map_err(|error| Failure::of(error, format!("read shard {shard} of {}", self.stream)))?;
        Ok(Answer {
            behind: answer.millis_behind_latest.map(|millis| Duration::from_millis(millis.max(0).unsigned_abs())),
            children: answer.child_shards().iter().map(ShardInfo::from).collect(),
            records: answer.records,
            next: answer.next_shard_iterator,
        })
    }

    fn sequence(record: &Record) -> Option<&str> {
        Some(&record.sequence_number)
    }

    fn arrived(record: &Record) -> Option<DateTime<Utc>> {
        // The service counts milliseconds; finer digits are rounding errors of a floating point number.
        let millis = (record.approximate_arrival_timestamp()?.as_secs_f64() * 1_000.0).round();
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds since the epoch")]
        DateTime::from_timestamp_millis(millis as i64)
    }
}

impl Readable for Kinesis {
    type Feed = ShardFeed;

    async fn feed(&self, shard: &str, from: Cursor, warnings: Warnings) -> Result<ShardFeed> {
        Ok(match &self.consumer {
            Some(consumer) => {
                let push = Push::open(self.client.clone(), consumer.clone(), shard.to_owned(), from);
                ShardFeed::Pushed(Box::new(push.await?))
            }
            None => ShardFeed::Polled(Box::new(Pages::open(self.clone(), shard, from, warnings).await?)),
        })
    }

    fn decode(&self, shard: &str, record: &Record, items: &mut Vec<Item>) {
        let place = Place {
            shard,
            sequence_number: &record.sequence_number,
            partition_key: record.partition_key.as_deref().unwrap_or_default(),
        };
        let arrived = Self::arrived(record).unwrap_or_else(Utc::now);
        decode::stream_record(record.data.as_ref(), &self.layout, arrived, place, items);
    }
}

/// The records of a shard, polled or pushed.
pub enum ShardFeed {
    Polled(Box<Pages<Kinesis>>),
    Pushed(Box<Push>),
}

impl Feed for ShardFeed {
    type Record = Record;

    fn is_pushed(&self) -> bool {
        matches!(self, Self::Pushed(_))
    }

    async fn next(&mut self) -> Result<Option<Page<Record>>> {
        match self {
            Self::Polled(pages) => pages.next().await,
            Self::Pushed(push) => push.next().await,
        }
    }

    fn children(self) -> Vec<ShardInfo> {
        match self {
            Self::Polled(pages) => pages.children(),
            Self::Pushed(push) => push.children(),
        }
    }
}

impl From<&Shard> for ShardInfo {
    fn from(shard: &Shard) -> Self {
        let parents = [shard.parent_shard_id(), shard.adjacent_parent_shard_id()];
        Self {
            id: shard.shard_id().to_owned(),
            parents: parents.into_iter().flatten().map(str::to_owned).collect(),
            closed: shard.sequence_number_range().is_some_and(|range| range.ending_sequence_number().is_some()),
        }
    }
}

/// A child shard, which is named at the end of its parents.
impl From<&ChildShard> for ShardInfo {
    fn from(shard: &ChildShard) -> Self {
        Self { id: shard.shard_id().to_owned(), parents: shard.parent_shards().to_vec(), closed: false }
    }
}
