//! The records of a batch that are still to be delivered, in order per aggregate. Pure.
//!
//! At most one record of an aggregate is in flight, so an event is never sent before the previous one is
//! accepted or stored in the failure destination.

use std::sync::Arc;
use std::time::Instant;

use super::backend::{Entry, Limits, Reason};
use crate::base::timing::Backoff;
use crate::outbox::{Choice, KeyedQueue, Ticket};

/// One record of the batch to deliver.
#[derive(Debug)]
pub struct Item {
    /// Index in the batch; Lambda redelivers from the lowest unfinished one.
    pub position: usize,
    /// Aggregate type and id; `None` if they could not be read.
    pub key: Option<(String, String)>,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    Event {
        entry: Arc<Entry>,
        bytes: usize,
    },
    /// A record for the failure destination.
    Poison(Reason),
}

/// The unfinished records of a batch.
#[derive(Debug, Default)]
pub struct Backlog {
    queue: KeyedQueue<(String, String), Item>,
}

/// The next piece of work.
#[derive(Debug, PartialEq, Eq)]
pub enum Work {
    Publish(Vec<(Ticket, Arc<Entry>)>),
    Store { ticket: Ticket, position: usize, reason: Reason },
}

impl Backlog {
    pub fn new(items: Vec<Item>) -> Self {
        let mut queue = KeyedQueue::default();
        for mut item in items {
            queue.push(item.key.take(), item, 0);
        }
        Self { queue }
    }

    /// Returns the next piece of work: a record to store, or a request as full as the limits allow.
    pub fn next_work(&mut self, limits: Limits) -> Option<Work> {
        let (mut poison, mut entries, mut bytes_left) = (None, Vec::new(), limits.bytes);
        let tickets = self.queue.take(|_, item| {
            if poison.is_some() || entries.len() >= limits.entries {
                return Choice::Stop;
            }
            match &item.content {
                // The first entry always fits: entries that are too large alone became poison before.
                Content::Event { entry, bytes } if *bytes <= bytes_left || entries.is_empty() => {
                    bytes_left = bytes_left.saturating_sub(*bytes);
                    entries.push(Arc::clone(entry));
                    Choice::Take
                }
                Content::Poison(reason) if entries.is_empty() => {
                    poison = Some((item.position, reason.clone()));
                    Choice::Take
                }
                _ => Choice::Pass,
            }
        });
        if let (Some((position, reason)), [ticket]) = (poison, tickets.as_slice()) {
            return Some(Work::Store { ticket: *ticket, position, reason });
        }
        (!tickets.is_empty()).then(|| Work::Publish(tickets.into_iter().zip(entries).collect()))
    }

    /// Marks the record as accepted or stored: the next one of its aggregate may follow.
    pub fn done(&mut self, ticket: Ticket) {
        self.queue.done(ticket);
    }

    /// Marks the record as undeliverable: it goes to the failure destination next.
    pub fn refused(&mut self, ticket: Ticket, reason: Reason) {
        self.queue.replace(ticket, |item| item.content = Content::Poison(reason));
        self.queue.put_back(ticket);
    }

    /// Counts a failed attempt, after which the record is tried again, and returns the number of failed attempts.
    pub fn retry(&mut self, ticket: Ticket, now: Instant, backoff: Backoff) -> u32 {
        let attempt = self.queue.count_attempt(ticket);
        self.queue.put_back_until(ticket, now + backoff.wait(attempt));
        attempt
    }

    /// Returns the time at which the first waiting record is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.queue.next_due()
    }

    /// Makes every record ready that is due.
    pub fn wake(&mut self, now: Instant) {
        self.queue.wake(now);
    }

    /// Returns the positions of the unfinished records, lowest first.
    pub fn unfinished(&self) -> Vec<usize> {
        let mut positions: Vec<_> = self.queue.unfinished().map(|item| item.position).collect();
        positions.sort_unstable();
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { entries: 3, bytes: 100 };

    fn event(position: usize, aggregate: &str, bytes: usize) -> Item {
        let content = Content::Event { entry: Arc::new(Entry::sample("T", position.to_string())), bytes };
        Item { position, key: Some(("car".into(), aggregate.into())), content }
    }

    /// Returns the next request, as the positions of its records; empty if there is none.
    fn published(backlog: &mut Backlog) -> Vec<(usize, Ticket)> {
        match backlog.next_work(LIMITS) {
            Some(Work::Publish(entries)) => {
                entries.into_iter().map(|(ticket, entry)| (entry.detail.parse().expect("a position"), ticket)).collect()
            }
            Some(Work::Store { .. }) => panic!("unexpected poison"),
            None => Vec::new(),
        }
    }

    fn positions(backlog: &mut Backlog) -> Vec<usize> {
        published(backlog).into_iter().map(|(position, _)| position).collect()
    }

    #[test]
    fn requests_keep_the_limits() {
        let mut backlog = Backlog::new(vec![event(0, "a", 60), event(1, "b", 60), event(2, "c", 40)]);
        assert_eq!(positions(&mut backlog), [0, 2]);
        assert_eq!(positions(&mut backlog), [1]);
        let mut backlog = Backlog::new((0..5).map(|n| event(n, &n.to_string(), 1)).collect());
        assert_eq!(positions(&mut backlog), [0, 1, 2]);
        assert_eq!(positions(&mut backlog), [3, 4]);
    }

    #[test]
    fn a_rejected_event_is_stored_before_the_next_is_sent() {
        let mut backlog = Backlog::new(vec![event(0, "a", 1), event(1, "a", 1)]);
        let [(0, ticket)] = published(&mut backlog)[..] else { panic!("one event of the aggregate") };
        backlog.refused(ticket, Reason::new("X", "x"));
        let reason = Reason::new("X", "x");
        assert_eq!(backlog.next_work(LIMITS), Some(Work::Store { ticket, position: 0, reason }));
        assert_eq!(backlog.next_work(LIMITS), None);
        backlog.done(ticket);
        assert_eq!(positions(&mut backlog), [1]);
        assert_eq!(backlog.unfinished(), [1]);
    }
}
