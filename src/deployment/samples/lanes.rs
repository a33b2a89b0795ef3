//! Writing events through something that takes one at a time: several aggregates at once, in order within each.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::script::Known;
use crate::error::{Error, Result};
use crate::postgres::admin::{Inserted, SampleRequest};

/// Requests in flight at once, each for another aggregate.
const CONCURRENCY: usize = 8;

/// Something that takes one event at a time.
pub trait Single: Sync {
    /// Writes event `n`: the first of an aggregate where none is known, else the next one. `known` is then what it has
    /// become.
    ///
    /// # Errors
    /// It may or may not have been written.
    fn write(
        &self,
        request: &SampleRequest,
        n: u64,
        known: &mut Option<Known>,
    ) -> impl Future<Output = Result<Inserted>> + Send;

    /// Asks for something that has to be refused, and must not show up anywhere. `known` is an aggregate that is there.
    ///
    /// # Errors
    /// It was not refused, or nobody knows.
    fn refused(
        &self,
        request: &SampleRequest,
        n: u64,
        known: Option<Known>,
    ) -> impl Future<Output = Result<Inserted>> + Send;
}

/// Writes through a [`Single`], and remembers what it made.
pub struct Lanes<S> {
    single: S,
    /// By aggregate number.
    known: HashMap<u64, Known>,
}

impl<S: Single> Lanes<S> {
    pub fn new(single: S) -> Self {
        Self { single, known: HashMap::new() }
    }

    /// Writes as the request says, and reports each event to `told`. Once cancelled, starts no more writes and returns the
    /// events that were written.
    ///
    /// # Errors
    /// The first of [`Single`].
    pub async fn insert(
        &mut self,
        request: &SampleRequest,
        cancel: &CancellationToken,
        told: impl FnMut(&[Inserted]) + Send,
    ) -> Result<Vec<Inserted>> {
        let aggregates = u64::from(request.aggregates.max(1));
        if request.rollback {
            let known = self.known.get(&(request.first % aggregates)).or_else(|| self.known.values().next()).cloned();
            return Ok(vec![self.single.refused(request, request.first, known).await?]);
        }
        let started = Instant::now();
        let mut lanes: HashMap<u64, Vec<u64>> = HashMap::new();
        for n in request.first..request.first + u64::from(request.count) {
            lanes.entry(n % aggregates).or_default().push(n);
        }
        let work: Vec<_> = lanes.into_iter().map(|(lane, ns)| (lane, ns, self.known.remove(&lane))).collect();
        let (single, told) = (&self.single, &Mutex::new(told));
        let lane = |(lane, numbers, mut known): (u64, Vec<u64>, Option<Known>)| async move {
            let mut inserted = Vec::with_capacity(numbers.len());
            for n in numbers {
                if let Some(rate) = request.rate {
                    let since = Duration::from_secs_f64((n - request.first) as f64 / rate);
                    cancel.run_until_cancelled(tokio::time::sleep_until(started + since)).await;
                }
                if cancel.is_cancelled() {
                    break;
                }
                let event = single.write(request, n, &mut known).await?;
                told.lock().unwrap_or_else(PoisonError::into_inner)(std::slice::from_ref(&event));
                inserted.push(event);
            }
            Ok::<_, Error>((lane, known, inserted))
        };
        let mut done = stream::iter(work.into_iter().map(lane)).buffer_unordered(CONCURRENCY);
        let (mut all, mut after) = (Vec::with_capacity(request.count as usize), Vec::new());
        while let Some((lane, known, inserted)) = done.try_next().await? {
            all.extend(inserted);
            after.extend(known.map(|known| (lane, known)));
        }
        drop(done);
        self.known.extend(after);
        all.sort_unstable_by_key(|event| event.n);
        Ok(all)
    }
}

/// An id of an aggregate that nobody made.
pub fn nobody() -> String {
    Uuid::new_v4().to_string()
}
