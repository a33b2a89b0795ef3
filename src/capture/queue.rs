//! Which record may be sent next, and up to which position everything is stored. Pure.
//!
//! PutRecords promises no order within a request, and any of its entries may fail alone. So of each key only one record
//! is out at a time; the next waits until that one is stored. Records of different keys fill the requests.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::Entry;
use crate::postgres::replication::Lsn;

/// Most entries a PutRecords request may hold.
const REQUEST_ENTRIES: usize = 500;
/// Bytes a request may hold, keys included; the service takes 10 MiB since 2025, and 5 MiB before.
const REQUEST_BYTES: usize = 4 * 1024 * 1024;

struct Record {
    entry: Entry,
    stored: bool,
}

/// Records that were captured and are not yet confirmed.
#[derive(Default)]
pub(super) struct Queue {
    /// Number of the first record in `records`.
    first: u64,
    records: VecDeque<Record>,
    /// Numbers of the records that may be sent now.
    ready: VecDeque<u64>,
    /// For each key with a record that is ready or out: the numbers of those behind it.
    behind: HashMap<Arc<str>, VecDeque<u64>>,
    /// Positions, each with the number of the record after the last that it covers.
    positions: VecDeque<(u64, Lsn)>,
    bytes: usize,
}

impl Queue {
    pub(super) fn push(&mut self, entry: Entry) {
        let number = self.first + self.records.len() as u64;
        self.bytes += size(&entry);
        match self.behind.get_mut(&entry.key) {
            Some(behind) => behind.push_back(number),
            None => {
                self.behind.insert(Arc::clone(&entry.key), VecDeque::new());
                self.ready.push_back(number);
            }
        }
        self.records.push_back(Record { entry, stored: false });
    }

    /// Everything up to `position` has been pushed.
    pub(super) fn position(&mut self, position: Lsn) {
        let after = self.first + self.records.len() as u64;
        match self.positions.back_mut() {
            Some((same, last)) if *same == after => *last = position,
            _ => self.positions.push_back((after, position)),
        }
    }

    /// The next request: record numbers, and the entries. Empty where every key waits for an answer.
    pub(super) fn take(&mut self) -> (Vec<u64>, Vec<Entry>) {
        let (mut numbers, mut entries, mut bytes) = (Vec::new(), Vec::new(), 0);
        while let Some(&number) = self.ready.front() {
            let Some(record) = self.record(number) else { break };
            bytes += size(&record.entry);
            if entries.len() == REQUEST_ENTRIES || (bytes > REQUEST_BYTES && !entries.is_empty()) {
                break;
            }
            entries.push(record.entry.clone());
            numbers.push(number);
            self.ready.pop_front();
        }
        (numbers, entries)
    }

    /// The record is in the stream: the next of its key may go.
    pub(super) fn stored(&mut self, number: u64) {
        let Some(record) = self.record(number) else { return };
        let key = Arc::clone(&record.entry.key);
        if let Some(record) = self.records.get_mut((number - self.first) as usize) {
            record.stored = true;
        }
        match self.behind.get_mut(&key).and_then(VecDeque::pop_front) {
            Some(next) => self.ready.push_back(next),
            None => {
                self.behind.remove(&key);
            }
        }
        while self.records.front().is_some_and(|record| record.stored) {
            if let Some(record) = self.records.pop_front() {
                self.bytes -= size(&record.entry);
                self.first += 1;
            }
        }
    }

    /// The record is not in the stream, or nobody knows: it goes first when sending goes on.
    pub(super) fn failed(&mut self, number: u64) {
        self.ready.push_front(number);
    }

    /// The furthest position up to which every record is stored, if it has moved since the last call.
    pub(super) fn confirmed(&mut self) -> Option<Lsn> {
        let mut confirmed = None;
        while let Some((after, position)) = self.positions.front() {
            if *after > self.first {
                break;
            }
            confirmed = Some(*position);
            self.positions.pop_front();
        }
        confirmed
    }

    /// Bytes held, keys included.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn record(&self, number: u64) -> Option<&Record> {
        self.records.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }
}

fn size(entry: &Entry) -> usize {
    entry.key.len() + entry.data.len()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;

    fn entry(key: &str, data: &str) -> Entry {
        Entry { key: key.into(), data: Bytes::copy_from_slice(data.as_bytes()) }
    }

    #[test]
    fn one_record_of_a_key_at_a_time() {
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
    fn a_request_has_its_limits() {
        let mut queue = Queue::default();
        (0..600).for_each(|n| queue.push(entry(&n.to_string(), "x")));
        assert_eq!(queue.take().0.len(), REQUEST_ENTRIES);
        let mut queue = Queue::default();
        let large = "x".repeat(REQUEST_BYTES / 2);
        (0..3).for_each(|n| queue.push(entry(&n.to_string(), &large)));
        assert_eq!([queue.take().0.len(), queue.take().0.len(), queue.take().0.len()], [1, 1, 1]);
    }

    proptest! {
        /// Whatever fails, in whatever order answers come: every key's records are stored in order, all of them, and
        /// no position is confirmed early.
        #[test]
        fn order_and_positions_hold(keys in prop::collection::vec(0u8..5, 1..80), choices: Vec<u8>) {
            let mut queue = Queue::default();
            for (at, key) in keys.iter().enumerate() {
                queue.push(entry(&key.to_string(), &at.to_string()));
                queue.position(Lsn(at as u64 + 1));
            }
            let mut stored: Vec<usize> = Vec::new();
            let mut out: Vec<(u64, Entry)> = Vec::new();
            let mut choices = choices.into_iter();
            while !queue.is_empty() {
                let (numbers, entries) = queue.take();
                out.extend(numbers.into_iter().zip(entries));
                let choice = choices.next().map_or(0, usize::from);
                let (number, sent) = out.swap_remove(choice % out.len());
                if choice % 3 == 1 {
                    queue.failed(number);
                    continue;
                }
                stored.push(std::str::from_utf8(&sent.data).unwrap().parse().unwrap());
                queue.stored(number);
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
