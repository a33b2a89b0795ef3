//! Settings of a Kinesis stream.

use aws_sdk_kinesis::types::StreamDescriptionSummary;
use chrono::TimeDelta;

use super::Clients;
use crate::base::error::{AwsContext, Error, Kind, RESOURCE_MISSING, Result};

/// Returns the description of the stream without its shards; None if the stream does not exist.
pub async fn summary(clients: &Clients, name: &str) -> Result<Option<StreamDescriptionSummary>> {
    let answer = clients.kinesis().describe_stream_summary().stream_name(name).send().await;
    let answer = answer.aws_unless(RESOURCE_MISSING, format!("describe stream {name}"))?;
    Ok(answer.and_then(|answer| answer.stream_description_summary))
}

async fn existing(clients: &Clients, name: &str) -> Result<StreamDescriptionSummary> {
    let missing = || Error::new(Kind::StreamMissing, format!("stream {name} not found"));
    summary(clients, name).await?.ok_or_else(missing)
}

/// Returns the number of open shards of the stream.
///
/// # Errors
/// `StreamMissing`, and the errors of Kinesis.
pub async fn open_shards(clients: &Clients, name: &str) -> Result<u32> {
    Ok(u32::try_from(existing(clients, name).await?.open_shard_count()).unwrap_or(0))
}

/// Returns the retention of the stream.
///
/// # Errors
/// `StreamMissing`, and the errors of Kinesis.
pub async fn retention(clients: &Clients, name: &str) -> Result<TimeDelta> {
    Ok(TimeDelta::hours(existing(clients, name).await?.retention_period_hours().into()))
}
