//! Operations at a constant rate.

use std::time::Duration;

use tokio::time::Instant;

/// The longest wait from the start to an operation: ten years.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Spreads operations evenly over time from its creation. A late operation does not delay the later ones.
#[derive(Debug, Clone, Copy)]
pub struct RateLimit {
    started: Instant,
    rate: Option<f64>,
}

impl RateLimit {
    /// Starts the limiter. `rate` is in operations per second and above 0; None is no limit.
    pub fn start(rate: Option<f64>) -> Self {
        Self { started: Instant::now(), rate }
    }

    /// Waits until operation `n`, from 0, is due.
    pub async fn wait(&self, n: u64) {
        if let Some(rate) = self.rate {
            tokio::time::sleep_until(self.started + after(n, rate)).await;
        }
    }
}

/// Returns the time from the start to operation `n`.
fn after(n: u64, rate: f64) -> Duration {
    Duration::try_from_secs_f64(n as f64 / rate).map_or(LONGEST, |after| after.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_spread_evenly() {
        assert_eq!([0, 1, 5].map(|n| after(n, 10.0).as_millis()), [0, 100, 500]);
        assert_eq!(after(1, 1e-300), LONGEST);
        assert_eq!(after(u64::MAX, 0.0), LONGEST);
    }

    #[tokio::test]
    async fn without_a_rate_there_is_no_wait() {
        let wait = async { RateLimit::start(None).wait(u64::MAX).await };
        assert_eq!(futures_util::FutureExt::now_or_never(wait), Some(()));
    }
}
