//! Estimates the monthly cost of a pipeline from published prices.
//!
//! The basis is list prices, a steady rate of events, and assumptions about calls that are listed in the result.
//! Components without a known price are not included, but listed. Calls no AWS API.

mod builder;
mod components;
mod estimate;
mod prices;
mod usage;

pub use estimate::{Estimate, estimate};
pub use prices::{PUBLISHED, Prices};
pub use usage::Usage;
