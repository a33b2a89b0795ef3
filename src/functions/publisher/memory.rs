//! What this execution environment has delivered and Lambda will hand over again.
//!
//! A stream's batch is answered with one number: everything from the first unfinished record on comes again, the records
//! behind it that other aggregates are done with among them. For as long as that one record is stuck, they would go out
//! again with each attempt. Lambda mostly calls the same environment again, which therefore remembers them; another one
//! knows nothing and repeats them, as a consumer of at-least-once events must bear.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::backlog::Item;
use super::{Report, Source};

/// More than the batches of a few shards hold. What is beyond is forgotten, and then repeated.
const MOST: usize = 50_000;

/// Stream and sequence number of records that are delivered or kept, behind one that is not.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashSet<(String, String)>>);

fn name(source: &Source) -> (String, String) {
    (source.origin.stream_arn.clone(), source.origin.sequence_number.clone())
}

impl Memory {
    /// What of `items` is still to be delivered.
    pub fn outstanding(&self, batch: &[Source], items: Vec<Item>) -> Vec<Item> {
        let done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if done.is_empty() {
            return items;
        }
        items.into_iter().filter(|item| batch.get(item.position).is_none_or(|s| !done.contains(&name(s)))).collect()
    }

    /// Takes note of how the batch ended: what is behind its first unfinished record comes again, all else does not.
    pub fn keep(&self, batch: &[Source], report: &Report) {
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Without one, nothing comes again.
        let first = report.unfinished.first().copied().unwrap_or(batch.len());
        for (position, source) in batch.iter().enumerate() {
            // One without a number can't be told from others.
            let told_apart = !source.origin.sequence_number.is_empty();
            if told_apart && position > first && report.unfinished.binary_search(&position).is_err() {
                done.insert(name(source));
            } else {
                done.remove(&name(source));
            }
        }
        if done.len() > MOST {
            done.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::super::backend::Reason;
    use super::super::backlog::Content;
    use super::*;

    fn batch(numbers: &[&str]) -> Vec<Source> {
        let source = |number: &&str| Source {
            origin: Origin {
                stream_arn: "s".into(),
                shard_id: String::new(),
                sequence_number: (*number).to_owned(),
                partition_key: String::new(),
                arrived_at: chrono::DateTime::UNIX_EPOCH,
            },
            data: Vec::new(),
            event_id: None,
        };
        numbers.iter().map(source).collect()
    }

    fn outstanding(memory: &Memory, batch: &[Source]) -> Vec<usize> {
        let item =
            |position| Item { position, key: None, content: Content::Poison(Reason::new("Undecodable", "not JSON")) };
        memory.outstanding(batch, (0..batch.len()).map(item).collect()).iter().map(|item| item.position).collect()
    }

    #[test]
    fn while_one_record_is_stuck_the_others_go_out_once() {
        let (memory, all) = (Memory::default(), batch(&["1", "2", "3", "4", "5"]));
        assert_eq!(outstanding(&memory, &all), [0, 1, 2, 3, 4]);
        memory.keep(&all, &Report { unfinished: vec![1, 3], ..Report::default() });
        // From the first unfinished record on, with a new one behind.
        let again = batch(&["2", "3", "4", "5", "6"]);
        assert_eq!(outstanding(&memory, &again), [0, 2, 4]);
        memory.keep(&again, &Report { unfinished: vec![0], ..Report::default() });
        assert_eq!(outstanding(&memory, &again), [0]);
        assert_eq!(outstanding(&memory, &batch(&["7"])), [0], "another shard's batch");
        memory.keep(&again, &Report::default());
        assert!(memory.0.lock().unwrap().is_empty(), "what does not come again is forgotten");
    }
}
