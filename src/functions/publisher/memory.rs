//! Records that this execution environment has delivered and that Lambda will send again.
//!
//! The answer to a batch is one number: Lambda sends everything from the first unfinished record again, including later
//! records that are already delivered. As long as that one record is stuck, they would be published again with each
//! attempt. Lambda usually invokes the same environment again, which therefore remembers them; another one repeats
//! them, which consumers of at-least-once events must handle.

use std::collections::HashSet;

use parking_lot::Mutex;

use super::backlog::Item;
use super::{Report, Source};

/// Maximum number of records, more than the batches of a few shards hold. Records beyond it are forgotten, and then
/// repeated.
const MAX_RECORDS: usize = 50_000;

/// The names of records that are delivered or stored after an unfinished one.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashSet<[String; 4]>>);

/// Returns a record's stream, shard, partition key and sequence number, which is "unique per partition-key within its
/// shard" (PutRecord in the Kinesis API reference).
fn name(source: &Source) -> [String; 4] {
    let origin = &source.origin;
    [&origin.stream_arn, &origin.shard_id, &origin.partition_key, &origin.sequence_number].map(String::clone)
}

impl Memory {
    /// Returns those of `items` that are still to be delivered.
    pub fn outstanding(&self, batch: &[Source], items: Vec<Item>) -> Vec<Item> {
        let done = self.0.lock();
        if done.is_empty() {
            return items;
        }
        items.into_iter().filter(|item| batch.get(item.position).is_none_or(|s| !done.contains(&name(s)))).collect()
    }

    /// Records the outcome of the batch: records after its first unfinished one are sent again, all others are not.
    pub fn keep(&self, batch: &[Source], report: &Report) {
        let mut done = self.0.lock();
        // Without an unfinished record, none is sent again.
        let first = report.unfinished.first().copied().unwrap_or(batch.len());
        for (position, source) in batch.iter().enumerate() {
            // A record without a sequence number can't be identified.
            let is_identified = !source.origin.sequence_number.is_empty();
            if is_identified && position > first && report.unfinished.binary_search(&position).is_err() {
                done.insert(name(source));
            } else {
                done.remove(&name(source));
            }
        }
        if done.len() > MAX_RECORDS {
            done.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::backend::Reason;
    use super::super::backlog::Content;
    use super::*;

    fn batch(numbers: &[&str]) -> Vec<Source> {
        numbers.iter().map(|number| Source::sample(number, b"")).collect()
    }

    fn outstanding(memory: &Memory, batch: &[Source]) -> Vec<usize> {
        let item =
            |position| Item { position, key: None, content: Content::Poison(Reason::new("Undecodable", "not JSON")) };
        memory.outstanding(batch, (0..batch.len()).map(item).collect()).iter().map(|item| item.position).collect()
    }

    #[test]
    fn records_behind_a_stuck_one_are_delivered_once() {
        let (memory, all) = (Memory::default(), batch(&["1", "2", "3", "4", "5"]));
        assert_eq!(outstanding(&memory, &all), [0, 1, 2, 3, 4]);
        memory.keep(&all, &Report { unfinished: vec![1, 3], ..Report::default() });
        // From the first unfinished record, with a new one at the end.
        let again = batch(&["2", "3", "4", "5", "6"]);
        assert_eq!(outstanding(&memory, &again), [0, 2, 4]);
        memory.keep(&again, &Report { unfinished: vec![0], ..Report::default() });
        assert_eq!(outstanding(&memory, &again), [0]);
        assert_eq!(outstanding(&memory, &batch(&["7"])), [0], "another shard's batch");
        memory.keep(&again, &Report::default());
        assert!(memory.0.lock().is_empty(), "what does not come again is forgotten");
    }

    /// A sequence number is unique "per partition-key within its shard" (PutRecord in the Kinesis API reference).
    #[test]
    fn records_of_other_shards_and_keys_may_have_the_same_number() {
        let (memory, all) = (Memory::default(), batch(&["1", "2"]));
        memory.keep(&all, &Report { unfinished: vec![0], ..Report::default() });
        let [mut shard, mut key] = [all.clone(), all.clone()];
        shard[1].origin.shard_id = "shardId-000000000002".into();
        key[1].origin.partition_key = "c-2".into();
        assert_eq!(outstanding(&memory, &all), [0]);
        assert_eq!((outstanding(&memory, &shard), outstanding(&memory, &key)), (vec![0, 1], vec![0, 1]));
    }
}
