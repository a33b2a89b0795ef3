//! How long a lease may be relied on.

use std::time::{Duration, Instant};

use tokio::sync::watch;

/// A lease that is held: good until the last renewal is a lease duration old, or until it was lost. Others may take the
/// lease only after they saw it stand still for that long, which begins later than the renewal did here.
#[derive(Debug, Clone)]
pub struct Tenure(watch::Sender<Option<Instant>>);

impl Tenure {
    /// `begun` is from before the request that got the lease.
    pub fn new(begun: Instant, duration: Duration) -> Self {
        Self(watch::Sender::new(Some(begun + duration)))
    }

    /// The lease was renewed by a request made at `begun`.
    pub fn extend(&self, begun: Instant, duration: Duration) {
        self.0.send_modify(|until| {
            if let Some(until) = until.as_mut() {
                *until = (*until).max(begun + duration);
            }
        });
    }

    /// Somebody else has it. There is no way back.
    pub fn end(&self) {
        self.0.send_replace(None);
    }

    pub fn holds(&self) -> bool {
        self.0.borrow().is_some_and(|until| Instant::now() < until)
    }

    /// Waits until it holds no more.
    pub async fn ended(&self) {
        let mut changes = self.0.subscribe();
        while let Some(until) = { *changes.borrow_and_update() }.filter(|until| Instant::now() < *until) {
            tokio::select! {
                () = tokio::time::sleep_until(until.into()) => {}
                // The sender is our own.
                _ = changes.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_by_time_and_by_loss() {
        let now = Instant::now();
        let tenure = Tenure::new(now, Duration::from_secs(60));
        assert!(tenure.holds());
        tenure.end();
        tenure.extend(now, Duration::from_secs(60));
        assert!(!tenure.holds());
        assert!(!Tenure::new(now, Duration::ZERO).holds());
    }

    #[tokio::test]
    async fn its_end_can_be_waited_for() {
        let tenure = Tenure::new(Instant::now(), Duration::from_millis(20));
        tenure.ended().await;
        assert!(!tenure.holds());
        let tenure = Tenure::new(Instant::now(), Duration::from_secs(3_600));
        let ended = tenure.ended();
        tokio::pin!(ended);
        assert!(futures_util::poll!(&mut ended).is_pending());
        tenure.extend(Instant::now(), Duration::from_secs(7_200));
        assert!(futures_util::poll!(&mut ended).is_pending());
        tenure.end();
        ended.await;
    }
}
