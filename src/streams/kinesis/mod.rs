//! The reader of a Kinesis stream. Shards are polled, or pushed by enhanced fan-out to a consumer that [`fan_out`]
//! registers while reading.

pub mod fan_out;
#[cfg(test)]
mod property_tests;
mod push;
mod source;

use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::retry::RetryConfig;
use tokio_util::sync::CancellationToken;

use super::Sink;
use super::shards::{self, Intervals, Options};
use crate::aws::Clients;
use crate::error::Result;
use crate::outbox::Layout;

pub use source::Kinesis;

/// Takes its positions on every shard, then reads in the background: polls, or gets the records that Kinesis pushes to
/// the enhanced fan-out consumer of this ARN. Rows of the table in `layout` are events.
///
/// # Errors
/// `StreamMissing`, and those of Kinesis.
pub async fn open(
    clients: &Clients,
    stream: String,
    consumer: Option<String>,
    layout: Layout,
    options: Options,
    sink: Sink,
    cancel: CancellationToken,
) -> Result<()> {
    let intervals = match clients.has_shard_limits() {
        // A shard allows five reads per second for all its readers together.
        true => Intervals { at_tip: Duration::from_millis(400), behind: Duration::from_millis(200) },
        false => Intervals { at_tip: Duration::from_millis(20), behind: Duration::ZERO },
    };
    shards::open(Kinesis { client: client(clients), stream, consumer, layout }, options, intervals, sink, cancel).await
}

/// Returns a client with few retries, which never slows down reads of one shard because of another's throttling, as the
/// adaptive mode does.
fn client(clients: &Clients) -> Client {
    let client = clients.kinesis();
    let retry = RetryConfig::standard().with_max_attempts(3);
    Client::from_conf(client.config().to_builder().retry_config(retry).build())
}
