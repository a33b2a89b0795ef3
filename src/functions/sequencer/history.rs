//! The outbox table as the source of an aggregate's events.

use std::future::Future;

use aws_sdk_dynamodb::Client;

use crate::aws::dynamodb::attributes::{Item, number, number_of, text};
use crate::aws::dynamodb::from_item;
use crate::base::error::{AwsContext, Result};
use crate::outbox::Message;

/// Maximum events per read; later ones are read in the next round.
const MAX_EVENTS: i32 = 500;

/// A sequence of an aggregate and its message; no message if the item is malformed. Such an item must not block the
/// later ones: its own record takes it to the failure destination.
pub type Committed = (i64, Option<Message>);

/// A source of committed events.
pub trait History: Sync {
    /// Reads the aggregate's items with a sequence above `after` and up to `to`, ascending; may return fewer than there
    /// are.
    ///
    /// # Errors
    /// The table can't be read.
    fn read(&self, aggregate_id: &str, after: i64, to: i64) -> impl Future<Output = Result<Vec<Committed>>> + Send;
}

/// A DynamoDB table with the primary key `aggregate_id` and `sequence`.
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
    async fn read(&self, aggregate_id: &str, after: i64, to: i64) -> Result<Vec<Committed>> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("aggregate_id = :id AND #sequence BETWEEN :from AND :to")
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":id", text(aggregate_id))
            .expression_attribute_values(":from", number(after.saturating_add(1)))
            .expression_attribute_values(":to", number(to))
            .limit(MAX_EVENTS)
            .send()
            .await
            .aws(format!("read {}", self.table))?;
        let read = |item: &Item| {
            let sequence = number_of(item, "sequence")?;
            let message = from_item(item).inspect_err(|error| {
                tracing::error!(aggregate_id, sequence, "skipped: not an outbox item: {error}");
            });
            Some((sequence, message.ok()))
        };
        Ok(answer.items().iter().filter_map(read).collect())
    }
}
