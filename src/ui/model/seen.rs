//! Which events were seen where, so that each counts once however often it comes.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::Hop;

/// Events remembered: about 10 MB. An event that comes again after so many others counts as new.
const REMEMBERED: usize = 200_000;

#[derive(Default)]
pub struct Seen {
    marks: HashMap<Uuid, u8>,
    order: VecDeque<Uuid>,
}

impl Seen {
    /// Marks the event at this hop and those it implies; returns the hops at which it is new.
    pub fn mark(&mut self, id: Uuid, hop: Hop) -> Vec<Hop> {
        let marks = self.marks.entry(id).or_insert_with(|| {
            self.order.push_back(id);
            0
        });
        let new: Vec<Hop> = hop.implied().iter().copied().filter(|hop| *marks & bit(*hop) == 0).collect();
        *marks |= new.iter().fold(0, |bits, hop| bits | bit(*hop));
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.marks.remove(&oldest);
        }
        new
    }

    pub fn has(&self, id: Uuid, hop: Hop) -> bool {
        self.marks.get(&id).is_some_and(|marks| marks & bit(hop) != 0)
    }
}

fn bit(hop: Hop) -> u8 {
    1 << hop.index()
}
