//! The reader of a Kinesis stream. Shards are polled, or pushed by enhanced fan-out to a consumer that [`fan_out`]
//! registers while reading.

pub mod fan_out;
#[cfg(test)]
mod property_tests;
mod push;
mod source;

use std::time::Duration;

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
        // A shard allows five reads per second for all its readers together. This leaves one for an event source mapping,
        // and at the tip two for another reader.
        true => Intervals { at_tip: Duration::from_millis(500), behind: Duration::from_millis(300) },
        false => Intervals { at_tip: Duration::from_millis(20), behind: Duration::ZERO },
    };
    let source = Kinesis { client: Kinesis::client(clients), stream, consumer, layout };
    shards::open(source, options, intervals, sink, cancel).await
}
