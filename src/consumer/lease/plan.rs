//! Decides which leases a worker takes, asks for, or leaves. Pure: the clock is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::{Checkpoint, Lease};
use crate::streams::shards::follows;

/// Remembers since when each lease's counter is unchanged.
#[derive(Debug, Default)]
pub struct Watch {
    seen: BTreeMap<String, (u64, Instant)>,
    moved: BTreeSet<String>,
}

impl Watch {
    /// Records the state of the leases at `now`.
    pub fn observe(&mut self, leases: &[Lease], now: Instant) {
        self.seen.retain(|shard, _| leases.iter().any(|lease| lease.shard == *shard));
        self.moved.retain(|shard| leases.iter().any(|lease| lease.shard == *shard));
        for lease in leases {
            let entry = self.seen.entry(lease.shard.clone()).or_insert((lease.counter, now));
            if entry.0 != lease.counter {
                *entry = (lease.counter, now);
                self.moved.insert(lease.shard.clone());
            }
        }
    }

    /// Returns whether the lease was renewed since the watch began.
    pub fn has_moved(&self, lease: &Lease) -> bool {
        self.moved.contains(&lease.shard)
    }

    /// Returns whether the lease was not renewed for `duration`.
    pub fn is_expired(&self, lease: &Lease, duration: Duration, now: Instant) -> bool {
        self.seen
            .get(&lease.shard)
            .is_some_and(|(counter, since)| *counter == lease.counter && now.duration_since(*since) > duration)
    }
}

/// The next actions of a worker.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Leases without a live owner, to take.
    pub take: Vec<Lease>,
    /// A lease of a worker that has too many, to ask for.
    pub ask: Option<Lease>,
}

/// Decides for worker `me`. If every worker decides so from the same leases, each gets its share: the readable leases
/// divided by the live workers, rounded up.
///
/// A child is readable once every parent that has a lease is at its end.
pub fn plan(leases: &[Lease], me: &str, expired: impl Fn(&Lease) -> bool) -> Plan {
    let unfinished: BTreeSet<&str> =
        leases.iter().filter(|l| l.checkpoint != Checkpoint::End).map(|l| l.shard.as_str()).collect();
    let readable = |lease: &&Lease| {
        lease.checkpoint != Checkpoint::End && follows(&lease.parents, |parent| unfinished.contains(parent))
    };
    let mut held: BTreeMap<&str, Vec<&Lease>> = BTreeMap::from([(me, Vec::new())]);
    let mut free = Vec::new();
    for lease in leases.iter().filter(readable) {
        match lease.owner.as_deref() {
            Some(owner) if owner == me || !expired(lease) => held.entry(owner).or_default().push(lease),
            _ => free.push(lease),
        }
    }
    let total = free.len() + held.values().map(Vec::len).sum::<usize>();
    let share = total.div_ceil(held.len());
    let mine = held.get(me).map_or(0, Vec::len);
    let missing = share.saturating_sub(mine);
    // Workers that start together begin at different leases, and so seldom try to take the same one.
    if !free.is_empty() {
        let begin = me.bytes().fold(0usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % free.len();
        free.rotate_left(begin);
    }
    free.truncate(missing);
    let short = free.is_empty() && missing > 0;
    let ask = if short { from_the_richest(&held, me, mine) } else { None };
    Plan { take: free.into_iter().cloned().collect(), ask }
}

/// Returns one lease of the worker that has most, if the difference justifies a change; one at a time, so that two
/// workers do not ask for more than the difference.
fn from_the_richest(held: &BTreeMap<&str, Vec<&Lease>>, me: &str, mine: usize) -> Option<Lease> {
    if held.values().flatten().any(|lease| lease.wanted_by.as_deref() == Some(me)) {
        return None;
    }
    let (_, theirs) = held.iter().filter(|(owner, _)| **owner != me).max_by_key(|(_, leases)| leases.len())?;
    let spare = theirs.iter().find(|lease| lease.wanted_by.is_none())?;
    (theirs.len() >= mine + 2).then(|| (*spare).clone())
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
