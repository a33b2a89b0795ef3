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
use crate::base::error::Result;
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
    let source = Kinesis { client: Kinesis::client(clients), stream, consumer, layout };
    shards::open(source, options, intervals(clients, LIMITED), sink, cancel).await
}

/// Intervals between the reads of a shard on AWS: it allows five reads per second for all its readers together
/// (GetRecords in the Kinesis API reference). This leaves one for an event source mapping, and at the tip two for another
/// reader.
const LIMITED: Intervals = Intervals { at_tip: Duration::from_millis(500), behind: Duration::from_millis(300) };
/// The same for `consume`, which is the main reader of its stream.
pub const OF_CONSUMER: Intervals = Intervals { at_tip: Duration::from_millis(400), ..LIMITED };
/// The same on a local stack without this limit.
const UNLIMITED: Intervals = Intervals { at_tip: Duration::from_millis(20), behind: Duration::ZERO };

/// Returns the intervals between the reads of a shard: `limited` if the number of reads is limited.
pub fn intervals(clients: &Clients, limited: Intervals) -> Intervals {
    if clients.has_shard_limits() { limited } else { UNLIMITED }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_leave_reads_for_others() {
        let per_second = |interval: Duration| 1.0 / interval.as_secs_f64();
        for intervals in [LIMITED, OF_CONSUMER] {
            assert!(per_second(intervals.behind) <= 4.0, "one is for an event source mapping: {intervals:?}");
            assert!(per_second(intervals.at_tip) + per_second(LIMITED.at_tip) <= 5.0, "beside `tail`: {intervals:?}");
        }
    }
}
