//! The counts of a consumer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;

use crate::base::timing::nearest_rank;

/// Latencies kept for the percentiles; new ones replace the oldest.
const KEPT: usize = 10_000;

/// Counts since the start. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub struct Metrics(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    totals: Totals,
    latencies: Vec<f64>,
    place: usize,
    shards: BTreeMap<String, Shard>,
}

#[derive(Debug, Clone, Copy)]
struct Shard {
    behind: Duration,
    /// Time since which the shard has no records to read and none in flight.
    idle_since: Option<Instant>,
}

/// Counts as in `metrics` lines and in the result.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Totals {
    /// Records read from the stream.
    pub records: u64,
    /// Events processed and marked by this consumer.
    pub processed: u64,
    /// Events that were marked before.
    pub duplicates: u64,
    /// Records stored as failures.
    pub failed: u64,
    /// Records without an event: control records, other tables.
    pub skipped: u64,
    /// Failed attempts of the hook that were retried.
    pub retries: u64,
    pub checkpoints: u64,
    /// Leases taken from a consumer that no longer renewed them.
    pub taken_over: u64,
    /// Shards currently read.
    pub shards: usize,
    /// The largest lag of one of them.
    pub behind_ms: u64,
    /// From commit to mark, of the latest 10,000 events, by the clocks of database and consumer.
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
}

impl Metrics {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    pub fn count(&self, change: impl FnOnce(&mut Totals)) {
        change(&mut self.state().totals);
    }

    /// Records the latency of an event that was just marked.
    pub fn latency(&self, committed_at: DateTime<Utc>) {
        let millis = (Utc::now() - committed_at).num_microseconds().unwrap_or(i64::MAX).max(0) as f64 / 1_000.0;
        let mut state = self.state();
        if state.latencies.len() < KEPT {
            state.latencies.push(millis);
        } else {
            let place = state.place;
            state.latencies[place] = millis;
        }
        state.place = (state.place + 1) % KEPT;
    }

    /// Records the state of a shard after a page was processed.
    pub fn shard(&self, shard: &str, behind: Duration, idle: bool) {
        let mut state = self.state();
        let before = state.shards.get(shard).and_then(|shard| shard.idle_since);
        let idle_since = if idle { before.or_else(|| Some(Instant::now())) } else { None };
        state.shards.insert(shard.to_owned(), Shard { behind, idle_since });
    }

    /// Removes a shard that is no longer read here.
    pub fn forget(&self, shard: &str) {
        self.state().shards.remove(shard);
    }

    /// Returns whether all of `shards` have been idle for `duration`.
    pub fn is_idle<'a>(&self, mut shards: impl Iterator<Item = &'a String>, duration: Duration) -> bool {
        let state = self.state();
        shards.all(|shard| {
            state.shards.get(shard).and_then(|s| s.idle_since).is_some_and(|since| since.elapsed() >= duration)
        })
    }

    pub fn totals(&self) -> Totals {
        let state = self.state();
        let mut sorted = state.latencies.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        Totals {
            shards: state.shards.len(),
            behind_ms: state.shards.values().map(|s| s.behind.as_millis() as u64).max().unwrap_or(0),
            p50_ms: nearest_rank(&sorted, 0.5),
            p99_ms: nearest_rank(&sorted, 0.99),
            ..state.totals.clone()
        }
    }
}
