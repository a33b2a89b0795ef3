//! The long-running consumer: reads every shard, shared with other consumers through leases, and runs the handler for
//! each event, then marks it in the database, then moves the checkpoint. Imports `aws`, `base`, `outbox`, `postgres`
//! and `streams`.
//!
//! [`Worker`] holds leases and runs one reader for each shard. A reader takes a page, runs the handler for each event
//! (the [`Hook`], in order per aggregate), marks it in the [`Store`](store::Store), and only then moves the shard's
//! checkpoint. A kill at any instruction therefore causes redelivery, never loss; the primary key of the marks makes a
//! redelivered event count once.

mod event;
mod hook;
pub mod lease;
mod metrics;
mod observer;
mod processor;
mod progress;
mod reader;
mod store;
#[cfg(test)]
mod tests;
mod validity;
mod worker;

pub use hook::{Command, Hook, Post, Retry};
pub use lease::{Leases, Table, is_anyone_alive};
pub use metrics::{Metrics, Totals};
pub use observer::{Handled, Observer, Outcome};
pub use processor::Processor;
pub use reader::Reader;
pub use store::{Login, PostgresStore};
pub use worker::{End, Options, Worker};
