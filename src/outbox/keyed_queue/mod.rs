//! A queue with order per key: selects the items that may be processed next. Pure, without a clock.
//!
//! Items of one key are processed in sequence, in the order in which they were pushed; items of different keys in
//! parallel. [`run_in_order`] drives a queue of futures.

mod driver;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::hash::Hash;
use std::time::Instant;

pub use driver::run_in_order;

/// The identifier of an item in a queue. Later items have larger tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// The decision about an item that may be processed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Takes the item.
    Take,
    /// Leaves the item where it is and offers the next one.
    Pass,
    /// Leaves the item where it is and ends.
    Stop,
}

#[derive(Debug)]
struct Slot<K, T> {
    /// The key; an item without one is never blocked.
    key: Option<K>,
    item: T,
    bytes: usize,
    /// The next item of the key, if any.
    next: Option<Ticket>,
    attempts: u32,
    done: bool,
}

/// Unfinished items. At most one item of each key is taken at a time; the next one follows once it is done.
///
/// Keys take turns: a key that has more items goes to the end of the queue. Items that are done are released once no
/// unfinished item is before them.
#[derive(Debug)]
pub struct KeyedQueue<K, T> {
    /// The ticket of the first slot.
    first: u64,
    slots: VecDeque<Slot<K, T>>,
    ready: VecDeque<Ticket>,
    waiting: BinaryHeap<Reverse<(Instant, Ticket)>>,
    /// The last unfinished item of each key.
    last: HashMap<K, Ticket>,
    bytes: usize,
}

impl<K, T> Default for KeyedQueue<K, T> {
    fn default() -> Self {
        let (slots, ready, waiting, last) = Default::default();
        Self { first: 0, slots, ready, waiting, last, bytes: 0 }
    }
}

impl<K: Clone + Eq + Hash, T> KeyedQueue<K, T> {
    /// Adds an item behind all others of its key; `bytes` counts towards [`KeyedQueue::bytes`].
    pub fn push(&mut self, key: Option<K>, item: T, bytes: usize) {
        let ticket = self.end();
        let before = key.as_ref().and_then(|key| self.last.insert(key.clone(), ticket));
        match before.and_then(|before| self.slot_mut(before)) {
            Some(before) => before.next = Some(ticket),
            None => self.ready.push_back(ticket),
        }
        self.bytes += bytes;
        self.slots.push_back(Slot { key, item, bytes, next: None, attempts: 0, done: false });
    }

    /// Offers the items that may be processed now, and returns the tickets of those that `choose` takes.
    pub fn take(&mut self, mut choose: impl FnMut(Option<&K>, &T) -> Choice) -> Vec<Ticket> {
        let (mut taken, mut passed) = (Vec::new(), 0);
        while let Some(&ticket) = self.ready.get(passed)
            && let Some(slot) = self.slot(ticket)
        {
            match choose(slot.key.as_ref(), &slot.item) {
                Choice::Take => {
                    self.ready.remove(passed);
                    taken.push(ticket);
                }
                Choice::Pass => passed += 1,
                Choice::Stop => break,
            }
        }
        taken
    }

    /// Takes one item.
    pub fn take_one(&mut self) -> Option<Ticket> {
        self.ready.pop_front()
    }

    /// Marks a taken item as done; the next one of its key may follow.
    pub fn done(&mut self, ticket: Ticket) {
        let Some(slot) = self.slot_mut(ticket).filter(|slot| !slot.done) else { return };
        slot.done = true;
        let (next, key) = (slot.next, slot.key.take());
        match (next, key) {
            (Some(next), _) => self.ready.push_back(next),
            (None, Some(key)) => drop(self.last.remove(&key)),
            (None, None) => {}
        }
        while let Some(slot) = self.slots.front().filter(|slot| slot.done) {
            self.bytes -= slot.bytes;
            self.first += 1;
            self.slots.pop_front();
        }
    }

    /// Puts a taken item back, as the first of all that may be taken. To put back several, begin with the last.
    pub fn put_back(&mut self, ticket: Ticket) {
        self.ready.push_front(ticket);
    }

    /// Puts a taken item back, to be offered again at `at` ([`KeyedQueue::wake`]). It blocks its key until then.
    pub fn put_back_until(&mut self, ticket: Ticket, at: Instant) {
        self.waiting.push(Reverse((at, ticket)));
    }

    /// Makes the items ready whose time has come.
    pub fn wake(&mut self, now: Instant) {
        while let Some(Reverse((at, ticket))) = self.waiting.peek().copied()
            && at <= now
        {
            self.waiting.pop();
            self.ready.push_back(ticket);
        }
    }

    /// Returns the time of the first waiting item.
    pub fn next_due(&self) -> Option<Instant> {
        self.waiting.peek().map(|Reverse((at, _))| *at)
    }

    /// Counts a failed attempt at an item, and returns how many there were.
    pub fn count_attempt(&mut self, ticket: Ticket) -> u32 {
        let Some(slot) = self.slot_mut(ticket) else { return 1 };
        slot.attempts += 1;
        slot.attempts
    }

    /// Replaces an unfinished item and forgets its attempts. It keeps its place.
    pub fn replace(&mut self, ticket: Ticket, change: impl FnOnce(&mut T)) {
        if let Some(slot) = self.slot_mut(ticket) {
            slot.attempts = 0;
            change(&mut slot.item);
        }
    }

    /// Returns the unfinished items, in the order in which they were pushed.
    pub fn unfinished(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter(|slot| !slot.done).map(|slot| &slot.item)
    }

    /// Returns the ticket of the first unfinished item; if all are done, that of the next one to be pushed.
    pub fn front(&self) -> Ticket {
        Ticket(self.first)
    }

    /// Returns the ticket of the next item to be pushed.
    pub fn end(&self) -> Ticket {
        Ticket(self.first + self.slots.len() as u64)
    }

    /// Returns the bytes of the unfinished items and of those that are done after one of them.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn at(&self, ticket: Ticket) -> Option<usize> {
        usize::try_from(ticket.0.checked_sub(self.first)?).ok()
    }

    fn slot(&self, ticket: Ticket) -> Option<&Slot<K, T>> {
        self.slots.get(self.at(ticket)?)
    }

    fn slot_mut(&mut self, ticket: Ticket) -> Option<&mut Slot<K, T>> {
        let at = self.at(ticket)?;
        self.slots.get_mut(at)
    }
}

/// Arranges the items so that keys take turns: one item of each key, then the next one of each. The order within a key
/// is kept.
pub fn round_robin<K: Clone + Eq + Hash, T>(items: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let (mut arranged, mut queue) = (Vec::with_capacity(items.len()), KeyedQueue::default());
    for item in items {
        queue.push(Some(key(&item)), Some(item), 0);
    }
    while let Some(ticket) = queue.take_one() {
        queue.replace(ticket, |item| arranged.extend(item.take()));
        queue.done(ticket);
    }
    arranged
}
