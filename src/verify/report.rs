//! What `verify` found, for machines and for people.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::output::Table;
use crate::streams::Hop;

/// The whole result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Begins every correlation id of the run.
    pub run: String,
    pub committed: usize,
    pub rolled_back: usize,
    /// Correlation ids of rolled-back events that arrived all the same.
    pub rolled_back_arrived: Vec<String>,
    /// In the order that events pass them.
    pub hops: Vec<HopReport>,
    /// Events that did not arrive everywhere, by the last hop that saw them.
    pub last_seen: BTreeMap<String, usize>,
    pub verdict: Verdict,
    /// The time limit ended the run.
    pub timed_out: bool,
}

/// One hop. Lists name the first 20; counts are complete.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HopReport {
    pub hop: Hop,
    pub arrived: usize,
    pub lost: usize,
    pub duplicated: usize,
    pub out_of_order: usize,
    /// From the commit to the arrival, by the clocks of database and hop.
    pub from_commit: Option<Latency>,
    pub from_previous: Option<Latency>,
    pub lost_events: Vec<String>,
    pub duplicated_events: Vec<String>,
    pub out_of_order_events: Vec<String>,
}

/// What held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub delivered: bool,
    pub once: bool,
    pub in_order: bool,
    pub rolled_back_stayed_away: bool,
}

impl Verdict {
    pub fn passed(&self) -> bool {
        self.delivered && self.once && self.in_order && self.rolled_back_stayed_away
    }
}

/// Milliseconds; below zero counts as zero, since two clocks are compared.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Latency {
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
}

impl Latency {
    /// Of pairs (later, earlier); None where there are none. Percentiles are nearest-rank.
    pub fn of(pairs: impl Iterator<Item = (DateTime<Utc>, DateTime<Utc>)>) -> Option<Self> {
        let millis = |(later, earlier): (DateTime<Utc>, DateTime<Utc>)| {
            (later - earlier).num_microseconds().unwrap_or(i64::MAX).max(0) as f64 / 1_000.0
        };
        let mut all: Vec<f64> = pairs.map(millis).collect();
        all.sort_unstable_by(f64::total_cmp);
        let rank = |share: f64| ((all.len() as f64 * share).ceil() as usize).clamp(1, all.len()) - 1;
        let max_ms = *all.last()?;
        Some(Self { p50_ms: all[rank(0.50)], p99_ms: all[rank(0.99)], max_ms })
    }
}

impl Report {
    /// The hop table.
    pub fn table(&self) -> Table {
        // Short enough for 80 columns; the JSON has the long names.
        let mut table = Table::new(["hop", "seen", "lost", "twice", "disorder", "p50", "p99", "hop p50", "hop p99"]);
        table.row(["committed".into(), self.committed.to_string()]);
        let ms = |latency: Option<Latency>, pick: fn(Latency) -> f64| {
            latency.map_or("–".into(), |latency| match pick(latency) {
                ms if ms < 100.0 => format!("{ms:.1} ms"),
                ms => format!("{ms:.0} ms"),
            })
        };
        for hop in &self.hops {
            table.row([
                title(hop.hop).to_owned(),
                hop.arrived.to_string(),
                hop.lost.to_string(),
                hop.duplicated.to_string(),
                hop.out_of_order.to_string(),
                ms(hop.from_commit, |l| l.p50_ms),
                ms(hop.from_commit, |l| l.p99_ms),
                ms(hop.from_previous.or(hop.from_commit), |l| l.p50_ms),
                ms(hop.from_previous.or(hop.from_commit), |l| l.p99_ms),
            ]);
        }
        table.row(["rolled back".into(), format!("{} of {}", self.rolled_back_arrived.len(), self.rolled_back)]);
        table
    }

    /// What is wrong, in one sentence.
    pub fn complaint(&self, waited_seconds: u64) -> String {
        let mut parts = Vec::new();
        let missing: usize = self.last_seen.values().sum();
        if missing > 0 {
            let places: Vec<String> = self.last_seen.iter().map(|(hop, count)| format!("{count} at {hop}")).collect();
            let seen = places.join(", ");
            parts.push(format!(
                "{missing} of {} events did not arrive within {waited_seconds} s (last seen: {seen})",
                self.committed
            ));
        }
        let worst =
            |count: fn(&HopReport) -> usize| self.hops.iter().find(|hop| count(hop) > 0).map(|h| (count(h), h.hop));
        if let Some((count, hop)) = worst(|hop| hop.duplicated) {
            parts.push(format!("{count} arrived more than once {}", title(hop)));
        }
        if let Some((count, hop)) = worst(|hop| hop.out_of_order) {
            parts.push(format!("{count} arrived out of order {}", title(hop)));
        }
        if !self.rolled_back_arrived.is_empty() {
            parts.push("the rolled-back transaction was delivered".into());
        }
        parts.join("; ")
    }
}

fn title(hop: Hop) -> &'static str {
    match hop {
        Hop::Kinesis => "stream",
        Hop::Events => "bus",
        Hop::Log => "event log",
        Hop::Processed => "processed",
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let zero = DateTime::UNIX_EPOCH;
        let pairs = (1..=100).map(|ms| (zero + TimeDelta::milliseconds(ms), zero));
        assert_eq!(Latency::of(pairs), Some(Latency { p50_ms: 50.0, p99_ms: 99.0, max_ms: 100.0 }));
        let early = std::iter::once((zero, zero + TimeDelta::seconds(1)));
        assert_eq!(Latency::of(early).map(|l| l.max_ms), Some(0.0));
        assert_eq!(Latency::of(std::iter::empty()), None);
    }
}
