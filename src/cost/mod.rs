//! What a pipeline costs a month, estimated from published prices. Imports `error`, `pipelines` and `settings`.
//!
//! An estimate: list prices, a steady rate of events, and assumptions about calls that are named with the result. What
//! has no price here is left out and named. Nothing is asked of AWS.

mod estimate;
mod prices;
mod usage;

pub use estimate::{Component, Estimate, LeftOut, estimate};
pub use prices::{PUBLISHED, Prices};
pub use usage::Usage;
