//! Items of DynamoDB's outbox. A scan gives all items of one partition together, in the order of the sort key.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::Filter;
use crate::aws::Clients;
use crate::dynamodb::from_item;
use crate::error::{AwsContext, Result};
use crate::outbox::Message;

/// The key after which reading goes on.
pub(super) type Place = HashMap<String, AttributeValue>;

pub(super) struct Page {
    pub messages: Vec<Message>,
    /// Items that are no outbox items.
    pub unreadable: u64,
    pub next: Option<Place>,
}

/// A page is 1 MB of items, of which the filter lets some through.
pub(super) async fn page(clients: &Clients, table: &str, filter: &Filter, after: Option<Place>) -> Result<Page> {
    let client = clients.dynamodb();
    let (items, next) = match &filter.aggregate {
        Some(aggregate) => {
            let answer = client
                .query()
                .table_name(table)
                .consistent_read(true)
                .key_condition_expression("aggregate_id = :id")
                .expression_attribute_values(":id", AttributeValue::S(aggregate.clone()))
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
    let mut page =
        Page { messages: Vec::with_capacity(items.len()), unreadable: 0, next: next.filter(|key| !key.is_empty()) };
    for item in &items {
        match from_item(item) {
            Ok(message) if passes(filter, &message) => page.messages.push(message),
            Ok(_) => {}
            Err(_) => page.unreadable += 1,
        }
    }
    Ok(page)
}

fn passes(filter: &Filter, message: &Message) -> bool {
    filter.from.is_none_or(|from| message.committed_at >= from)
        && filter.until.is_none_or(|until| message.committed_at < until)
        && filter.event_type.as_ref().is_none_or(|wanted| *wanted == message.event_type)
        && (filter.ids.is_empty() || filter.ids.contains(&message.id))
}
