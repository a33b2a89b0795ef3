//! The DynamoDB part of a route: the table of the aggregates and the outbox.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;
use serde_json::value::to_raw_value;
use uuid::Uuid;

use crate::aws::Clients;
use crate::aws::dynamodb::{Outbox, is_contention};
use crate::error::{AwsContext, Error, Kind, OrFail, Result, sdk_code};
use crate::functions::environment::{optional, required};
use crate::outbox::{Message, Traceparent};

pub type Item = HashMap<String, AttributeValue>;

/// Returns a client whose timeouts leave time to answer the caller.
pub fn client(clients: &Clients) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    Client::from_conf(aws_sdk_dynamodb::config::Builder::from(clients.config()).timeout_config(timeouts).build())
}

/// Returns the outbox named by `OUTBOX_TABLE`, whose items are kept for `OUTBOX_RETENTION_DAYS` (7).
///
/// # Errors
/// `Config`, naming the variable that is missing or malformed.
pub fn outbox(client: &Client) -> Result<Outbox> {
    let days = optional("OUTBOX_RETENTION_DAYS").unwrap_or_else(|| "7".into());
    let count: u32 =
        days.parse().or_fail(Kind::Config, || format!("OUTBOX_RETENTION_DAYS is {days:?}, not a number"))?;
    Ok(Outbox::new(client.clone(), required("OUTBOX_TABLE")?, Duration::from_secs(u64::from(count) * 86_400)))
}

/// Returns the item with this id, as last written.
///
/// # Errors
/// `Unreachable` if a retry may succeed, otherwise DynamoDB's error.
pub async fn get(client: &Client, table: &str, id: &str) -> Result<Option<Item>> {
    let key = AttributeValue::S(id.to_owned());
    match client.get_item().table_name(table).key("id", key).consistent_read(true).send().await {
        Ok(answer) => Ok(answer.item),
        Err(error) if is_contention(sdk_code(&error)) => {
            Err(Error::new(Kind::Unreachable, format!("{table} is busy")).with_source(error))
        }
        Err(error) => Err(error).aws(format!("read {table}")),
    }
}

/// Returns an event to be committed with the change that it describes.
///
/// # Errors
/// `Unexpected` if the payload can't be written as JSON.
pub fn event(
    (aggregate_type, aggregate_id): (&str, &str),
    (event_type, sequence): (&str, i64),
    mut data: Value,
    correlation_id: Option<&str>,
    trace: &Traceparent,
) -> Result<Message> {
    if let (Some(correlation_id), Some(data)) = (correlation_id, data.as_object_mut()) {
        data.insert("correlationId".into(), correlation_id.into());
    }
    Ok(Message {
        id: Uuid::now_v7(),
        aggregate_type: aggregate_type.to_owned(),
        aggregate_id: aggregate_id.to_owned(),
        event_type: event_type.to_owned(),
        sequence: Some(sequence),
        payload: to_raw_value(&data).or_fail(Kind::Unexpected, || "the event can't be written as JSON".into())?,
        traceparent: Some(trace.as_str().to_owned()),
        schema_version: 1,
        committed_at: now(),
        replay: None,
    })
}

/// Returns the current time truncated to microseconds, the stored precision.
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// Returns the end of a request's work: half of the time that Lambda leaves, at most 10 s (an HTTP API: 30 s).
pub fn request_deadline(deadline: SystemTime) -> Instant {
    let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    Instant::now() + (left / 2).min(Duration::from_secs(10))
}

pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Returns a text attribute of an item.
pub fn text_of(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

/// Returns an integer attribute of an item.
pub fn number_of(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

/// Returns the error for an item in an unknown form.
pub fn unreadable(table: &str) -> Error {
    Error::new(Kind::Unexpected, format!("an item of {table} has an unexpected form"))
}
