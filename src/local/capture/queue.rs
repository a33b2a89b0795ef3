//! Selects the records that may be sent next, and the position up to which everything is stored. Pure.
//!
//! PutRecords guarantees no order within a request, and any of its entries may fail alone. So only one record of each
//! key is in flight at a time; the next waits until that one is stored. Records of different keys fill the requests.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;

use super::Entry;
use crate::outbox::{Choice, KeyedQueue, Ticket};
use crate::postgres::replication::Lsn;

/// Maximum entries of a PutRecords request.
const REQUEST_ENTRIES: usize = 500;
/// Maximum bytes of a request, keys included; the service accepts 10 MiB since 2025, and 5 MiB before.
const REQUEST_BYTES: usize = 4 * 1024 * 1024;

/// Records that were captured and are not yet confirmed.
#[derive(Default)]
pub(super) struct Queue {
    records: KeyedQueue<Arc<str>, Bytes>,
    /// Positions, each with the ticket of the record after the last that it covers.
    positions: VecDeque<(Ticket, Lsn)>,
}

impl Queue {
    pub(super) fn push(&mut self, entry: Entry) {
        let bytes = size(&entry.key, &entry.data);
        self.records.push(Some(entry.key), entry.data, bytes);
    }

    /// Marks that everything up to `position` has been pushed.
    pub(super) fn position(&mut self, position: Lsn) {
        let after = self.records.end();
        match self.positions.back_mut() {
            Some((same, last)) if *same == after => *last = position,
            _ => self.positions.push_back((after, position)),
        }
    }

    /// Returns the next request; empty if every key waits for an answer.
    pub(super) fn take(&mut self) -> (Vec<Ticket>, Vec<Entry>) {
        let (mut entries, mut bytes) = (Vec::new(), 0);
        let tickets = self.records.take(|key, data| {
            let Some(key) = key else { return Choice::Stop };
            bytes += size(key, data);
            if entries.len() == REQUEST_ENTRIES || (bytes > REQUEST_BYTES && !entries.is_empty()) {
                return Choice::Stop;
            }
            entries.push(Entry { key: Arc::clone(key), data: data.clone() });
            Choice::Take
        });
        (tickets, entries)
    }

    /// Marks the record as stored: the next one of its key may be sent.
    pub(super) fn stored(&mut self, ticket: Ticket) {
        self.records.done(ticket);
    }

    /// Marks the record as not stored, or unknown: it is sent first when sending continues.
    pub(super) fn failed(&mut self, ticket: Ticket) {
        self.records.put_back(ticket);
    }

    /// Returns the position up to which every record is stored, if it has advanced since the last call.
    pub(super) fn confirmed(&mut self) -> Option<Lsn> {
        let front = self.records.front();
        let mut confirmed = None;
        while let Some((_, position)) = self.positions.front().filter(|(after, _)| *after <= front) {
            confirmed = Some(*position);
            self.positions.pop_front();
        }
        confirmed
    }

    /// Returns the bytes of the unfinished records, keys included.
    pub(super) fn bytes(&self) -> usize {
        self.records.bytes()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}

fn size(key: &str, data: &Bytes) -> usize {
    key.len() + data.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(key: &str, data: &str) -> Entry {
        Entry { key: key.into(), data: Bytes::copy_from_slice(data.as_bytes()) }
    }

    #[test]
    fn positions_are_confirmed_after_their_records() {
        let mut queue = Queue::default();
        for (key, data) in [("a", "1"), ("a", "2"), ("b", "3")] {
            queue.push(entry(key, data));
        }
        queue.position(Lsn(7));
        let (first, entries) = queue.take();
        assert_eq!(entries, [entry("a", "1"), entry("b", "3")]);
        queue.stored(first[1]);
        assert!(queue.take().0.is_empty(), "a2 waits for a1");
        queue.failed(first[0]);
        assert_eq!(queue.take().1, [entry("a", "1")]);
        queue.stored(first[0]);
        assert_eq!(queue.confirmed(), None);
        let (last, _) = queue.take();
        queue.stored(last[0]);
        assert_eq!((queue.confirmed(), queue.confirmed()), (Some(Lsn(7)), None));
        assert!(queue.is_empty() && queue.bytes() == 0);
    }

    #[test]
    fn requests_keep_the_limits() {
        let mut queue = Queue::default();
        (0..600).for_each(|n| queue.push(entry(&n.to_string(), "x")));
        assert_eq!(queue.take().0.len(), REQUEST_ENTRIES);
        let mut queue = Queue::default();
        let large = "x".repeat(REQUEST_BYTES / 2);
        (0..3).for_each(|n| queue.push(entry(&n.to_string(), &large)));
        assert_eq!([queue.take().0.len(), queue.take().0.len(), queue.take().0.len()], [1, 1, 1]);
    }

    proptest! {
        /// All records of every key are stored in order despite failures and late answers, and no position is
        /// confirmed early.
        #[test]
        fn every_key_keeps_its_order(keys in prop::collection::vec(0u8..5, 1..80), choices: Vec<u8>) {
            let mut queue = Queue::default();
            for (at, key) in keys.iter().enumerate() {
                queue.push(entry(&key.to_string(), &at.to_string()));
                queue.position(Lsn(at as u64 + 1));
            }
            let mut stored: Vec<usize> = Vec::new();
            let mut out: Vec<(Ticket, Entry)> = Vec::new();
            let mut choices = choices.into_iter();
            while !queue.is_empty() {
                let (tickets, entries) = queue.take();
                out.extend(tickets.into_iter().zip(entries));
                let choice = choices.next().map_or(0, usize::from);
                let (ticket, sent) = out.swap_remove(choice % out.len());
                if choice % 3 == 1 {
                    queue.failed(ticket);
                    continue;
                }
                stored.push(std::str::from_utf8(&sent.data).unwrap().parse().unwrap());
                queue.stored(ticket);
                if let Some(position) = queue.confirmed() {
                    prop_assert!((0..position.0 as usize).all(|at| stored.contains(&at)));
                }
            }
            prop_assert_eq!(stored.len(), keys.len());
            for key in 0..5 {
                let of_key: Vec<_> = stored.iter().filter(|at| keys[**at] == key).collect();
                prop_assert!(of_key.is_sorted());
            }
        }
    }
}
