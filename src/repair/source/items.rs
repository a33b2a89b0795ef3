//! Items of a DynamoDB outbox table.
//!
//! A query returns the items of one aggregate in the order of their sequence. A scan has no order ("Scan" in the
//! DynamoDB API reference); callers that need one use [`gather`].

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::sorted::{Sorted, Sorter};
use super::{Filter, Page};
use crate::aws::Clients;
use crate::aws::dynamodb::attributes::{Item, item, number, text};
use crate::aws::dynamodb::from_item;
use crate::base::error::{AwsContext, Error, Kind, Result};

/// The key after which reading continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    aggregate_id: String,
    /// The number in DynamoDB's text form.
    sequence: String,
}

impl Place {
    fn of(mut key: Item) -> Option<Self> {
        match (key.remove("aggregate_id")?, key.remove("sequence")?) {
            (AttributeValue::S(aggregate_id), AttributeValue::N(sequence)) => Some(Self { aggregate_id, sequence }),
            _ => None,
        }
    }

    fn key(self) -> Item {
        item([("aggregate_id", text(self.aggregate_id)), ("sequence", number(self.sequence))])
    }
}

/// Reads the items that pass the filter and sorts them by aggregate and sequence. Also returns the number of items that
/// are not outbox items.
///
/// # Errors
/// Those of DynamoDB, and `Io` for the temporary files.
pub(super) async fn gather(clients: &Clients, table: &str, filter: &Filter) -> Result<(Sorted, u64)> {
    let (mut sorter, mut unreadable, mut after) = (Sorter::new()?, 0, None);
    loop {
        let page = page(clients, table, filter, after).await?;
        unreadable += page.unreadable;
        page.messages.into_iter().try_for_each(|message| sorter.add(message))?;
        after = page.next;
        if after.is_none() {
            return Ok((sorter.sorted(), unreadable));
        }
    }
}

/// Reads a page: 1 MB of items, before the filter.
pub(super) async fn page(clients: &Clients, table: &str, filter: &Filter, after: Option<Place>) -> Result<Page<Place>> {
    let (client, after) = (clients.dynamodb(), after.map(Place::key));
    let (items, next) = match &filter.aggregate {
        Some(aggregate) => {
            let answer = client
                .query()
                .table_name(table)
                .consistent_read(true)
                .key_condition_expression("aggregate_id = :id")
                .expression_attribute_values(":id", text(aggregate))
                .set_exclusive_start_key(after)
                .send()
                .await
                .aws(format!("read {table}"))?;
            (answer.items.unwrap_or_default(), answer.last_evaluated_key)
        }
        None => {
            let scan = client.scan().table_name(table).consistent_read(true).set_exclusive_start_key(after);
            let answer = scan.send().await.aws(format!("read {table}"))?;
            (answer.items.unwrap_or_default(), answer.last_evaluated_key)
        }
    };
    let next = next.filter(|key| !key.is_empty());
    let unknown = || Error::new(Kind::Unexpected, format!("{table} does not have the key of an outbox table"));
    let next = next.map(|key| Place::of(key).ok_or_else(unknown)).transpose()?;
    let mut page = Page { messages: Vec::with_capacity(items.len()), unreadable: 0, next };
    for item in &items {
        match from_item(item) {
            Ok(message) if filter.passes(&message) => page.messages.push(message),
            Ok(_) => {}
            Err(_) => page.unreadable += 1,
        }
    }
    Ok(page)
}
