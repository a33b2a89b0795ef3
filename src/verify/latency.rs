//! Latencies in bounded memory: counts in several thousand buckets, each less than 1 % wide.

use chrono::TimeDelta;
use serde::Serialize;

/// Buckets per power of two.
const FINE: u64 = 128;
/// Upper bounds of the histogram's steps in milliseconds; one more step has everything above the last.
pub const STEPS: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 300_000];

/// Milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latency {
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Counts of latencies above the previous step and up to this one; steps without any are omitted.
    pub histogram: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `None` for latencies above every step.
    pub up_to_ms: Option<u64>,
    pub count: u64,
}

/// Counts of latencies, by microseconds.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    buckets: Vec<u64>,
    steps: Vec<u64>,
    count: u64,
    max: u64,
}

impl Latencies {
    /// Adds a latency. A negative one counts as zero, since two clocks are compared.
    pub fn add(&mut self, latency: TimeDelta) {
        let micros = u64::try_from(latency.num_microseconds().unwrap_or(i64::MAX)).unwrap_or(0);
        let at = bucket(micros);
        if self.buckets.len() <= at {
            self.buckets.resize(at + 1, 0);
        }
        self.buckets[at] += 1;
        self.steps.resize(STEPS.len() + 1, 0);
        self.steps[STEPS.partition_point(|step| step * 1_000 < micros)] += 1;
        self.count += 1;
        self.max = self.max.max(micros);
    }

    /// Returns the summary; `None` without latencies.
    pub fn summary(&self) -> Option<Latency> {
        let millis = |micros: u64| micros as f64 / 1_000.0;
        let steps = STEPS.iter().copied().map(Some).chain([None]).zip(&self.steps).filter(|(_, count)| **count > 0);
        (self.count > 0).then(|| Latency {
            p50_ms: millis(self.percentile(50)),
            p90_ms: millis(self.percentile(90)),
            p99_ms: millis(self.percentile(99)),
            max_ms: millis(self.max),
            histogram: steps.map(|(up_to_ms, count)| Step { up_to_ms, count: *count }).collect(),
        })
    }

    /// Returns the percentile by nearest rank: the upper end of its bucket.
    fn percentile(&self, percent: u64) -> u64 {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut below = 0;
        let at = self.buckets.iter().position(|count| {
            below += count;
            below >= rank
        });
        upper_end(at.unwrap_or(0)).min(self.max)
    }
}

fn bucket(micros: u64) -> usize {
    let shift = (micros | FINE).ilog2() - FINE.ilog2();
    (u64::from(shift) * FINE + (micros >> shift)) as usize
}

/// Returns the largest value of a bucket.
fn upper_end(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let shift = (bucket / FINE).saturating_sub(1);
    ((bucket - shift * FINE + 1) << shift) - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(micros: &[u64]) -> Latency {
        let mut all = Latencies::default();
        micros.iter().for_each(|micros| all.add(TimeDelta::microseconds(*micros as i64)));
        all.summary().expect("some")
    }

    #[test]
    fn none_negative_and_steps() {
        assert_eq!(Latencies::default().summary(), None);
        let mut early = Latencies::default();
        early.add(TimeDelta::seconds(-1));
        assert_eq!(early.summary().map(|latency| latency.max_ms), Some(0.0));
        let histogram = of(&[1_000, 1_001, 2_000, 400_000_000]).histogram;
        let steps: Vec<(Option<u64>, u64)> = histogram.iter().map(|step| (step.up_to_ms, step.count)).collect();
        assert_eq!(steps, [(Some(1), 1), (Some(2), 2), (None, 1)]);
    }

    proptest! {
        /// Within 1 % above the exact nearest rank, and never above the maximum.
        #[test]
        fn percentiles_are_near(mut micros in prop::collection::vec(0..1_000_000_000_u64, 1..300)) {
            let latency = of(&micros);
            micros.sort_unstable();
            for (percent, found) in [(50, latency.p50_ms), (90, latency.p90_ms), (99, latency.p99_ms)] {
                let exact = micros[(micros.len() * percent).div_ceil(100) - 1] as f64 / 1_000.0;
                prop_assert!(found >= exact && found <= exact * 1.01 + 0.001, "p{percent}: {found}, not {exact}");
            }
            prop_assert_eq!(latency.max_ms, micros[micros.len() - 1] as f64 / 1_000.0);
        }
    }
}
