//! The steps at which events were seen, so that each counts once.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::Step;

/// Events remembered: about 13 MB. An event that is repeated after so many others counts as new.
const REMEMBERED: usize = 200_000;

pub struct Seen {
    marks: HashMap<Uuid, u8>,
    order: VecDeque<Uuid>,
}

impl Default for Seen {
    /// Allocates all of its memory, which the system provides as it is used: maps that grow leave their former
    /// allocations behind as fragments. A map that is more than half full grows when removed entries have used up the rest
    /// of it (`reserve_rehash` of hashbrown, the implementation of `HashMap`).
    fn default() -> Self {
        let most = REMEMBERED + 1;
        Self { marks: HashMap::with_capacity(2 * most), order: VecDeque::with_capacity(most) }
    }
}

impl Seen {
    /// Marks the event at this step and those it implies; returns the steps at which it is new.
    pub fn mark(&mut self, id: Uuid, step: Step) -> Vec<Step> {
        let marks = self.marks.entry(id).or_insert_with(|| {
            self.order.push_back(id);
            0
        });
        let new: Vec<Step> = step.implied().iter().copied().filter(|step| *marks & bit(*step) == 0).collect();
        *marks |= new.iter().fold(0, |bits, step| bits | bit(*step));
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.marks.remove(&oldest);
        }
        new
    }

    pub fn has(&self, id: Uuid, step: Step) -> bool {
        self.marks.get(&id).is_some_and(|marks| marks & bit(step) != 0)
    }
}

fn bit(step: Step) -> u8 {
    1 << step.index()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_memory_is_allocated_once() {
        let mut seen = Seen::default();
        let capacity = (seen.marks.capacity(), seen.order.capacity());
        for n in 0..REMEMBERED as u128 * 2 {
            seen.mark(Uuid::from_u128(n), Step::Stream);
        }
        assert_eq!((seen.marks.len(), seen.order.capacity()), (REMEMBERED, capacity.1));
        // Less, by the places of removed entries, and never more.
        assert!(seen.marks.capacity() <= capacity.0, "{} of {}", seen.marks.capacity(), capacity.0);
    }
}
