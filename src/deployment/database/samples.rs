//! Writes sample events in requests of about two seconds.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Database, unexpected};
use crate::base::error::Result;
use crate::base::timing::RateLimit;
use crate::postgres::admin::{AdminRequest, AdminResponse, Inserted, SampleRequest};

/// Events of the first request of a run without a rate limit.
const FIRST_CHUNK: u32 = 250;
/// Maximum that a function of any version accepts.
const MOST_BEFORE: u32 = 1_000;
/// Target duration of a request.
const CHUNK_TIME: Duration = Duration::from_secs(2);

impl Database {
    /// Writes sample events in chunks short enough for one call of the function, and reports each chunk to
    /// `on_progress`. A request may have any number of events. Once cancelled, ends after the chunk under way and returns
    /// the events that were written.
    pub async fn insert_samples(
        &mut self,
        request: &SampleRequest,
        cancel: &CancellationToken,
        mut on_progress: impl FnMut(&[Inserted]),
    ) -> Result<Vec<Inserted>> {
        // A request takes about two seconds at most, so that progress shows and the end after a signal is near.
        let by_rate = |rate: f64| (rate * CHUNK_TIME.as_secs_f64()).clamp(1.0, f64::from(MOST_BEFORE)) as u32;
        let mut size = request.rate.map_or(FIRST_CHUNK, by_rate);
        let mut all = Vec::with_capacity(request.count as usize);
        let limit = RateLimit::start(request.rate);
        let mut from = 0;
        while from < request.count {
            if cancel.run_until_cancelled(limit.wait(from.into())).await.is_none() {
                break;
            }
            let count = size.min(request.count - from);
            let chunk = SampleRequest { first: request.first + u64::from(from), count, ..request.clone() };
            let begun = Instant::now();
            match self.execute(AdminRequest::SampleInsert(chunk)).await? {
                AdminResponse::SampleInsert { inserted, most } => {
                    on_progress(&inserted);
                    all.extend(inserted);
                    if request.rate.is_none() {
                        size = next_chunk(count, begun.elapsed(), most);
                    }
                }
                other => return Err(unexpected(&other)),
            }
            from += count;
        }
        Ok(all)
    }
}

/// Returns the size of the next request, after one of `count` events took `time`. `most` is the database's own limit.
fn next_chunk(count: u32, time: Duration, most: u32) -> u32 {
    let in_time = f64::from(count) * CHUNK_TIME.as_secs_f64() / time.as_secs_f64().max(0.001);
    // A conversion from a float saturates.
    (in_time as u32).clamp(FIRST_CHUNK.min(most), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_grow_to_two_seconds() {
        assert_eq!(next_chunk(1_000, Duration::from_millis(200), 10_000), 10_000);
        assert_eq!(next_chunk(1_000, Duration::from_millis(500), 10_000), 4_000);
        assert_eq!(next_chunk(1_000, Duration::from_secs(4), 10_000), 500);
        assert_eq!(next_chunk(250, Duration::from_secs(9), 10_000), 250, "no smaller than the first");
        assert_eq!(next_chunk(1_000, Duration::ZERO, 1_000), 1_000, "the limit of an older function");
    }
}
