//! Waits for conditions and before retries, rates of operations, and percentiles of durations; no I/O.

mod backoff;
mod percentile;
mod rate;
mod wait;

pub use backoff::Backoff;
pub use percentile::nearest_rank;
pub use rate::RateLimit;
pub use wait::Wait;
