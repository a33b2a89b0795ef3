//! Counts per step and second, and quantiles.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::Step;
use crate::base::timing::nearest_rank;

/// Seconds covered by a rate and its curve.
pub const WINDOW: usize = 60;
const STEPS: usize = Step::ALL.len();

#[derive(Default)]
pub struct Counts {
    totals: [u64; STEPS],
    /// Indicates whether there are more than were counted.
    more: [bool; STEPS],
    /// Unix second → count, at most [`WINDOW`] seconds.
    seconds: [BTreeMap<i64, u32>; STEPS],
}

/// Upper bounds of the latency classes, in milliseconds; one more class has longer latencies.
const BOUNDS: [u32; 12] = [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000];

/// Latencies from commit to delivery, since the page started.
#[derive(Debug, Clone, Default)]
pub struct Histogram {
    counts: [u64; BOUNDS.len() + 1],
    sum: f64,
}

/// One class of a [`Histogram`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Class {
    /// Upper bound in milliseconds, inclusive; null for latencies above all bounds.
    pub to_ms: Option<u32>,
    pub count: u64,
}

/// Quantiles in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Quantiles {
    pub p50: f64,
    pub p99: f64,
    pub samples: usize,
}

impl Counts {
    /// Adds one event at this step, at its own time if that is known.
    pub fn count(&mut self, step: Step, own: Option<DateTime<Utc>>, otherwise: DateTime<Utc>) {
        self.totals[step.index()] += 1;
        let seconds = &mut self.seconds[step.index()];
        *seconds.entry(own.unwrap_or(otherwise).timestamp()).or_default() += 1;
        while seconds.len() > WINDOW {
            seconds.pop_first();
        }
    }

    /// Adds events at this step that are not followed individually; `more` if there are further ones.
    pub fn add(&mut self, step: Step, many: u64, more: bool) {
        self.totals[step.index()] += many;
        self.more[step.index()] |= more;
    }

    /// Returns whether [`Counts::total`] is too small.
    pub fn has_more(&self, step: Step) -> bool {
        self.more[step.index()]
    }

    /// Removes one event at this step.
    pub fn take_back(&mut self, step: Step) {
        self.totals[step.index()] = self.totals[step.index()].saturating_sub(1);
    }

    pub fn total(&self, step: Step) -> u64 {
        self.totals[step.index()]
    }

    /// Returns the events in each of the last [`WINDOW`] whole seconds, oldest first.
    pub fn curve(&self, step: Step, now: DateTime<Utc>) -> Vec<u32> {
        let end = now.timestamp();
        let seconds = &self.seconds[step.index()];
        (end - WINDOW as i64..end).map(|second| seconds.get(&second).copied().unwrap_or(0)).collect()
    }
}

/// Converts to milliseconds. Each hop has its own clock: a negative latency counts as zero.
fn millis(span: TimeDelta) -> f64 {
    span.num_microseconds().map_or(0.0, |micros| micros as f64 / 1_000.0).max(0.0)
}

impl Histogram {
    pub fn add(&mut self, span: TimeDelta) {
        let millis = millis(span);
        self.counts[BOUNDS.partition_point(|bound| f64::from(*bound) < millis)] += 1;
        self.sum += millis;
    }

    pub fn classes(&self) -> Vec<Class> {
        let bounds = BOUNDS.into_iter().map(Some).chain([None]);
        bounds.zip(self.counts).map(|(to_ms, count)| Class { to_ms, count }).collect()
    }

    /// Returns the sum of all latencies, in milliseconds.
    pub fn sum(&self) -> f64 {
        self.sum
    }
}

impl Quantiles {
    /// Returns the quantiles; `None` without latencies.
    pub fn of(spans: impl Iterator<Item = TimeDelta>) -> Option<Self> {
        let mut sorted: Vec<f64> = spans.map(millis).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |share| nearest_rank(&sorted, share);
        Some(Self { p50: at(0.5)?, p99: at(0.99)?, samples: sorted.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_counts_in_the_first_class_that_includes_it() {
        let mut histogram = Histogram::default();
        for millis in [-5, 10, 11, 90_000] {
            histogram.add(TimeDelta::milliseconds(millis));
        }
        let some: Vec<_> = histogram.classes().into_iter().filter(|class| class.count > 0).collect();
        let class = |to_ms, count| Class { to_ms, count };
        assert_eq!(some, [class(Some(10), 2), class(Some(20), 1), class(None, 1)]);
        assert!((histogram.sum() - 90_021.0).abs() < 0.001);
    }
}
