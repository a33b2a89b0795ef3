//! Which leases the shards of a stream ask for. Pure.

use std::collections::BTreeSet;

use crate::consumer::lease::{Checkpoint, Lease};
use crate::streams::kinesis::ShardInfo;

/// Leases to add for shards that have none, parents before children, and leases of shards that are gone.
///
/// A shard that descends from one with a lease begins with its oldest record, however often the stream was resharded
/// since anybody looked: its ancestors are read to their ends first. So does one whose parents expired meanwhile, in a group
/// that has leases. Others begin at `first`.
pub fn compare(leases: &[Lease], shards: &[ShardInfo], first: Checkpoint) -> (Vec<Lease>, Vec<Lease>) {
    let leased: BTreeSet<&str> = leases.iter().map(|lease| lease.shard.as_str()).collect();
    let there: BTreeSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
    let mut continuing = leased.clone();
    let continues = |shard: &ShardInfo, known: &BTreeSet<&str>| {
        let gone = |parent: &str| !leases.is_empty() && !there.contains(parent);
        shard.parents.iter().any(|parent| known.contains(parent.as_str()) || gone(parent))
    };
    // Again until nothing is added: a list may have children before their parents.
    loop {
        let more = shards.iter().filter(|shard| !continuing.contains(shard.id.as_str()));
        let more: Vec<&str> = more.filter(|shard| continues(shard, &continuing)).map(|s| s.id.as_str()).collect();
        if more.is_empty() {
            break;
        }
        continuing.extend(more);
    }
    let fresh = shards.iter().filter(|shard| !leased.contains(shard.id.as_str())).map(|shard| {
        let checkpoint = if continuing.contains(shard.id.as_str()) { Checkpoint::Oldest } else { first.clone() };
        Lease::new(&shard.id, shard.parents.iter().cloned(), checkpoint)
    });
    let gone = leases.iter().filter(|lease| !there.contains(lease.shard.as_str())).cloned();
    (fresh.collect(), gone.collect())
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
