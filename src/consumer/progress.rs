//! The checkpoint of a shard: the last record before which all are done. Pure.

use std::collections::VecDeque;

use parking_lot::{Mutex, MutexGuard};

/// Records in progress, in the shard's order.
#[derive(Debug, Default)]
pub struct Progress(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Ticket and sequence number of each record, and whether it is done.
    records: VecDeque<(u64, String, bool)>,
    next: u64,
    unsaved: Option<String>,
}

impl Progress {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// Adds the next record; the ticket is for [`Progress::done`].
    pub fn begin(&self, sequence_number: String) -> u64 {
        let mut state = self.state();
        let ticket = state.next;
        state.next += 1;
        state.records.push_back((ticket, sequence_number, false));
        ticket
    }

    /// Marks a record as processed, skipped, or stored as a failure.
    pub fn done(&self, ticket: u64) {
        let mut state = self.state();
        let first = state.records.front().map_or(state.next, |(first, ..)| *first);
        let place = ticket.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        if let Some(record) = place.and_then(|place| state.records.get_mut(place)) {
            record.2 = true;
        }
    }

    /// Returns the last record up to which all are done; `None` if that is saved.
    pub fn advance(&self) -> Option<String> {
        let mut state = self.state();
        while state.records.front().is_some_and(|(.., done)| *done) {
            state.unsaved = state.records.pop_front().map(|(_, sequence_number, _)| sequence_number);
        }
        state.unsaved.clone()
    }

    /// Records that the result of [`Self::advance`] is saved.
    pub fn saved(&self, sequence_number: &str) {
        self.state().unsaved.take_if(|unsaved| unsaved == sequence_number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// In any order of completion, the checkpoint is before the first record that is not done.
        #[test]
        fn the_checkpoint_never_passes_an_unfinished_record(order in proptest::collection::vec((0usize..40, proptest::bool::ANY), 0..120)) {
            let progress = Progress::default();
            let tickets: Vec<u64> = (0..40).map(|i| progress.begin(i.to_string())).collect();
            let (mut done, mut checkpoint) = ([false; 40], None::<usize>);
            for (i, look) in order {
                progress.done(tickets[i]);
                done[i] = true;
                if look {
                    if let Some(to) = progress.advance() {
                        // A record whose checkpoint could not be saved is returned again.
                        proptest::prop_assert_eq!(progress.advance(), Some(to.clone()));
                        progress.saved(&to);
                        let to: usize = to.parse().expect("a number");
                        proptest::prop_assert!(checkpoint.is_none_or(|before| to > before));
                        checkpoint = Some(to);
                    }
                    proptest::prop_assert_eq!(progress.advance(), None);
                    let expected = done.iter().take_while(|done| **done).count().checked_sub(1);
                    proptest::prop_assert_eq!(checkpoint, expected);
                }
            }
        }
    }
}
