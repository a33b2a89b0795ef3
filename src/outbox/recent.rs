//! Detects recently seen ids, in bounded memory.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};

/// The ids seen last, as 128-bit hashes: some tens of bytes each, however long the ids are. A collision is not to be
/// expected in the lifetime of the machine.
#[derive(Debug)]
pub struct Recent {
    limit: usize,
    hashers: [RandomState; 2],
    seen: HashSet<u128>,
    order: VecDeque<u128>,
}

impl Recent {
    /// Returns a memory of up to `limit` ids.
    pub fn new(limit: usize) -> Self {
        let hashers = [RandomState::new(), RandomState::new()];
        Self { limit, hashers, seen: HashSet::new(), order: VecDeque::new() }
    }

    /// Records an id; returns true the first time.
    pub fn is_new(&mut self, id: impl Hash) -> bool {
        let [high, low] = self.hashers.each_ref().map(|hasher| u128::from(hasher.hash_one(&id)));
        let hash = high << 64 | low;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_id_is_forgotten_first() {
        let mut recent = Recent::new(2);
        let new: Vec<bool> = ["a", "b", "a", "c", "b", "a"].iter().map(|id| recent.is_new(id)).collect();
        assert_eq!(new, [true, true, false, true, false, true]);
    }
}
