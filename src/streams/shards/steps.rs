//! Random changes of a stream, for the property tests of readers.

use proptest::prelude::*;

/// A change of the stream; numbers choose among the open shards.
#[derive(Debug, Clone)]
pub enum Step {
    Put(usize, u8),
    Split(usize),
    Merge(usize, usize),
    /// Lets the reader run for a while.
    Wait,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (any::<usize>(), 1..6u8).prop_map(|(shard, count)| Step::Put(shard, count)),
        1 => any::<usize>().prop_map(Step::Split),
        1 => any::<(usize, usize)>().prop_map(|(one, other)| Step::Merge(one, other)),
        1 => Just(Step::Wait),
    ];
    prop::collection::vec(step, 1..40)
}
