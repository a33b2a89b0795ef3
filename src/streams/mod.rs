//! Readers of the hops that an event passes: the outbox table, the Kinesis or DynamoDB stream, the bus, the event log,
//! and the processed log. Imports `aws`, `base`, `outbox`, `pipelines` and `postgres`.
//!
//! Every reader sends [`Item`]s to a [`Sink`] from its own tasks, under a token that ends them. `open` of a reader
//! returns once it will see everything that comes later.

pub mod bus;
mod decode;
pub mod dynamodb;
mod failures;
mod item;
pub mod kinesis;
mod line;
pub mod log;
pub mod outbox;
mod owner;
mod position;
pub mod processed;
pub mod shards;
mod template;
mod temporary;
mod warnings;

#[cfg(test)]
pub use item::Image;
pub use item::{Body, Content, EventView, Item, Json, Origin};
pub use position::StartAt;
pub use template::Template;
pub use warnings::Warnings;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::base::error::Result;

/// Maximum items buffered for the receiver; readers then pause. Small, since one may hold a megabyte or more.
const BUFFER: usize = 512;

/// Receives the items of readers, or their errors.
pub type Sink = mpsc::Sender<Result<Item>>;

/// Returns a sink and its receiver.
pub fn channel() -> (Sink, mpsc::Receiver<Result<Item>>) {
    mpsc::channel(BUFFER)
}

/// Runs a reader until it ends or is cancelled. Its error goes into the sink, unless the receiver is closed.
async fn read_into(sink: &Sink, cancel: &CancellationToken, reading: impl Future<Output = Result<()>>) {
    if let Some(Err(error)) = cancel.run_until_cancelled(reading).await {
        let _ = sink.send(Err(error)).await;
    }
}

/// EventBridge `Source` of the events by which a tap checks that it is active. Readers skip them.
pub const SENTINEL_SOURCE: &str = "outboxctl.sentinel";
