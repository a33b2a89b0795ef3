//! A set of event numbers in bounded memory.

use std::collections::BTreeSet;

/// Numbers of events that arrived everywhere: all below a mark, and some above it.
#[derive(Debug, Default)]
pub struct Arrived {
    below: u64,
    pub(super) above: BTreeSet<u64>,
}

impl Arrived {
    pub fn add(&mut self, n: u64) {
        self.above.insert(n);
        while self.above.remove(&self.below) {
            self.below += 1;
        }
    }

    pub fn contains(&self, n: u64) -> bool {
        n < self.below || self.above.contains(&n)
    }
}
