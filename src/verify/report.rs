//! The result of `verify`, for machines and for people.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::latency::Latency;
use crate::pipelines::Hop;

/// The whole result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Prefix of every correlation id of the run.
    pub run: String,
    /// The hop at which events are committed.
    pub origin: Hop,
    pub committed: u64,
    pub rolled_back: usize,
    /// Correlation ids of rolled-back events that arrived.
    pub rolled_back_arrived: Vec<String>,
    /// In the order in which events pass them.
    pub hops: Vec<HopReport>,
    /// The aggregates with the most findings, up to 20.
    pub aggregates: Vec<AggregateReport>,
    /// Events that did not arrive everywhere, by the last hop that saw them.
    pub last_seen: BTreeMap<Hop, usize>,
    pub verdict: Verdict,
    /// Indicates whether the time limit ended the run.
    pub timed_out: bool,
    /// From the first write to the end.
    pub seconds: f64,
    /// Properties that the columns of the outbox table do not allow to check.
    pub limits: Vec<String>,
}

/// The result at one hop. Lists name 20; counts are complete.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HopReport {
    pub hop: Hop,
    pub arrived: u64,
    pub lost: u64,
    /// Published or written again by the pipeline itself.
    pub duplicated: u64,
    /// Delivered again by AWS: by EventBridge under the same event id, or by Kinesis Data Streams for DynamoDB. Such
    /// deliveries do not fail the run.
    pub repeated: u64,
    pub out_of_order: u64,
    /// Indicates whether events out of order fail the run here: if the pipeline keeps an order, or with
    /// `--strict-order` at every hop.
    pub order_judged: bool,
    /// From the commit to the arrival, by the clocks of database and hop.
    pub from_commit: Option<Latency>,
    pub from_previous: Option<Latency>,
    pub lost_events: Vec<String>,
    pub duplicated_events: Vec<String>,
    pub out_of_order_events: Vec<String>,
}

impl HopReport {
    /// Returns the number of events out of order that fail the run; zero at a hop at which order is only reported.
    pub fn disorder_failed(&self) -> u64 {
        if self.order_judged { self.out_of_order } else { 0 }
    }
}

/// Findings about one aggregate, over all hops.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AggregateReport {
    pub aggregate_id: String,
    /// Events that did not arrive everywhere.
    pub lost: u64,
    pub duplicated: u64,
    /// At the hops at which order is judged.
    pub out_of_order: u64,
}

/// The checks and their results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub delivered: bool,
    pub once: bool,
    /// At every hop at which order is judged ([`HopReport::order_judged`]).
    pub in_order: bool,
    pub rolled_back_stayed_away: bool,
}

impl Verdict {
    pub fn passed(&self) -> bool {
        self.delivered && self.once && self.in_order && self.rolled_back_stayed_away
    }
}

impl Report {
    /// Returns a phrase for the hops at which events arrived in order; empty if there are none.
    pub fn order_kept(&self) -> String {
        if self.hops.iter().all(|hop| hop.out_of_order == 0) {
            return " and in order".into();
        }
        let kept: Vec<&str> = self.hops.iter().filter(|hop| hop.out_of_order == 0).map(|hop| hop.hop.place()).collect();
        if kept.is_empty() { String::new() } else { format!(", in order {}", kept.join(" and ")) }
    }

    /// Returns a phrase for the number of arrivals per event.
    pub fn times(&self) -> &'static str {
        let once = self.hops.iter().all(|hop| hop.duplicated + hop.repeated == 0);
        if once { "once" } else { "at least once" }
    }

    /// Returns the deliveries by AWS that were out of order or repeated without failing the run; `None` without any.
    pub fn remark(&self) -> Option<String> {
        let count = |of: fn(&HopReport) -> u64, text: &str, reason: &str| {
            let seen = self.hops.iter().filter(|hop| of(hop) > 0);
            let seen: Vec<String> = seen.map(|hop| format!("{} {}", of(hop), hop.hop.place())).collect();
            (!seen.is_empty()).then(|| format!("{text}: {} ({reason})", seen.join(", ")))
        };
        let unordered = |hop: &HopReport| if hop.order_judged { 0 } else { hop.out_of_order };
        let remarks = [
            count(unordered, "out of order", "AWS keeps no order there; --strict-order fails on it"),
            count(|hop| hop.repeated, "delivered again by AWS", "it delivers at least once"),
        ];
        let remarks: Vec<String> = remarks.into_iter().flatten().collect();
        (!remarks.is_empty()).then(|| remarks.join("; "))
    }

    /// Returns the failed checks as one sentence.
    pub fn complaint(&self, waited: Duration) -> String {
        let mut parts = Vec::new();
        let missing: usize = self.last_seen.values().sum();
        if missing > 0 {
            let places: Vec<String> =
                self.last_seen.iter().map(|(hop, count)| format!("{count} {}", hop.place())).collect();
            let seen = places.join(", ");
            parts.push(format!(
                "{missing} of {} events did not arrive within {} s (last seen: {seen})",
                self.committed,
                waited.as_secs_f64()
            ));
        }
        let worst =
            |count: fn(&HopReport) -> u64| self.hops.iter().find(|hop| count(hop) > 0).map(|h| (count(h), h.hop));
        if let Some((count, hop)) = worst(|hop| hop.duplicated) {
            parts.push(format!("{count} arrived more than once {}", hop.place()));
        }
        if let Some((count, hop)) = worst(HopReport::disorder_failed) {
            parts.push(format!("{count} arrived out of order {}", hop.place()));
        }
        if !self.rolled_back_arrived.is_empty() {
            parts.push("the rolled-back transaction was delivered".into());
        }
        parts.join("; ")
    }
}
