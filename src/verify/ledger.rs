//! Compares committed events with seen ones, hop by hop. Pure: no I/O, no clock.
//!
//! Events are matched by correlation id, so events of other writers never count. An event that arrived everywhere is
//! only counted from then on: memory depends on the events in flight, not on the length of the run.

mod summary;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::arrived::Arrived;
use super::latency::Latencies;
use super::order::Order;
use super::report::AggregateReport;
use crate::deployment::samples::Inserted;
use crate::outbox::Recent;
use crate::pipelines::Hop;
use crate::streams::Item;

/// Maximum ids and aggregates named in a report; the counts are complete.
const NAMED: usize = 20;
/// Deliveries remembered, so that one that a reader returns twice counts once.
const DELIVERIES: usize = 200_000;
/// Maximum aggregates with findings of which each is counted by itself.
const MAX_FINDINGS: usize = 10_000;

/// An event that has not arrived everywhere, or that was seen before its commit was reported.
#[derive(Debug, Default)]
struct Pending {
    /// `None` until its commit is reported.
    commit: Option<Commit>,
    /// Time of arrival at each hop.
    seen: Vec<Option<DateTime<Utc>>>,
}

#[derive(Debug)]
struct Commit {
    aggregate: String,
    at: DateTime<Utc>,
    /// Time of the report, by the caller's clock.
    reported: TimeDelta,
}

/// The events seen at one hop.
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

/// All data of one run.
#[derive(Debug)]
pub struct Ledger {
    /// Prefix of every correlation id of this run, before a hyphen.
    run: String,
    /// The hop at which events are committed.
    origin: Hop,
    hops: Vec<Hop>,
    /// The hops at which events out of order fail the run; they are counted at all hops.
    ordered: Vec<Hop>,
    /// The hops at which AWS may deliver a record again.
    repeating: Vec<Hop>,
    shown: Vec<Shown>,
    pending: HashMap<u64, Pending>,
    /// Number of these that are committed.
    open: usize,
    everywhere: Arrived,
    committed: u64,
    forbidden: BTreeSet<u64>,
    stray: BTreeSet<u64>,
    deliveries: Recent,
    findings: BTreeMap<String, AggregateReport>,
}

impl Ledger {
    /// Creates the ledger of a run. Correlation ids are `{run}-{n}`. Events are committed at `origin` and pass `hops`
    /// in this order; at those in `ordered`, events out of order fail the run.
    pub fn new(run: impl Into<String>, origin: Hop, hops: &[Hop], ordered: &[Hop]) -> Self {
        Self {
            run: run.into(),
            origin,
            hops: hops.to_vec(),
            ordered: ordered.to_vec(),
            repeating: Vec::new(),
            shown: hops.iter().map(|_| Shown::default()).collect(),
            pending: HashMap::new(),
            open: 0,
            everywhere: Arrived::default(),
            committed: 0,
            forbidden: BTreeSet::new(),
            stray: BTreeSet::new(),
            deliveries: Recent::new(DELIVERIES),
            findings: BTreeMap::new(),
        }
    }

    /// Sets the hops at which AWS may deliver a record again; such deliveries are counted and do not fail the run.
    pub fn repeating(mut self, hops: &[Hop]) -> Self {
        self.repeating = hops.to_vec();
        self
    }

    /// Adds an event that was committed and must arrive once everywhere. `reported` is the time by the caller's clock.
    pub fn commit(&mut self, event: Inserted, reported: TimeDelta) {
        self.committed += 1;
        self.open += 1;
        let pending = self.pending.entry(event.n).or_default();
        pending.commit = Some(Commit { aggregate: event.aggregate_id, at: event.committed_at, reported });
        pending.seen.resize(self.hops.len(), None);
        self.remove_if_complete(event.n);
    }

    /// Adds an event that was rolled back and must not arrive.
    pub fn forbid(&mut self, event: &Inserted) {
        self.forbidden.insert(event.n);
        if self.pending.remove(&event.n).is_some() {
            self.stray.insert(event.n);
        }
    }

    /// Adds a seen item; returns false if it is not of this run. It may precede the report of its commit.
    pub fn see(&mut self, item: &Item) -> bool {
        let number = |id: &String| id.strip_prefix(&self.run)?.strip_prefix('-')?.parse::<u64>().ok();
        let n = item.event.correlation_id.as_ref().and_then(number);
        let (Some(n), Some(hop)) = (n, self.hops.iter().position(|hop| *hop == item.hop)) else { return false };
        if !self.deliveries.is_new(format!("{hop}/{}", item.origin.delivery())) {
            // A reader returns a delivery once. A delivery with the same event id is a repetition by the bus.
            self.shown[hop].repeated += u64::from(matches!(item.hop, Hop::Bus | Hop::Log));
            return false;
        }
        if self.forbidden.contains(&n) {
            self.stray.insert(n);
            return true;
        }
        let shown = &mut self.shown[hop];
        let aggregate = item.event.aggregate_id.as_deref().unwrap_or("?");
        let everywhere = self.everywhere.contains(n);
        if everywhere || self.pending.get(&n).is_some_and(|pending| pending.seen[hop].is_some()) {
            if self.repeating.contains(&item.hop) {
                shown.repeated += 1;
                return true;
            }
            shown.duplicated += 1;
            name(&mut shown.duplicates, n);
            count_finding(&mut self.findings, aggregate, |counts| counts.duplicated += 1);
            return true;
        }
        shown.first += 1;
        // Without a sequence, the number counts: each aggregate is written in the order of its numbers.
        let sequence = item.event.sequence.unwrap_or(n as i64);
        let key = match item.hop {
            Hop::Bus | Hop::Log => item.at.timestamp_micros(),
            _ => shown.first as i64,
        };
        for late in shown.order.see(aggregate, n, key, sequence) {
            shown.out_of_order += 1;
            name(&mut shown.late, late);
            if self.ordered.contains(&item.hop) {
                count_finding(&mut self.findings, aggregate, |counts| counts.out_of_order += 1);
            }
        }
        let pending = self.pending.entry(n).or_default();
        pending.seen.resize(self.hops.len(), None);
        pending.seen[hop] = Some(item.at);
        self.remove_if_complete(n);
        true
    }

    /// Removes an event that is committed and was seen everywhere.
    fn remove_if_complete(&mut self, n: u64) {
        let Some(pending) = self.pending.get(&n) else { return };
        if pending.commit.is_some() && pending.seen.iter().all(Option::is_some) {
            measure(&mut self.shown, pending);
            self.pending.remove(&n);
            self.everywhere.add(n);
            self.open -= 1;
        }
    }

    /// Returns whether every committed event was seen at every hop.
    pub fn is_complete(&self) -> bool {
        self.open == 0
    }

    /// Returns whether an event whose commit was reported before then has not arrived everywhere.
    pub fn is_overdue(&self, before: TimeDelta) -> bool {
        self.pending.values().any(|pending| pending.commit.as_ref().is_some_and(|commit| commit.reported < before))
    }

    /// Returns the number of events seen at each hop, in hop order.
    pub fn arrived(&self) -> Vec<(Hop, u64)> {
        self.hops.iter().copied().zip(self.shown.iter().map(|shown| shown.first)).collect()
    }

    pub fn committed(&self) -> u64 {
        self.committed
    }
}

/// Adds the latencies of an event up to the last hop that saw it.
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

fn count_finding(
    findings: &mut BTreeMap<String, AggregateReport>,
    aggregate: &str,
    count: impl FnOnce(&mut AggregateReport),
) {
    if findings.len() < MAX_FINDINGS || findings.contains_key(aggregate) {
        let empty = || AggregateReport { aggregate_id: aggregate.to_owned(), ..AggregateReport::default() };
        count(findings.entry(aggregate.to_owned()).or_insert_with(empty));
    }
}

#[cfg(test)]
pub(super) mod tests;
