//! Validity of a lease.

use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

/// Interval of comparing the clock of the machine: it runs while the machine sleeps, unlike timers.
const TICK: Duration = Duration::from_secs(1);

/// The validity of a held lease: until the last renewal is a lease duration old, or the lease is lost. Others may take
/// the lease only after they saw it unchanged for that long, which starts later than the renewal here.
///
/// Two clocks are compared: the monotonic one stops while a machine sleeps or is moved, and the other one may be set.
#[derive(Debug, Clone)]
pub struct LeaseValidity(watch::Sender<Option<Until>>);

#[derive(Debug, Clone, Copy)]
struct Until {
    steady: Instant,
    wall: SystemTime,
}

impl Until {
    fn after(begun: Instant, duration: Duration) -> Self {
        let steady = begun + duration;
        Self { steady, wall: SystemTime::now() + steady.saturating_duration_since(Instant::now()) }
    }

    fn is_ahead(self) -> bool {
        Instant::now() < self.steady && SystemTime::now() < self.wall
    }
}

impl LeaseValidity {
    /// Starts the validity; `begun` is before the request that got the lease.
    pub fn new(begun: Instant, duration: Duration) -> Self {
        Self(watch::Sender::new(Some(Until::after(begun, duration))))
    }

    /// Extends the validity after a renewal by a request made at `begun`.
    pub fn extend(&self, begun: Instant, duration: Duration) {
        self.0.send_modify(|until| {
            if let Some(until) = until.as_mut().filter(|until| until.steady < begun + duration) {
                *until = Until::after(begun, duration);
            }
        });
    }

    /// Ends the validity for good: another consumer has the lease.
    pub fn end(&self) {
        self.0.send_replace(None);
    }

    pub fn holds(&self) -> bool {
        self.0.borrow().is_some_and(Until::is_ahead)
    }

    /// Waits until the validity has ended.
    pub async fn ended(&self) {
        let mut changes = self.0.subscribe();
        while let Some(until) = { *changes.borrow_and_update() }.filter(|until| until.is_ahead()) {
            let tick = until.steady.min(Instant::now() + TICK);
            tokio::select! {
                () = tokio::time::sleep_until(tick.into()) => {}
                // The sender is owned by `self`.
                _ = changes.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_by_time_and_by_loss() {
        let now = Instant::now();
        let validity = LeaseValidity::new(now, Duration::from_secs(60));
        assert!(validity.holds());
        validity.end();
        validity.extend(now, Duration::from_secs(60));
        assert!(!validity.holds());
        assert!(!LeaseValidity::new(now, Duration::ZERO).holds());
    }

    #[test]
    fn a_lease_that_expired_during_system_sleep_is_detected() {
        let now = Instant::now();
        let asleep =
            Until { wall: SystemTime::now() - Duration::from_secs(1), ..Until::after(now, Duration::from_secs(60)) };
        let validity = LeaseValidity(watch::Sender::new(Some(asleep)));
        assert!(!validity.holds());
        // Renewed: it is still ours after all.
        validity.extend(now + Duration::from_secs(1), Duration::from_secs(60));
        assert!(validity.holds());
    }

    #[tokio::test]
    async fn a_lease_that_expires_during_system_sleep_ends_while_it_is_awaited() {
        let soon = SystemTime::now() + Duration::from_millis(20);
        let until = Until { wall: soon, ..Until::after(Instant::now(), Duration::from_secs(3_600)) };
        let validity = LeaseValidity(watch::Sender::new(Some(until)));
        tokio::time::timeout(Duration::from_secs(60), validity.ended()).await.expect("the end");
    }

    #[tokio::test]
    async fn the_end_of_a_lease_can_be_awaited() {
        let validity = LeaseValidity::new(Instant::now(), Duration::from_millis(20));
        validity.ended().await;
        assert!(!validity.holds());
        let validity = LeaseValidity::new(Instant::now(), Duration::from_secs(3_600));
        let ended = validity.ended();
        tokio::pin!(ended);
        assert!(futures_util::poll!(&mut ended).is_pending());
        validity.extend(Instant::now(), Duration::from_secs(7_200));
        assert!(futures_util::poll!(&mut ended).is_pending());
        validity.end();
        ended.await;
    }
}
