//! Counts by hop and second, and quantiles.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::Hop;

/// Seconds that a rate and its curve go back.
pub const WINDOW: usize = 60;
const HOPS: usize = 5;

#[derive(Default)]
pub struct Counts {
    totals: [u64; HOPS],
    /// Unix second → how many, at most [`WINDOW`] seconds.
    seconds: [BTreeMap<i64, u32>; HOPS],
}

/// Quantiles in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    pub p50: f64,
    pub p99: f64,
    pub samples: usize,
}

impl Counts {
    /// One more at this hop, at its own time where that is known.
    pub fn count(&mut self, hop: Hop, own: Option<DateTime<Utc>>, otherwise: DateTime<Utc>) {
        self.totals[hop.index()] += 1;
        let seconds = &mut self.seconds[hop.index()];
        *seconds.entry(own.unwrap_or(otherwise).timestamp()).or_default() += 1;
        while seconds.len() > WINDOW {
            seconds.pop_first();
        }
    }

    pub fn total(&self, hop: Hop) -> u64 {
        self.totals[hop.index()]
    }

    /// Events in each of the last [`WINDOW`] whole seconds, oldest first.
    pub fn curve(&self, hop: Hop, now: DateTime<Utc>) -> Vec<u32> {
        let end = now.timestamp();
        let seconds = &self.seconds[hop.index()];
        (end - WINDOW as i64..end).map(|second| seconds.get(&second).copied().unwrap_or(0)).collect()
    }
}

impl Quantiles {
    /// None of nothing.
    pub fn of(spans: impl Iterator<Item = TimeDelta>) -> Option<Self> {
        // Hops have clocks of their own: a negative latency says no more than that it was short.
        let millis = |span: TimeDelta| span.num_microseconds().map_or(0.0, |micros| micros as f64 / 1_000.0).max(0.0);
        let mut sorted: Vec<f64> = spans.map(millis).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |quantile: f64| sorted.get(((sorted.len() as f64 * quantile).ceil() as usize).max(1) - 1).copied();
        Some(Self { p50: at(0.5)?, p99: at(0.99)?, samples: sorted.len() })
    }
}
