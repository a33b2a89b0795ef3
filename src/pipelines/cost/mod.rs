//! Estimates the monthly cost of a pipeline from published prices.
//!
//! An estimate: list prices, a steady rate of events, and assumptions about calls that are named in the result.
//! Components without a price here are left out and named. It calls no AWS API.

mod estimate;
mod prices;
mod usage;

pub use estimate::{Component, Estimate, LeftOut, estimate};
pub use prices::{PUBLISHED, Prices};
pub use usage::Usage;
