//! Determines the leases to add and remove for a stream's shards. Pure.

use std::collections::BTreeSet;

use crate::consumer::lease::{Checkpoint, Lease};
use crate::streams::shards::ShardInfo;

/// Returns the leases to add for shards that have none, parents before children, and leases of shards that no longer
/// exist.
///
/// A shard that descends from one with a lease starts with its oldest record, however often the stream was resharded
/// since the last listing: its ancestors are read to their ends first. So does a shard whose parents have expired since
/// then, in a group that has leases. Other shards start at `first`.
pub fn compare(leases: &[Lease], shards: &[ShardInfo], first: Checkpoint) -> (Vec<Lease>, Vec<Lease>) {
    let leased: BTreeSet<&str> = leases.iter().map(|lease| lease.shard.as_str()).collect();
    let there: BTreeSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
    let mut continuing = leased.clone();
    let continues = |shard: &ShardInfo, known: &BTreeSet<&str>| {
        let gone = |parent: &str| !leases.is_empty() && !there.contains(parent);
        shard.parents.iter().any(|parent| known.contains(parent.as_str()) || gone(parent))
    };
    // Repeated until no lease is added: a list may have children before their parents.
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
