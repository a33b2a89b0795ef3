//! Writes events through a target that accepts one at a time: several aggregates concurrently, in order within each.

use std::collections::HashMap;
use std::future::Future;
use std::ops::ControlFlow;

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::script::Known;
use crate::base::error::{Error, Result};
use crate::base::timing::RateLimit;
use crate::outbox::run_in_order;
use crate::postgres::admin::{Inserted, SampleRequest};

/// Maximum requests in flight, each for a different aggregate.
const CONCURRENCY: usize = 8;

/// A target that accepts one event at a time.
pub trait Single: Sync {
    /// Writes event `n`: the first of an aggregate if `known` is `None`, else the next one. Sets `known` to the
    /// aggregate's new state.
    ///
    /// # Errors
    /// Any error leaves open whether the event was written.
    fn write(
        &self,
        request: &SampleRequest,
        n: u64,
        known: &mut Option<Known>,
    ) -> impl Future<Output = Result<Inserted>> + Send;

    /// Sends a request that must be refused without any effect. `known` is an existing aggregate.
    ///
    /// # Errors
    /// It was not refused, or the outcome is unknown.
    fn refused(
        &self,
        request: &SampleRequest,
        n: u64,
        known: Option<Known>,
    ) -> impl Future<Output = Result<Inserted>> + Send;
}

/// Writes through a [`Single`], and remembers the aggregates that it created.
pub struct Ordered<S> {
    single: S,
    /// By aggregate number.
    known: Mutex<HashMap<u64, Known>>,
}

impl<S: Single> Ordered<S> {
    pub fn new(single: S) -> Self {
        Self { single, known: Mutex::default() }
    }

    /// Writes the events of the request, and reports each to `on_progress`. Once cancelled, starts no more writes, waits
    /// for those under way, and returns the events that were written.
    ///
    /// # Errors
    /// The first of [`Single`].
    pub async fn insert(
        &mut self,
        request: &SampleRequest,
        cancel: &CancellationToken,
        mut on_progress: impl FnMut(&[Inserted]),
    ) -> Result<Vec<Inserted>> {
        let aggregates = u64::from(request.aggregates.max(1));
        if request.rollback {
            let known = {
                let known = self.known.lock();
                known.get(&(request.first % aggregates)).or_else(|| known.values().next()).cloned()
            };
            return Ok(vec![self.single.refused(request, request.first, known).await?]);
        }
        let (limit, single, known) = (RateLimit::start(request.rate), &self.single, &self.known);
        let numbers = request.first..request.first + u64::from(request.count);
        let write = |n: u64| async move {
            if cancel.run_until_cancelled(limit.wait(n - request.first)).await.is_none() {
                return Ok(None);
            }
            // One event of an aggregate is written at a time, so this lock is free.
            let mut aggregate = known.lock().remove(&(n % aggregates));
            let inserted = single.write(request, n, &mut aggregate).await?;
            known.lock().extend(aggregate.map(|aggregate| (n % aggregates, aggregate)));
            Ok::<_, Error>(Some(inserted))
        };
        let mut all = Vec::with_capacity(request.count as usize);
        run_in_order(numbers.map(|n| (n % aggregates, n)), CONCURRENCY, write, |inserted| {
            let Some(inserted) = inserted else { return ControlFlow::Break(()) };
            on_progress(std::slice::from_ref(&inserted));
            all.push(inserted);
            ControlFlow::Continue(())
        })
        .await?;
        all.sort_unstable_by_key(|event| event.n);
        Ok(all)
    }
}

/// Returns the id of an aggregate that does not exist.
pub fn unused_id() -> String {
    Uuid::new_v4().to_string()
}
