//! The result of a run, from its ledger.

use std::collections::BTreeMap;

use super::{Ledger, NAMED, Pending, Shown, count_finding, measure};
use crate::pipelines::Hop;
use crate::verify::report::{AggregateReport, HopReport, Report, Verdict};

impl Ledger {
    /// Returns the result.
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
            count_finding(&mut self.findings, aggregate, |counts| counts.lost += 1);
        }
        let id = |n: &u64| format!("{}-{n}", self.run);
        let at_hop = |(i, (hop, shown)): (usize, (&Hop, &Shown))| {
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
        };
        let hops: Vec<HopReport> = self.hops.iter().zip(&self.shown).enumerate().map(at_hop).collect();
        let verdict = Verdict {
            delivered: short.is_empty(),
            once: hops.iter().all(|hop| hop.duplicated == 0),
            in_order: hops.iter().all(|hop| hop.disorder_failed() == 0),
            rolled_back_stayed_away: self.stray.is_empty(),
        };
        Report {
            rolled_back_arrived: self.stray.iter().map(id).collect(),
            run: self.run,
            origin: self.origin,
            committed: self.committed,
            rolled_back: self.forbidden.len(),
            hops,
            aggregates: worst(self.findings),
            last_seen,
            verdict,
            timed_out: false,
            seconds: 0.0,
            limits: Vec::new(),
        }
    }
}

/// Returns the aggregates with the most findings.
fn worst(findings: BTreeMap<String, AggregateReport>) -> Vec<AggregateReport> {
    let mut aggregates: Vec<AggregateReport> = findings.into_values().collect();
    aggregates.sort_by_key(|one| std::cmp::Reverse(one.lost + one.duplicated + one.out_of_order));
    aggregates.truncate(NAMED);
    aggregates
}
