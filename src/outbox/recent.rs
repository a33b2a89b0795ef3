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

/// The ids seen last, up to an age: each has a time, such as milliseconds since 1970.
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

    /// Removes the ids from before `time`.
    pub fn forget_before(&mut self, time: i64) {
        self.seen.retain(|_, at| *at >= time);
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
    fn ids_are_forgotten_by_their_time() {
        let mut window = Window::default();
        assert!(window.is_new("a", 10) && window.is_new("b", 20));
        window.forget_before(20);
        assert!(window.is_new("a", 10), "forgotten");
        assert!(!window.is_new("b", 20), "not older than the limit");
    }
}
