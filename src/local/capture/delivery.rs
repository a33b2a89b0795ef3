//! Sends the captured records, retries failed ones, and reports the position up to which everything is stored.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::queue::Queue;
use super::{Entry, Failure, Sink, SinkError};
use crate::base::error::{Error, Kind, Result};
use crate::base::timing::Backoff;
use crate::outbox::Ticket;
use crate::postgres::replication::Lsn;

/// Maximum bytes of records that are not yet stored; beyond it, the capture waits.
const WINDOW: usize = 6 * 1024 * 1024;
/// Maximum concurrent requests.
const REQUESTS: usize = 4;

/// Delay before a retry.
pub(super) const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));

/// Records in log order, and positions between them.
#[derive(Debug)]
pub(super) enum Item {
    Record(Entry),
    /// The position of the log that the items before it in the channel cover.
    Position(Lsn),
}

/// Returns the error of a sender whose delivery has ended. The delivery's own error has the reason.
pub(super) fn delivery_ended<T>(_: mpsc::error::SendError<T>) -> Error {
    Error::new(Kind::EndpointFailed, "the delivery ended")
}

/// Runs until the channel is closed and every record from it is stored.
///
/// # Errors
/// Those of the sink, if a retry can't succeed.
pub(super) async fn deliver(
    mut items: mpsc::Receiver<Vec<Item>>,
    sink: Arc<dyn Sink>,
    confirmed: watch::Sender<Lsn>,
    backoff: Backoff,
) -> Result<()> {
    let mut queue = Queue::default();
    let mut requests = FuturesUnordered::new();
    let mut pause = Pause { backoff, until: None, failures: 0 };
    let mut open = true;
    while open || !queue.is_empty() {
        while pause.is_over() && requests.len() < REQUESTS {
            let (tickets, entries) = queue.take();
            if tickets.is_empty() {
                break;
            }
            let sink = Arc::clone(&sink);
            requests.push(async move { (sink.put(&entries).await, tickets) });
        }
        tokio::select! {
            Some((answer, tickets)) = requests.next(), if !requests.is_empty() => {
                record(&mut queue, &mut pause, answer, &tickets)?;
            }
            received = items.recv(), if open && queue.bytes() < WINDOW => match received {
                Some(batch) => batch.into_iter().for_each(|item| match item {
                    Item::Record(entry) => queue.push(entry),
                    Item::Position(position) => queue.position(position),
                }),
                None => open = false,
            },
            () = pause.over(), if !pause.is_over() => pause.until = None,
        }
        if let Some(position) = queue.confirmed() {
            confirmed.send_replace(position);
        }
    }
    Ok(())
}

fn record(
    queue: &mut Queue,
    pause: &mut Pause,
    answer: Result<Vec<Option<Failure>>, SinkError>,
    tickets: &[Ticket],
) -> Result<()> {
    match answer {
        Ok(results) => {
            let mut failure = None;
            for (at, ticket) in tickets.iter().enumerate() {
                // If the answer is too short, the outcome of the remaining entries is unknown: they are sent again.
                match results.get(at) {
                    Some(None) => queue.stored(*ticket),
                    Some(Some(reason)) => failure = Some(format!("{}: {}", reason.code, reason.message)),
                    None => failure = Some("the answer has too few entries".into()),
                }
            }
            // The last one first, each to the front: this keeps their order.
            for (at, ticket) in tickets.iter().enumerate().rev() {
                if !matches!(results.get(at), Some(None)) {
                    queue.failed(*ticket);
                }
            }
            // After a partial success, the delay does not grow.
            if results.contains(&None) {
                pause.reset();
            }
            if let Some(reason) = failure {
                pause.fail(&reason);
            }
            Ok(())
        }
        Err(error) if error.retryable => {
            tickets.iter().rev().for_each(|ticket| queue.failed(*ticket));
            pause.fail(&error.message);
            Ok(())
        }
        Err(error) => {
            let kind = if error.missing { Kind::StreamMissing } else { Kind::EndpointFailed };
            Err(Error::new(kind, error.message))
        }
    }
}

/// The delay after a failure; a success ends it.
struct Pause {
    backoff: Backoff,
    until: Option<Instant>,
    failures: u32,
}

impl Pause {
    fn fail(&mut self, reason: &str) {
        self.failures = self.failures.saturating_add(1);
        self.until = Some(Instant::now() + self.backoff.wait(self.failures));
        tracing::debug!(reason, failures = self.failures, "records are sent again");
    }

    fn reset(&mut self) {
        *self = Self { backoff: self.backoff, until: None, failures: 0 };
    }

    fn is_over(&self) -> bool {
        self.until.is_none()
    }

    async fn over(&self) {
        if let Some(until) = self.until {
            sleep_until(until).await;
        }
    }
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
