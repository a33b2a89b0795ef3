//! Items of a DynamoDB outbox table, in the format of `outboxctl explain outbox`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, TransactWriteItem};

use crate::history::{Event, Place, Step};
use crate::trouble::{Result, Trouble, causes};
use crate::world::{History, World};

use super::Draft;

/// The last sequence of each aggregate of this writer.
#[derive(Default)]
pub struct Items(HashMap<String, i64>);

impl Items {
    /// One transaction; how many events are committed.
    pub async fn transaction(
        &mut self,
        world: &World,
        history: &History,
        drafts: Vec<Draft>,
        roll_back: bool,
        stop: &AtomicBool,
    ) -> Result<usize> {
        let table = world.output("OutboxTable")?;
        let mut events = Vec::new();
        let mut writes = Vec::new();
        for draft in &drafts {
            let sequence = self.0.get(&draft.aggregate).copied().unwrap_or_default() + 1;
            let put = Put::builder().table_name(table).set_item(Some(item(draft, sequence)));
            let put = put.condition_expression("attribute_not_exists(aggregate_id)").build()?;
            writes.push(TransactWriteItem::builder().put(put).build());
            let place = Place { aggregate: draft.aggregate.clone(), sequence };
            events.push(Event { place, id: draft.id.clone(), content: format!("{} {}", draft.kind, draft.payload) });
        }
        if roll_back {
            writes.push(never(table)?);
        }
        if !commit(world, writes, roll_back, stop).await? {
            events.into_iter().for_each(|event| history.wrote(Step::RolledBack, event));
            return Ok(0);
        }
        let count = events.len();
        for event in events {
            self.0.insert(event.place.aggregate.clone(), event.place.sequence);
            history.wrote(Step::Committed, event);
        }
        Ok(count)
    }
}

/// The attributes of an event.
pub fn item(draft: &Draft, sequence: i64) -> HashMap<String, AttributeValue> {
    let now = chrono::Utc::now();
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let number = |value: i64| AttributeValue::N(value.to_string());
    HashMap::from([
        ("aggregate_id".into(), text(&draft.aggregate)),
        ("sequence".into(), number(sequence)),
        ("id".into(), text(&draft.id)),
        ("aggregate_type".into(), text("sample")),
        ("event_type".into(), text(draft.kind)),
        ("payload".into(), text(&draft.payload)),
        ("schema_version".into(), number(1)),
        ("created_at".into(), text(&now.to_rfc3339_opts(chrono::SecondsFormat::Micros, true))),
        ("expires_at".into(), number(now.timestamp() + 7 * 86_400)),
    ])
}

/// A condition that never holds: the transaction is cancelled as a whole.
fn never(table: &str) -> Result<TransactWriteItem> {
    let key = |value: AttributeValue| ("aggregate_id".to_owned(), value);
    let check = ConditionCheck::builder()
        .table_name(table)
        .set_key(Some(HashMap::from([
            key(AttributeValue::S("never written".into())),
            ("sequence".to_owned(), AttributeValue::N("1".into())),
        ])))
        .condition_expression("attribute_exists(aggregate_id)")
        .build()?;
    Ok(TransactWriteItem::builder().condition_check(check).build())
}

/// Sends a transaction until DynamoDB has judged it; whether it committed. One token for all attempts: one that took
/// effect and whose answer was lost is not made twice.
pub async fn commit(world: &World, writes: Vec<TransactWriteItem>, roll_back: bool, stop: &AtomicBool) -> Result<bool> {
    let token = uuid::Uuid::new_v4().to_string();
    let begun = std::time::Instant::now();
    let mut retried = false;
    loop {
        let request = world.aws.dynamodb.transact_write_items().set_transact_items(Some(writes.clone()));
        let error = match request.client_request_token(&token).send().await {
            Ok(_) if roll_back => return Err("a transaction whose condition fails was committed".into()),
            Ok(_) => return Ok(true),
            Err(error) => error,
        };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() {
            let refused = |code: &str| cancelled.cancellation_reasons().iter().any(|r| r.code() == Some(code));
            if refused("ConditionalCheckFailed") {
                // Its own items are in the way: an earlier attempt took effect, and the token was forgotten.
                return if roll_back {
                    Ok(false)
                } else if retried {
                    Ok(true)
                } else {
                    Err(lost(&error))
                };
            }
        }
        retried = true;
        if begun.elapsed() > crate::trouble::DEADLINE {
            return Err(causes("write a transaction")(error));
        }
        // The stack may be down; a started write is completed even if the load is stopped.
        let pause = if stop.load(Ordering::SeqCst) { 50 } else { 200 };
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
}

fn lost(error: &impl std::fmt::Debug) -> Trouble {
    format!("a first attempt was refused by its own condition: {error:?}").into()
}
