//! Sends what the capture hands over, retries what failed, and says up to which position everything is stored.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::queue::Queue;
use super::{Entry, Failure, Sink, SinkError};
use crate::error::{Error, Kind, Result};
use crate::outbox::Ticket;
use crate::postgres::replication::Lsn;
use crate::timing::Backoff;

/// Bytes of records held until they are stored; beyond, the capture waits.
const WINDOW: usize = 6 * 1024 * 1024;
/// Requests under way at the same time.
const REQUESTS: usize = 4;

/// Before sending again after a failure.
pub(super) const BACKOFF: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));

/// Records in log order, and positions between them.
#[derive(Debug)]
pub(super) enum Item {
    Record(Entry),
    /// Everything before it in the channel covers the log up to here.
    Position(Lsn),
}

/// Runs until the channel is closed and everything that came through it is stored.
///
/// # Errors
/// The sink's, where sending again can't help.
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
                // An answer that is too short says nothing about the rest: those are sent again.
                match results.get(at) {
                    Some(None) => queue.stored(*ticket),
                    Some(Some(reason)) => failure = Some(format!("{}: {}", reason.code, reason.message)),
                    None => failure = Some("the answer has too few entries".into()),
                }
            }
            // Last first, each to the front: they keep their order.
            for (at, ticket) in tickets.iter().enumerate().rev() {
                if !matches!(results.get(at), Some(None)) {
                    queue.failed(*ticket);
                }
            }
            // One that got anything through is no reason to wait longer than the last time.
            if results.contains(&None) {
                pause.reset();
            }
            if let Some(reason) = failure {
                pause.lengthen(&reason);
            }
            Ok(())
        }
        Err(error) if error.retryable => {
            tickets.iter().rev().for_each(|ticket| queue.failed(*ticket));
            pause.lengthen(&error.message);
            Ok(())
        }
        Err(error) => {
            let kind = if error.missing { Kind::StreamMissing } else { Kind::EndpointFailed };
            Err(Error::new(kind, error.message))
        }
    }
}

/// The wait after a failure; a success ends it.
struct Pause {
    backoff: Backoff,
    until: Option<Instant>,
    failures: u32,
}

impl Pause {
    fn lengthen(&mut self, reason: &str) {
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
