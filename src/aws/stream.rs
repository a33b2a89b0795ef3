//! Settings of a Kinesis stream.

use chrono::TimeDelta;

use super::Clients;
use crate::error::{AwsContext, Result};

/// Returns the number of open shards of the stream.
///
/// # Errors
/// The errors of Kinesis.
pub async fn open_shards(clients: &Clients, name: &str) -> Result<u32> {
    let answer = clients.kinesis().describe_stream_summary().stream_name(name).send().await;
    let answer = answer.aws(format!("describe stream {name}"))?;
    let open = answer.stream_description_summary().map_or(0, |summary| summary.open_shard_count());
    Ok(u32::try_from(open).unwrap_or(0))
}

/// Returns the retention of the stream.
pub async fn retention(clients: &Clients, name: &str) -> Result<TimeDelta> {
    let answer = clients.kinesis().describe_stream_summary().stream_name(name).send().await;
    let answer = answer.aws(format!("describe stream {name}"))?;
    let hours = answer.stream_description_summary().map_or(24, |summary| summary.retention_period_hours());
    Ok(TimeDelta::hours(hours.into()))
}
