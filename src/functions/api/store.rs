//! The DynamoDB part of a route: the table of the aggregates and the outbox.

use std::convert::Infallible;
use std::time::{Duration, Instant, SystemTime};

use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;
use serde_json::value::to_raw_value;
use uuid::Uuid;

use super::problem::Problem;
use crate::aws::Clients;
use crate::aws::dynamodb::attributes::{Item, text};
use crate::aws::dynamodb::{Outbox, is_contention};
use crate::base::error::{AwsContext, Error, Kind, OrFail, Result, sdk_code};
use crate::functions::environment::{optional_as, required};
use crate::outbox::{Message, Traceparent};

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
    let days: u32 = optional_as("OUTBOX_RETENTION_DAYS")?.unwrap_or(7);
    Ok(Outbox::new(client.clone(), required("OUTBOX_TABLE")?, Duration::from_secs(u64::from(days) * 86_400)))
}

/// Returns the item with this id, as last written. Ids are UUIDs: anything else names no item, and needs no request.
///
/// # Errors
/// `Unreachable` if a retry may succeed, otherwise DynamoDB's error.
pub async fn get(client: &Client, table: &str, id: &str) -> Result<Option<Item>> {
    let Ok(id) = Uuid::parse_str(id) else { return Ok(None) };
    let answer = client.get_item().table_name(table).key("id", text(id)).consistent_read(true).send().await;
    answer.map(|answer| answer.item).map_err(|error| failed(error, "read", table))
}

/// Converts an error of DynamoDB: `Unreachable` if a retry may succeed.
pub fn failed<E, R>(error: SdkError<E, R>, action: &str, table: &str) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    if is_contention(sdk_code(&error)) {
        return Error::new(Kind::Unreachable, format!("{table} is busy")).with_source(error);
    }
    let Err(error) = Err::<Infallible, _>(error).aws(format!("{action} {table}"));
    error
}

/// Checks that an item is at the version that the caller has read, if it names one.
///
/// # Errors
/// The conflict.
pub fn expect_version(what: &str, found: i64, expected: Option<i64>) -> Result<(), Problem> {
    match expected.filter(|expected| *expected != found) {
        None => Ok(()),
        Some(expected) => {
            Err(Problem::conflict(format!("the {what} is at version {found}, not {expected}: read it again")))
        }
    }
}

/// Pauses before a change is repeated on the result of a concurrent one.
///
/// # Errors
/// The conflict, after the deadline.
pub async fn pause_until(deadline: Instant, what: &str) -> Result<(), Problem> {
    if Instant::now() >= deadline {
        return Err(Problem::conflict(format!("concurrent requests keep changing the {what}: try again")));
    }
    tokio::time::sleep(Duration::from_millis(fastrand::u64(1..20))).await;
    Ok(())
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

/// Returns the error for an item in an unknown form.
pub fn unreadable(table: &str) -> Error {
    Error::new(Kind::Unexpected, format!("an item of {table} has an unexpected form"))
}
