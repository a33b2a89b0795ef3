//! The parts that every room uses and that know none of them: errors, the reports of engines, waits and rates. Imports
//! no other room.
//!
//! Start with `error/mod.rs`; `report/reporter.rs` has the trait through which an engine reports its progress.

pub mod error;
pub mod report;
pub mod timing;
