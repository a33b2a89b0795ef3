//! A DynamoDB stream as a source.

use std::collections::BTreeMap;

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types::{Record as ApiRecord, ShardIteratorType};
use chrono::{DateTime, SecondsFormat};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::registry::Checkpoint;
use super::source::{BatchInfo, Page, Position, ReadError, Record, Shard, Source};
use crate::dynamodb::stream::{self, MOST_RECORDS};
use crate::error::{AwsContext, sdk_code};

pub struct DynamoDb {
    pub client: Client,
    pub stream_arn: String,
}

/// Maps errors by code; `$action` names the attempted action.
macro_rules! sort {
    ($result:expr, $action:expr) => {
        $result.map_err(|error| match sdk_code(&error) {
            // Records can expire while an iterator waits: another iterator begins after them.
            "ExpiredIteratorException" | "TrimmedDataAccessException" => ReadError::Expired,
            "ResourceNotFoundException" => ReadError::Gone,
            _ => match Err::<(), _>(error).aws($action) {
                Err(error) => ReadError::Later(error),
                Ok(()) => ReadError::Expired,
            },
        })
    };
}

impl DynamoDb {
    async fn list(&self) -> Result<Vec<Shard>, ReadError> {
        let shards = sort!(stream::shards(&self.client, &self.stream_arn).await, "list the stream's shards")?;
        Ok(shards
            .into_iter()
            .map(|shard| Shard { id: shard.id, parents: shard.parent.into_iter().collect(), closed: shard.closed })
            .collect())
    }

    async fn begin(&self, shard: &str, from: &Position) -> Result<String, ReadError> {
        let request = self.client.get_shard_iterator().stream_arn(&self.stream_arn).shard_id(shard);
        let oldest = request.clone().shard_iterator_type(ShardIteratorType::TrimHorizon);
        let answer = match from {
            // A DynamoDB stream has no iterator by time. A time stands for LATEST, and a shard without a checkpoint is
            // newer than the mapping: see [`DynamoDb::shard_ends`].
            Position::TrimHorizon | Position::At(_) => sort!(oldest.send().await, "begin reading a shard")?,
            Position::After(sequence) => {
                let after = request.shard_iterator_type(ShardIteratorType::AfterSequenceNumber);
                match after.sequence_number(sequence).send().await {
                    Err(error) if sdk_code(&error) == "TrimmedDataAccessException" => {
                        tracing::warn!(shard, "records after {sequence} have expired unread");
                        sort!(oldest.send().await, "begin reading a shard")?
                    }
                    answer => sort!(answer, "begin reading a shard")?,
                }
            }
        };
        answer.shard_iterator.ok_or(ReadError::Expired)
    }

    async fn page(&self, iterator: &str, limit: usize) -> Result<Page, ReadError> {
        let limit = i32::try_from(limit.min(MOST_RECORDS)).unwrap_or(i32::MAX);
        let answer =
            sort!(self.client.get_records().shard_iterator(iterator).limit(limit).send().await, "read a shard")?;
        let records = answer.records().iter().map(|record| self.record(record)).collect();
        Ok(Page { records, next: answer.next_shard_iterator })
    }

    fn record(&self, record: &ApiRecord) -> Record {
        let change = record.dynamodb();
        let arrived = change.and_then(|change| change.approximate_creation_date_time()).map_or(0, |time| time.secs());
        let event = stream::event(record, &self.stream_arn);
        Record {
            sequence: change.and_then(|change| change.sequence_number()).unwrap_or_default().to_owned(),
            arrived_at: DateTime::from_timestamp(arrived, 0).unwrap_or_default(),
            size: event.to_string().len() + 1,
            event,
        }
    }

    /// Returns the present end of each shard: the meaning of LATEST for a new mapping. Saved as checkpoints, these
    /// positions survive restarts, unlike an iterator.
    ///
    /// # Errors
    /// The error that ended the read.
    pub async fn shard_ends(&self) -> Result<BTreeMap<String, Checkpoint>, ReadError> {
        let mut shard_ends = BTreeMap::new();
        for shard in sort!(stream::shards(&self.client, &self.stream_arn).await, "list the stream's shards")? {
            if shard.closed {
                shard_ends.insert(shard.id, Checkpoint::Done);
                continue;
            }
            let mut next = Some(self.begin(&shard.id, &Position::TrimHorizon).await?);
            // The local stack's streams have no gaps: a page without records is the end.
            while let Some(iterator) = next.take() {
                let page = self.page(&iterator, MOST_RECORDS).await?;
                let Some(last) = page.records.last() else { break };
                shard_ends.insert(shard.id.clone(), Checkpoint::After(last.sequence.clone()));
                next = page.next;
            }
        }
        Ok(shard_ends)
    }
}

impl Source for DynamoDb {
    fn shards(&self) -> BoxFuture<'_, Result<Vec<Shard>, ReadError>> {
        Box::pin(self.list())
    }

    fn iterator<'a>(&'a self, shard: &'a str, from: &'a Position) -> BoxFuture<'a, Result<String, ReadError>> {
        Box::pin(self.begin(shard, from))
    }

    fn read<'a>(&'a self, _shard: &'a str, iterator: &'a str, limit: usize) -> BoxFuture<'a, Result<Page, ReadError>> {
        Box::pin(self.page(iterator, limit))
    }

    /// Returns the whole record ("Using event filtering with a DynamoDB event source" in the Lambda developer guide).
    fn filter_view(&self, record: &Record) -> Option<Value> {
        Some(record.event.clone())
    }

    fn batch_info(&self) -> BatchInfo {
        BatchInfo { name: "DDBStreamBatchInfo", precision: SecondsFormat::Secs }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use outboxctl_test_support::dynamodb_streams::FakeStreams;

    async fn source(fake: &FakeStreams) -> DynamoDb {
        DynamoDb { client: fake.client().await, stream_arn: fake.arn() }
    }

    fn sequences(page: &Page) -> Vec<&str> {
        page.records.iter().map(|record| record.sequence.as_str()).collect()
    }

    #[tokio::test]
    async fn reads_from_a_position_to_the_end_of_a_closed_shard() {
        let fake = FakeStreams::default();
        fake.open("a", None);
        (0..3).for_each(|_| fake.put("a", json!({})));
        fake.open("b", Some("a"));
        let source = source(&fake).await;
        let shards = source.shards().await.unwrap();
        assert_eq!(shards[1], Shard { id: "b".into(), parents: vec!["a".into()], closed: false });
        let iterator = source.iterator("a", &Position::TrimHorizon).await.unwrap();
        let page = source.read("a", &iterator, 100).await.unwrap();
        assert_eq!(sequences(&page), ["1", "2"]);
        let page = source.read("a", &page.next.unwrap(), 100).await.unwrap();
        assert_eq!((sequences(&page), page.next.as_deref()), (vec!["3"], None));
        let iterator = source.iterator("a", &Position::After("2".into())).await.unwrap();
        assert_eq!(sequences(&source.read("a", &iterator, 100).await.unwrap()), ["3"]);
    }

    #[tokio::test]
    async fn a_trimmed_position_begins_at_the_oldest_record() {
        let fake = FakeStreams::default();
        fake.open("a", None);
        (0..4).for_each(|_| fake.put("a", json!({})));
        let source = source(&fake).await;
        let stale = source.iterator("a", &Position::After("1".into())).await.unwrap();
        fake.trim(3);
        assert!(matches!(source.read("a", &stale, 100).await, Err(ReadError::Expired)));
        let iterator = source.iterator("a", &Position::After("1".into())).await.unwrap();
        assert_eq!(sequences(&source.read("a", &iterator, 100).await.unwrap()), ["4"]);
    }

    #[tokio::test]
    async fn errors_are_mapped_by_code() {
        let fake = FakeStreams::default();
        fake.open("a", None);
        fake.fail(&["ExpiredIteratorException", "ResourceNotFoundException", "LimitExceededException"]);
        let source = source(&fake).await;
        assert!(matches!(source.read("a", "a/0", 1).await, Err(ReadError::Expired)));
        assert!(matches!(source.read("a", "a/0", 1).await, Err(ReadError::Gone)));
        assert!(matches!(source.read("a", "a/0", 1).await, Err(ReadError::Later(_))));
    }

    #[tokio::test]
    async fn latest_is_after_all_existing_records() {
        let fake = FakeStreams::default();
        fake.open("a", None);
        fake.put("a", json!({}));
        fake.open("b", Some("a"));
        (0..3).for_each(|_| fake.put("b", json!({})));
        fake.open("empty", None);
        let shard_ends = source(&fake).await.shard_ends().await.unwrap();
        let expected = [("a".into(), Checkpoint::Done), ("b".into(), Checkpoint::After("4".into()))];
        assert_eq!(shard_ends, BTreeMap::from(expected));
    }
}
