//! The requests to a DynamoDB stream.

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types::{Record, Shard, ShardIteratorType, StreamStatus};
use chrono::{DateTime, TimeDelta, Utc};

use crate::aws::dynamodb::stream::event;
use crate::base::error::Result;
use crate::streams::shards::{Answer, Cursor, Failure, Listed, Pages, Readable, ShardInfo, Source};
use crate::streams::{Item, Warnings, decode};

/// A record that is read within this time of its own time, which has full seconds only, gets the time of its reading.
const LIVE: TimeDelta = TimeDelta::seconds(2);

/// The stream of a DynamoDB table.
#[derive(Debug, Clone)]
pub struct TableStream {
    pub client: Client,
    pub stream_arn: String,
}

impl Source for TableStream {
    type Record = Record;

    /// "GetRecords" in the DynamoDB Streams API reference.
    const MOST_RECORDS: i32 = 1_000;
    const HAS_TIMES: bool = false;

    fn name(&self) -> &str {
        &self.stream_arn
    }

    async fn list(&self, token: Option<&str>) -> Result<Listed, Failure> {
        let request = self.client.describe_stream().stream_arn(&self.stream_arn);
        let page = request.set_exclusive_start_shard_id(token.map(str::to_owned)).send().await;
        let page = page.map_err(|error| Failure::of(error, format!("list the shards of {}", self.stream_arn)))?;
        let Some(stream) = page.stream_description else { return Ok(Listed::default()) };
        let info = |shard: &Shard| ShardInfo {
            id: shard.shard_id().unwrap_or_default().to_owned(),
            parents: shard.parent_shard_id().map(str::to_owned).into_iter().collect(),
            closed: shard.sequence_number_range().is_some_and(|range| range.ending_sequence_number().is_some()),
        };
        Ok(Listed {
            shards: stream.shards().iter().map(info).collect(),
            disabled: stream.stream_status() == Some(&StreamStatus::Disabled),
            next: stream.last_evaluated_shard_id,
        })
    }

    async fn iterator(&self, shard: &str, from: &Cursor) -> Result<String, Failure> {
        let request = self.client.get_shard_iterator().stream_arn(&self.stream_arn).shard_id(shard);
        let request = match from {
            Cursor::Oldest | Cursor::At(_) => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Cursor::LatestSince(_) => request.shard_iterator_type(ShardIteratorType::Latest),
            Cursor::After(sequence) => {
                request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).sequence_number(sequence)
            }
        };
        let action = || format!("take a position on shard {shard} of {}", self.stream_arn);
        let answer = request.send().await.map_err(|error| Failure::of(error, action()))?;
        answer.shard_iterator.ok_or_else(|| Failure::without_iterator(shard))
    }

    async fn read(&self, shard: &str, iterator: &str, limit: i32) -> Result<Answer<Record>, Failure> {
        let answer = self.client.get_records().shard_iterator(iterator).limit(limit).send().await;
        let action = || format!("read shard {shard} of {}", self.stream_arn);
        let answer = answer.map_err(|error| Failure::of(error, action()))?;
        let records = answer.records.unwrap_or_default();
        Ok(Answer { records, next: answer.next_shard_iterator, behind: None, children: Vec::new() })
    }

    fn sequence(record: &Record) -> Option<&str> {
        record.dynamodb()?.sequence_number()
    }

    /// Returns the time of the change, in full seconds.
    fn arrived(record: &Record) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(record.dynamodb()?.approximate_creation_date_time()?.secs(), 0)
    }
}

impl Readable for TableStream {
    type Feed = Pages<Self>;

    async fn feed(&self, shard: &str, from: Cursor, warnings: Warnings) -> Result<Pages<Self>> {
        Pages::open(self.clone(), shard, from, warnings).await
    }

    fn decode(&self, shard: &str, record: &Record, items: &mut Vec<Item>) {
        let now = Utc::now();
        let at = Self::arrived(record).filter(|created| now - *created > LIVE).unwrap_or(now);
        items.push(decode::table_change(shard, event(record, &self.stream_arn), at));
    }
}
