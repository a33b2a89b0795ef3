//! Detects recently seen ids, in bounded memory.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};

/// Hashes ids to 128 bits: some tens of bytes each in a set, however long the ids are. A collision is not to be expected
/// in the lifetime of the machine.
#[derive(Debug, Default)]
struct Hasher([RandomState; 2]);

impl Hasher {
    fn hash(&self, id: impl Hash) -> u128 {
        let [high, low] = self.0.each_ref().map(|hasher| u128::from(hasher.hash_one(&id)));
        high << 64 | low
    }
}

/// The ids seen last, up to a number.
#[derive(Debug)]
pub struct Recent {
    limit: usize,
    hasher: Hasher,
    seen: HashSet<u128>,
    order: VecDeque<u128>,
}

impl Recent {
    /// Returns a memory of up to `limit` ids.
    pub fn new(limit: usize) -> Self {
        Self { limit, hasher: Hasher::default(), seen: HashSet::new(), order: VecDeque::new() }
    }

    /// Records an id; returns true the first time.
    pub fn is_new(&mut self, id: impl Hash) -> bool {
        let hash = self.hasher.hash(id);
        if !self.seen.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        true
    }
}

/// Ids that each have a time, such as milliseconds since 1970. The oldest can be forgotten.
#[derive(Debug, Default)]
pub struct Window {
    hasher: Hasher,
    seen: HashMap<u128, i64>,
}

impl Window {
    /// Records an id with its time; returns true the first time.
    pub fn is_new(&mut self, id: impl Hash, time: i64) -> bool {
        self.seen.insert(self.hasher.hash(id), time).is_none()
    }

    /// Returns the number of ids.
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Forgets the oldest ids, so that at most `count` remain. Returns a time: every id since then is remembered.
    pub fn keep_newest(&mut self, count: usize) -> i64 {
        let Some(surplus) = self.seen.len().checked_sub(count + 1) else { return i64::MIN };
        let mut times: Vec<i64> = self.seen.values().copied().collect();
        let (_, last, _) = times.select_nth_unstable(surplus);
        let since = last.saturating_add(1);
        self.seen.retain(|_, at| *at >= since);
        since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_id_is_forgotten_first() {
        let mut recent = Recent::new(2);
        let new: Vec<bool> = ["a", "b", "a", "c", "b", "a"].iter().map(|id| recent.is_new(id)).collect();
        assert_eq!(new, [true, true, false, true, false, true]);
    }

    #[test]
    fn the_ids_with_the_oldest_times_are_forgotten() {
        let mut window = Window::default();
        for (id, time) in [("d", 40), ("a", 10), ("c", 30), ("b", 20), ("b2", 20)] {
            assert!(window.is_new(id, time));
        }
        assert_eq!((window.keep_newest(5), window.len()), (i64::MIN, 5));
        // Of the same time as the last one that must be forgotten: the caller can name only times.
        assert_eq!((window.keep_newest(3), window.len()), (21, 2));
        assert!(window.is_new("a", 10) && window.is_new("b", 20), "forgotten");
        assert!(!window.is_new("c", 30) && !window.is_new("d", 40), "remembered");
    }
}
