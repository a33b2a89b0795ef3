//! How long a lease may be relied on.

use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

/// A lease that is held: good until the last renewal is a lease duration old, or until it was lost. Others may take the
/// lease only after they saw it stand still for that long, which begins later than the renewal did here.
///
/// Two clocks tell: the steady one stands still while a machine sleeps or is moved, and the other one may be set.
#[derive(Debug, Clone)]
pub struct Tenure(watch::Sender<Option<Until>>);

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

impl Tenure {
    /// `begun` is from before the request that got the lease.
    pub fn new(begun: Instant, duration: Duration) -> Self {
        Self(watch::Sender::new(Some(Until::after(begun, duration))))
    }

    /// The lease was renewed by a request made at `begun`.
    pub fn extend(&self, begun: Instant, duration: Duration) {
        self.0.send_modify(|until| {
            if let Some(until) = until.as_mut().filter(|until| until.steady < begun + duration) {
                *until = Until::after(begun, duration);
            }
        });
    }

    /// Somebody else has it. There is no way back.
    pub fn end(&self) {
        self.0.send_replace(None);
    }

    pub fn holds(&self) -> bool {
        self.0.borrow().is_some_and(Until::is_ahead)
    }

    /// Waits until it holds no more.
    pub async fn ended(&self) {
        let mut changes = self.0.subscribe();
        while let Some(until) = { *changes.borrow_and_update() }.filter(|until| until.is_ahead()) {
            tokio::select! {
                () = tokio::time::sleep_until(until.steady.into()) => {}
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

    #[test]
    fn a_machine_that_slept_through_it_knows() {
        let now = Instant::now();
        let asleep =
            Until { wall: SystemTime::now() - Duration::from_secs(1), ..Until::after(now, Duration::from_secs(60)) };
        let tenure = Tenure(watch::Sender::new(Some(asleep)));
        assert!(!tenure.holds());
        // Renewed: it is still ours after all.
        tenure.extend(now + Duration::from_secs(1), Duration::from_secs(60));
        assert!(tenure.holds());
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
