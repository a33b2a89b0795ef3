//! Kinesis as a source.

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::ShardIteratorType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::source::{BatchInfo, Page, Position, ReadError, Record, Shard, Source};
use crate::error::{AwsContext, sdk_code};
use crate::local::gateway::MAPPING_HEADER;

pub struct Kinesis {
    pub client: Client,
    pub stream_arn: String,
    pub region: String,
}

/// Maps errors by code; `$action` names the attempted action.
macro_rules! sort {
    ($result:expr, $action:expr) => {
        $result.map_err(|error| match sdk_code(&error) {
            "ExpiredIteratorException" => ReadError::Expired,
            "ResourceNotFoundException" => ReadError::Gone,
            _ => match Err::<(), _>(error).aws($action) {
                Err(error) => ReadError::Later(error),
                Ok(()) => ReadError::Expired,
            },
        })
    };
}

impl Kinesis {
    async fn list(&self) -> Result<Vec<Shard>, ReadError> {
        let mut shards = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = self.client.list_shards();
            // A token stands for the whole request: the stream must not be named again (ListShards, API reference).
            let request = match token {
                Some(token) => request.next_token(token),
                None => request.stream_arn(&self.stream_arn),
            };
            let page = sort!(request.send().await, "list the stream's shards")?;
            shards.extend(page.shards().iter().map(|shard| {
                Shard {
                    id: shard.shard_id().to_owned(),
                    parents: [shard.parent_shard_id(), shard.adjacent_parent_shard_id()]
                        .into_iter()
                        .flatten()
                        .map(str::to_owned)
                        .collect(),
                    closed: shard.sequence_number_range().is_some_and(|range| range.ending_sequence_number().is_some()),
                }
            }));
            token = page.next_token;
            if token.is_none() {
                return Ok(shards);
            }
        }
    }

    async fn begin(&self, shard: &str, from: &Position) -> Result<String, ReadError> {
        let request = self.client.get_shard_iterator().stream_arn(&self.stream_arn).shard_id(shard);
        let request = match from {
            Position::TrimHorizon => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
            Position::At(time) => request
                .shard_iterator_type(ShardIteratorType::AtTimestamp)
                .timestamp(aws_smithy_types::DateTime::from_millis(time.timestamp_millis())),
            Position::After(sequence) => {
                request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber).starting_sequence_number(sequence)
            }
        };
        let answer = sort!(request.send().await, "begin reading a shard")?;
        answer.shard_iterator.ok_or(ReadError::Expired)
    }

    async fn page(&self, shard: &str, iterator: &str, limit: usize) -> Result<Page, ReadError> {
        let request = self.client.get_records().stream_arn(&self.stream_arn).shard_iterator(iterator);
        let limit = i32::try_from(limit.min(10_000)).unwrap_or(10_000);
        let request = request.limit(limit).customize().mutate_request(|request| {
            request.headers_mut().insert(MAPPING_HEADER, "1");
        });
        let answer = sort!(request.send().await, "read a shard")?;
        let records = answer.records().iter().map(|record| self.record(shard, record)).collect();
        Ok(Page { records, next: answer.next_shard_iterator })
    }

    /// Returns the record in the form of "Using Lambda to process records from Amazon Kinesis Data Streams" in the
    /// Lambda developer guide.
    fn record(&self, shard: &str, record: &aws_sdk_kinesis::types::Record) -> Record {
        let arrived = record.approximate_arrival_timestamp().map_or(0.0, aws_smithy_types::DateTime::as_secs_f64);
        let data = STANDARD.encode(record.data().as_ref());
        // The members around the data take about 600 bytes.
        let size = data.len() + record.partition_key().map_or(0, str::len) + 600;
        let sequence = record.sequence_number().to_owned();
        let event = json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key(),
                "sequenceNumber": sequence,
                "data": data,
                "approximateArrivalTimestamp": (arrived * 1000.0).round() / 1000.0,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": format!("{shard}:{sequence}"),
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/local",
            "awsRegion": self.region,
            "eventSourceARN": self.stream_arn,
        });
        Record { sequence, arrived_at: time(arrived), event, size }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since the epoch fit for 285,000 years")]
fn time(seconds: f64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis((seconds * 1000.0).round() as i64).unwrap_or_default()
}

impl Source for Kinesis {
    fn shards(&self) -> BoxFuture<'_, Result<Vec<Shard>, ReadError>> {
        Box::pin(self.list())
    }

    fn iterator<'a>(&'a self, shard: &'a str, from: &'a Position) -> BoxFuture<'a, Result<String, ReadError>> {
        Box::pin(self.begin(shard, from))
    }

    fn read<'a>(&'a self, shard: &'a str, iterator: &'a str, limit: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        Box::pin(self.page(shard, iterator, limit))
    }

    fn filter_view(&self, record: &Record) -> Option<Value> {
        let mut view = record.event["kinesis"].clone();
        let data = STANDARD.decode(view["data"].as_str()?).ok()?;
        view["data"] = match serde_json::from_slice(&data) {
            Ok(json) => json,
            Err(_) => String::from_utf8(data).ok()?.into(),
        };
        Some(view)
    }

    fn batch_info(&self) -> BatchInfo {
        BatchInfo { name: "KinesisBatchInfo", precision: SecondsFormat::Millis }
    }
}
