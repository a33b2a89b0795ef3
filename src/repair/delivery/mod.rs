//! Sends records and events to a pipeline again, in order per aggregate and at a rate.
//!
//! [`Destination`] is the target: the publisher function, which delivers with its own code (envelope, limits, order,
//! retries), or the stream, where consumers mark the events; or, for events that the bus could not deliver to a target
//! of its rules, that target itself, so that no other target gets the event again. [`Sender`] sends batches to it, one
//! after the other, and reports the outcome of each before it sends the next: a process that is killed has one batch in
//! flight.

mod consumer;
mod destination;
mod log;
mod publisher;
mod record;
mod stream;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::base::error::{Error, Kind, Result};
use crate::base::timing::{Backoff, RateLimit};
use crate::outbox::{Chunk, Verdict};

pub use destination::Destination;

/// Maximum records of a request.
pub const BATCH: usize = 100;
/// Maximum bytes of a request: a function accepts 6 MB.
pub const BATCH_BYTES: usize = 4 << 20;
/// Time limit of a function's answer: longer than that of the function, 60 s (its template).
const TIME_LIMIT: Duration = Duration::from_secs(70);
/// Requests in a row without progress after which sending fails.
const PATIENCE: u32 = 6;
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(8));

/// A record or an event to deliver.
#[derive(Debug, Clone)]
pub struct Record {
    pub chunk: Chunk,
    /// Records with the same key (an aggregate) arrive in order.
    pub key: String,
    /// Its partition key in a stream.
    pub partition_key: String,
}

/// Sends batches at a rate.
pub struct Sender<'a> {
    destination: &'a Destination,
    /// Records per second.
    rate: Option<f64>,
    /// Cancelled when sending must end.
    pub cancel: &'a CancellationToken,
    limit: RateLimit,
    sent: u64,
}

impl<'a> Sender<'a> {
    pub fn new(destination: &'a Destination, rate: Option<f64>, cancel: &'a CancellationToken) -> Self {
        Self { destination, rate, cancel, limit: RateLimit::start(rate), sent: 0 }
    }

    /// Returns the number of records that a batch should have: at most those of one second.
    pub fn batch(&self) -> usize {
        self.rate.map_or(BATCH, |rate| rate.ceil().clamp(1.0, BATCH as f64) as usize)
    }

    /// Sends a batch that keeps [`Sender::batch`] and [`BATCH_BYTES`] until every record is accepted or refused.
    /// Returns one verdict for each record: `Unfinished` if sending ended before, with the reason as the error.
    pub async fn send(&mut self, records: &[Record]) -> (Vec<Verdict>, Result<()>) {
        let waiting = Verdict::Unfinished { code: "NotSent".into(), message: "it was not sent".into() };
        let mut verdicts = vec![waiting; records.len()];
        let mut left: Vec<usize> = (0..records.len()).collect();
        let mut idle = 0;
        if let Err(error) = self.unless_stopped(self.limit.wait(self.sent)).await {
            return (verdicts, Err(error));
        }
        while !left.is_empty() {
            let batch: Vec<&Record> = left.iter().map(|at| &records[*at]).collect();
            let problem = match self.destination.send(&batch).await {
                Ok(answers) => {
                    left.iter().zip(answers).for_each(|(at, verdict)| verdicts[*at] = verdict);
                    None
                }
                Err(error) if is_passing(&error) => Some(error),
                Err(error) => return (verdicts, Err(error)),
            };
            let before = left.len();
            left.retain(|at| matches!(verdicts[*at], Verdict::Unfinished { .. }));
            idle = if left.len() < before { 0 } else { idle + 1 };
            if idle >= PATIENCE {
                return (verdicts.clone(), Err(problem.unwrap_or_else(|| stuck(&verdicts))));
            }
            if !left.is_empty() {
                if let Some(error) = problem {
                    tracing::debug!(%error, "sending again");
                }
                if let Err(stopped) = self.unless_stopped(tokio::time::sleep(BACKOFF.wait(idle + 1))).await {
                    return (verdicts, Err(stopped));
                }
            }
        }
        self.sent += records.len() as u64;
        (verdicts, Ok(()))
    }

    async fn unless_stopped(&self, wait: impl Future<Output = ()>) -> Result<()> {
        let waited = self.cancel.run_until_cancelled(wait).await;
        waited.ok_or_else(Error::interrupted)
    }
}

/// Returns whether a retry may help.
fn is_passing(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unreachable | Kind::Aws)
}

fn stuck(verdicts: &[Verdict]) -> Error {
    let why = verdicts.iter().find_map(|verdict| match verdict {
        Verdict::Unfinished { code, message } => Some(format!("{code}: {message}")),
        _ => None,
    });
    Error::new(Kind::Failed, format!("the target did not accept the records: {}", why.unwrap_or_default()))
        .hint("nothing is lost: records that were not accepted stay where they are; run the command again")
}

/// Splits items into batches within the limits, in order.
pub fn batches<T>(items: Vec<T>, most: usize, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut all: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for item in items {
        let size = size(&item);
        match all.last_mut() {
            Some(last) if last.len() < most && bytes + size <= BATCH_BYTES => {
                bytes += size;
                last.push(item);
            }
            _ => {
                bytes = size;
                all.push(vec![item]);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_order_and_limits() {
        let cut = batches(vec![1, 2, 3, 4, 5], 2, |_| 1);
        assert_eq!(cut, [vec![1, 2], vec![3, 4], vec![5]]);
        let cut = batches(vec![1, 2, 3], 9, |item| if *item == 2 { BATCH_BYTES } else { 1 });
        assert_eq!(cut, [vec![1], vec![2], vec![3]]);
    }
}
