//! Waiting for a condition that no event announces.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// A wait with a time limit, which looks at a condition at intervals.
#[derive(Debug, Clone, Copy)]
pub struct Wait {
    interval: Duration,
    limit: Duration,
    begun: Instant,
}

impl Wait {
    /// Starts a wait of at most `limit`.
    pub fn new(interval: Duration, limit: Duration) -> Self {
        Self { interval, limit, begun: Instant::now() }
    }

    /// Pauses for the interval before the next look; returns false, without a pause, once the limit has passed.
    pub async fn next(&self) -> bool {
        let lasts = self.begun.elapsed() < self.limit;
        if lasts {
            sleep(self.interval).await;
        }
        lasts
    }

    /// Waits until `done`; returns false once the limit has passed.
    pub async fn until(&self, done: impl Fn() -> bool) -> bool {
        while !done() {
            if !self.next().await {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_wait_ends_with_the_condition_or_the_limit() {
        let (tick, looks) = (Duration::from_millis(1), Cell::new(0));
        let third = || looks.replace(looks.get() + 1) == 2;
        assert!(Wait::new(tick, Duration::from_secs(60)).until(third).await);
        assert_eq!(looks.get(), 3);
        assert!(!Wait::new(tick, Duration::ZERO).until(|| false).await);
        assert!(Wait::new(tick, Duration::ZERO).until(|| true).await, "looks at least once");
    }
}
