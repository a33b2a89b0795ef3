//! How long a lease may be relied on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A lease that is held: good until the last renewal is a lease duration old, or until it was lost. Others may take the
/// lease only after they saw it stand still for that long, which begins later than the renewal did here.
#[derive(Debug, Clone)]
pub struct Tenure(Arc<Mutex<Option<Instant>>>);

impl Tenure {
    /// `begun` is from before the request that got the lease.
    pub fn new(begun: Instant, duration: Duration) -> Self {
        Self(Arc::new(Mutex::new(Some(begun + duration))))
    }

    /// The lease was renewed by a request made at `begun`.
    pub fn extend(&self, begun: Instant, duration: Duration) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until.as_mut() {
            *until = (*until).max(begun + duration);
        }
    }

    /// Somebody else has it. There is no way back.
    pub fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub fn holds(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
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
}
