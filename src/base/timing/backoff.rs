//! The wait before a retry.

use std::time::Duration;

/// Exponential backoff with jitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The longest wait before the first retry.
    pub first: Duration,
    /// The longest wait before any retry.
    pub longest: Duration,
}

impl Backoff {
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest }
    }

    /// Returns the wait before retry `attempt`, from 1: between half and all of a time that doubles with each retry.
    ///
    /// The random part spreads clients that failed at the same time; the constant part guarantees a pause ("Exponential
    /// Backoff And Jitter" in the AWS Architecture Blog calls this equal jitter).
    pub fn wait(&self, attempt: u32) -> Duration {
        let doubled = self.first.saturating_mul(1 << attempt.saturating_sub(1).min(16));
        doubled.min(self.longest).mul_f64(fastrand::f64().mul_add(0.5, 0.5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        for (attempt, full) in [(0, 100), (1, 100), (2, 200), (4, 800), (5, 1_000), (60, 1_000), (u32::MAX, 1_000)] {
            let wait = backoff.wait(attempt).as_millis();
            assert!((full / 2..=full).contains(&wait), "{attempt}: {wait}");
        }
    }

    #[test]
    fn retries_of_simultaneous_failures_are_spread() {
        let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(1));
        let waits: std::collections::BTreeSet<Duration> = (0..100).map(|_| backoff.wait(1)).collect();
        assert!(waits.len() > 50, "{waits:?}");
    }
}
