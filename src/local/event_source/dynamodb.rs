//! A DynamoDB stream as a source.

use std::collections::BTreeMap;

use aws_sdk_dynamodbstreams::types::Record as ApiRecord;
use chrono::SecondsFormat;
use serde_json::Value;

use super::registry::Checkpoint;
use super::source::{BatchInfo, EventSource, Record};
use crate::aws::dynamodb::stream;
use crate::base::error::Result;
use crate::streams::Warnings;
use crate::streams::dynamodb::TableStream;
use crate::streams::shards::{self, Cursor, Pages, Source};

pub struct DynamoDb(pub TableStream);

impl DynamoDb {
    /// Returns the present end of each shard: the meaning of LATEST for a new mapping. Saved as checkpoints, these
    /// positions survive restarts, unlike an iterator.
    ///
    /// # Errors
    /// Those of [`shards::list`] and [`Pages::read`].
    pub async fn shard_ends(&self) -> Result<BTreeMap<String, Checkpoint>> {
        let mut shard_ends = BTreeMap::new();
        for shard in shards::list(&self.0).await?.shards {
            if shard.closed {
                shard_ends.insert(shard.id, Checkpoint::Done);
                continue;
            }
            let mut pages = Pages::new(self.0.clone(), &shard.id, Cursor::Oldest, Warnings::default());
            // The local stack's streams have no gaps: a page without records is the end.
            while let Some(page) = pages.read(TableStream::MOST_RECORDS).await?
                && !page.empty
            {}
            if let Cursor::After(sequence) = pages.cursor() {
                shard_ends.insert(shard.id, Checkpoint::After(sequence.clone()));
            }
        }
        Ok(shard_ends)
    }
}

impl EventSource for DynamoDb {
    type Stream = TableStream;

    fn stream(&self) -> &TableStream {
        &self.0
    }

    fn record(&self, _shard: &str, record: &ApiRecord) -> Record {
        let event = stream::event(record, &self.0.stream_arn);
        Record {
            sequence: TableStream::sequence(record).unwrap_or_default().to_owned(),
            arrived_at: TableStream::arrived(record).unwrap_or_default(),
            size: event.to_string().len() + 1,
            event,
        }
    }

    /// Returns the whole record ("Using event filtering with a DynamoDB event source" in the Lambda developer guide).
    fn filter_view(record: &Record) -> Option<Value> {
        Some(record.event.clone())
    }

    fn batch_info() -> BatchInfo {
        BatchInfo { name: "DDBStreamBatchInfo", precision: SecondsFormat::Secs }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use outboxctl_test_support::dynamodb_streams::FakeStreams;

    #[tokio::test]
    async fn latest_is_after_all_existing_records() {
        let fake = FakeStreams::default();
        fake.open("a", None);
        fake.put("a", json!({}));
        fake.open("b", Some("a"));
        (0..3).for_each(|_| fake.put("b", json!({})));
        fake.open("empty", None);
        let shard_ends =
            DynamoDb(TableStream { client: fake.client().await, stream_arn: fake.arn() }).shard_ends().await.unwrap();
        let expected = [("a".into(), Checkpoint::Done), ("b".into(), Checkpoint::After("4".into()))];
        assert_eq!(shard_ends, BTreeMap::from(expected));
    }
}
