//! The outbox table as the record of what an aggregate's events are.

use std::future::Future;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::dynamodb::from_item;
use crate::error::{AwsContext, Error, Kind, Result};
use crate::outbox::Message;

/// Most events read at once; what is beyond comes in the next round.
const MOST: i32 = 500;

/// Where committed events can be read.
pub trait History: Sync {
    /// Events of the aggregate with a sequence above `after` and up to `to`, ascending; not necessarily all.
    ///
    /// # Errors
    /// They can't be read.
    fn read(&self, aggregate_id: &str, after: i64, to: i64) -> impl Future<Output = Result<Vec<Message>>> + Send;
}

/// A DynamoDB table with `aggregate_id` and `sequence` for a key.
pub struct OutboxTable {
    client: Client,
    table: String,
}

impl OutboxTable {
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl History for OutboxTable {
    async fn read(&self, aggregate_id: &str, after: i64, to: i64) -> Result<Vec<Message>> {
        let number = |value: i64| AttributeValue::N(value.to_string());
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("aggregate_id = :id AND #sequence BETWEEN :from AND :to")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":id", AttributeValue::S(aggregate_id.to_owned()))
            .expression_attribute_values(":from", number(after.saturating_add(1)))
            .expression_attribute_values(":to", number(to))
            .limit(MOST)
            .send()
            .await
            .aws(format!("read {}", self.table))?;
        let read = |item| {
            from_item(item).map_err(|error| {
                Error::new(Kind::Unexpected, format!("an item of {} is no outbox item: {error}", self.table))
            })
        };
        answer.items().iter().map(read).collect()
    }
}
