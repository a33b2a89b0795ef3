//! What was committed against what was seen, hop by hop. Pure: no I/O, no clock.
//!
//! An event counts only by its own correlation id, so traffic of others never counts for it. What has arrived everywhere
//! is only counted from then on: memory follows what is under way, not the length of the run.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::latency::Latencies;
use super::order::Order;
use super::report::{AggregateReport, HopReport, Report, Verdict};
use crate::outbox::Recent;
use crate::pipelines::Hop;
use crate::postgres::admin::Inserted;
use crate::streams::Item;

/// Ids and aggregates named in a report; the counts are complete.
const NAMED: usize = 20;
/// Deliveries remembered, so that one that a reader shows twice counts once.
const DELIVERIES: usize = 200_000;
/// Aggregates about which something is wrong that are told apart.
const TROUBLED: usize = 10_000;

/// An event that has not arrived everywhere, or that was seen before its commit was told of.
#[derive(Debug, Default)]
struct Pending {
    /// None until it is told.
    commit: Option<Commit>,
    /// By hop: when it arrived.
    seen: Vec<Option<DateTime<Utc>>>,
}

#[derive(Debug)]
struct Commit {
    aggregate: String,
    at: DateTime<Utc>,
    /// When it was told, by the caller's clock.
    told: TimeDelta,
}

/// What one hop showed.
#[derive(Debug, Default)]
struct Shown {
    first: u64,
    duplicated: u64,
    duplicates: BTreeSet<u64>,
    repeated: u64,
    out_of_order: u64,
    late: BTreeSet<u64>,
    order: Order,
    from_commit: Latencies,
    from_previous: Latencies,
}

/// Everything known of one run.
#[derive(Debug)]
pub struct Ledger {
    /// Begins every correlation id of this run.
    prefix: String,
    run: String,
    /// Where events are committed.
    origin: Hop,
    hops: Vec<Hop>,
    /// The hops at which disorder fails the run; it is counted at all of them.
    ordered: Vec<Hop>,
    /// The hops at which AWS may deliver a record again.
    repeating: Vec<Hop>,
    shown: Vec<Shown>,
    pending: HashMap<u64, Pending>,
    /// How many of those are committed.
    open: usize,
    settled: Settled,
    committed: u64,
    forbidden: BTreeSet<u64>,
    stray: BTreeSet<u64>,
    deliveries: Recent,
    troubled: BTreeMap<String, AggregateReport>,
}

/// Numbers of events that arrived everywhere: all below a mark, and some above it.
#[derive(Debug, Default)]
struct Settled {
    below: u64,
    above: BTreeSet<u64>,
}

impl Settled {
    fn add(&mut self, n: u64) {
        self.above.insert(n);
        while self.above.remove(&self.below) {
            self.below += 1;
        }
    }

    fn contains(&self, n: u64) -> bool {
        n < self.below || self.above.contains(&n)
    }
}

impl Ledger {
    /// Correlation ids of the run are `{run}-{n}`. Events are committed at `origin` and pass `hops` in this order; at those
    /// in `ordered`, disorder fails the run.
    pub fn new(run: impl Into<String>, origin: Hop, hops: &[Hop], ordered: &[Hop]) -> Self {
        let run = run.into();
        Self {
            prefix: format!("{run}-"),
            run,
            origin,
            hops: hops.to_vec(),
            ordered: ordered.to_vec(),
            repeating: Vec::new(),
            shown: hops.iter().map(|_| Shown::default()).collect(),
            pending: HashMap::new(),
            open: 0,
            settled: Settled::default(),
            committed: 0,
            forbidden: BTreeSet::new(),
            stray: BTreeSet::new(),
            deliveries: Recent::new(DELIVERIES),
            troubled: BTreeMap::new(),
        }
    }

    /// Names the hops at which a record may come again without a fault of the pipeline; that is counted, and not judged.
    pub fn repeating(mut self, hops: &[Hop]) -> Self {
        self.repeating = hops.to_vec();
        self
    }

    /// An event that was committed and must arrive once everywhere. `told` is the time by a clock of the caller's.
    pub fn commit(&mut self, event: Inserted, told: TimeDelta) {
        self.committed += 1;
        self.open += 1;
        let pending = self.pending.entry(event.n).or_default();
        pending.commit = Some(Commit { aggregate: event.aggregate_id, at: event.committed_at, told });
        pending.seen.resize(self.hops.len(), None);
        self.settle(event.n);
    }

    /// An event that was rolled back and must arrive nowhere.
    pub fn forbid(&mut self, event: &Inserted) {
        self.forbidden.insert(event.n);
        if self.pending.remove(&event.n).is_some() {
            self.stray.insert(event.n);
        }
    }

    /// Something was seen; false where it is not of this run. It may come before its commit is known of.
    pub fn see(&mut self, item: &Item) -> bool {
        let n = item.event.correlation_id.as_ref().and_then(|id| id.strip_prefix(&self.prefix)?.parse::<u64>().ok());
        let (Some(n), Some(hop)) = (n, self.hops.iter().position(|hop| *hop == item.hop)) else { return false };
        if !self.deliveries.is_new(&format!("{hop}/{}", item.origin.delivery())) {
            // A reader shows a delivery once. What has the same event id is the bus's own repetition.
            self.shown[hop].repeated += u64::from(matches!(item.hop, Hop::Bus | Hop::Log));
            return false;
        }
        if self.forbidden.contains(&n) {
            self.stray.insert(n);
            return true;
        }
        let shown = &mut self.shown[hop];
        let aggregate = item.event.aggregate_id.as_deref().unwrap_or("?");
        let settled = self.settled.contains(n);
        if settled || self.pending.get(&n).is_some_and(|pending| pending.seen[hop].is_some()) {
            if self.repeating.contains(&item.hop) {
                shown.repeated += 1;
                return true;
            }
            shown.duplicated += 1;
            name(&mut shown.duplicates, n);
            trouble(&mut self.troubled, aggregate, |counts| counts.duplicated += 1);
            return true;
        }
        shown.first += 1;
        if let Some(sequence) = item.event.sequence {
            let key = match item.hop {
                Hop::Bus | Hop::Log => item.at.timestamp_micros(),
                _ => shown.first as i64,
            };
            for late in shown.order.see(aggregate, n, key, sequence) {
                shown.out_of_order += 1;
                name(&mut shown.late, late);
                if self.ordered.contains(&item.hop) {
                    trouble(&mut self.troubled, aggregate, |counts| counts.out_of_order += 1);
                }
            }
        }
        let pending = self.pending.entry(n).or_default();
        pending.seen.resize(self.hops.len(), None);
        pending.seen[hop] = Some(item.at);
        self.settle(n);
        true
    }

    /// Lets go of an event that is committed and was seen everywhere.
    fn settle(&mut self, n: u64) {
        let Some(pending) = self.pending.get(&n) else { return };
        if pending.commit.is_some() && pending.seen.iter().all(Option::is_some) {
            measure(&mut self.shown, pending);
            self.pending.remove(&n);
            self.settled.add(n);
            self.open -= 1;
        }
    }

    /// Every committed event was seen at every hop.
    pub fn is_complete(&self) -> bool {
        self.open == 0
    }

    /// Whether an event that was told of before then has not arrived everywhere.
    pub fn is_overdue(&self, before: TimeDelta) -> bool {
        self.pending.values().any(|pending| pending.commit.as_ref().is_some_and(|commit| commit.told < before))
    }

    /// How many events each hop showed, in hop order.
    pub fn arrived(&self) -> Vec<(Hop, u64)> {
        self.hops.iter().copied().zip(self.shown.iter().map(|shown| shown.first)).collect()
    }

    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// The judgement on what is known now; nothing is added to the ledger after it.
    pub fn report(mut self) -> Report {
        let pending = std::mem::take(&mut self.pending);
        let short: BTreeMap<u64, &Pending> =
            pending.iter().filter(|(_, pending)| pending.commit.is_some()).map(|(n, pending)| (*n, pending)).collect();
        let mut last_seen = BTreeMap::new();
        for pending in short.values() {
            measure(&mut self.shown, pending);
            let last = pending.seen.iter().rposition(Option::is_some);
            *last_seen.entry(last.map_or(self.origin, |hop| self.hops[hop])).or_insert(0) += 1;
            let aggregate = pending.commit.as_ref().map_or("?", |commit| &commit.aggregate);
            trouble(&mut self.troubled, aggregate, |counts| counts.lost += 1);
        }
        let id = |n: &u64| format!("{}{n}", self.prefix);
        let hops = self.hops.iter().zip(&self.shown).enumerate().map(|(i, (hop, shown))| {
            let lost: Vec<&u64> = short.iter().filter(|(_, p)| p.seen[i].is_none()).map(|(n, _)| n).collect();
            HopReport {
                hop: *hop,
                arrived: self.committed - lost.len() as u64,
                lost: lost.len() as u64,
                duplicated: shown.duplicated,
                repeated: shown.repeated,
                out_of_order: shown.out_of_order,
                order_judged: self.ordered.contains(hop),
                from_commit: shown.from_commit.summary(),
                from_previous: shown.from_previous.summary(),
                lost_events: lost.into_iter().take(NAMED).map(id).collect(),
                duplicated_events: shown.duplicates.iter().map(id).collect(),
                out_of_order_events: shown.late.iter().map(id).collect(),
            }
        });
        let hops: Vec<HopReport> = hops.collect();
        let verdict = Verdict {
            delivered: short.is_empty(),
            once: hops.iter().all(|hop| hop.duplicated == 0),
            in_order: hops.iter().all(|hop| hop.disorder_failed() == 0),
            rolled_back_stayed_away: self.stray.is_empty(),
        };
        let mut aggregates: Vec<AggregateReport> = self.troubled.into_values().collect();
        aggregates
            .sort_by_key(|aggregate| std::cmp::Reverse(aggregate.lost + aggregate.duplicated + aggregate.out_of_order));
        aggregates.truncate(NAMED);
        Report {
            run: self.run,
            origin: self.origin,
            committed: self.committed,
            rolled_back: self.forbidden.len(),
            rolled_back_arrived: self.stray.iter().map(|n| format!("{}{n}", self.prefix)).collect(),
            hops,
            aggregates,
            last_seen,
            verdict,
            timed_out: false,
            seconds: 0.0,
        }
    }
}

/// Adds an event's latencies, as far as it came.
fn measure(shown: &mut [Shown], pending: &Pending) {
    let Some(commit) = &pending.commit else { return };
    let mut previous = None;
    for (shown, at) in shown.iter_mut().zip(&pending.seen) {
        if let Some(at) = at {
            shown.from_commit.add(*at - commit.at);
            if let Some(previous) = previous {
                shown.from_previous.add(*at - previous);
            }
        }
        previous = *at;
    }
}

fn name(named: &mut BTreeSet<u64>, n: u64) {
    if named.len() < NAMED {
        named.insert(n);
    }
}

fn trouble(
    troubled: &mut BTreeMap<String, AggregateReport>,
    aggregate: &str,
    count: impl FnOnce(&mut AggregateReport),
) {
    if troubled.len() < TROUBLED || troubled.contains_key(aggregate) {
        let empty = || AggregateReport { aggregate_id: aggregate.to_owned(), lost: 0, duplicated: 0, out_of_order: 0 };
        count(troubled.entry(aggregate.to_owned()).or_insert_with(empty));
    }
}

#[cfg(test)]
mod tests;
