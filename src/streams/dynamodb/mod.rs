//! The reader of a DynamoDB stream.
//!
//! A DynamoDB stream has no positions by time, and its records have times in full seconds: reading from a time starts
//! with the oldest record and skips older ones.

mod source;
#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::Sink;
use super::shards::{self, Intervals, Options};
use crate::aws::Clients;
use crate::base::error::Result;

pub use source::TableStream;

/// Takes its positions on every shard, then reads in the background.
///
/// # Errors
/// `StreamMissing`, and those of DynamoDB.
pub async fn open(
    clients: &Clients,
    stream_arn: String,
    options: Options,
    sink: Sink,
    cancel: CancellationToken,
) -> Result<()> {
    // A shard allows four reads per second for all its readers together.
    let pause = Duration::from_millis(if clients.is_local() { 40 } else { 500 });
    let intervals = Intervals { at_tip: pause, behind: pause };
    let source = TableStream { client: clients.dynamodb_streams(), stream_arn };
    shards::open(source, options, intervals, sink, cancel).await
}
