//! The long-running consumer: every shard, shared with other consumers through leases; each event's effect, then its
//! mark in the database, then the checkpoint. Imports `aws`, `dms`, `error`, `outbox`, `output`, `postgres`,
//! `settings`, `streams`.
//!
//! [`Worker`] holds leases and runs one reader a shard. A reader takes a page, brings each event to its effect (the
//! [`Hook`], in order per aggregate), marks it in the [`Store`], and only then moves the shard's checkpoint. A kill at any
//! instruction therefore redelivers and never loses; the mark's primary key makes what is redelivered count once.

mod event;
mod hook;
mod lanes;
pub mod lease;
mod metrics;
mod progress;
mod reader;
#[cfg(test)]
mod scenario_tests;
mod store;
mod tenure;
#[cfg(test)]
mod trouble_tests;
mod worker;

pub use hook::{Command, Hook, Post, Retry};
pub use lanes::Processor;
pub use lease::{Leases, Table, is_anyone_alive};
pub use metrics::{Metrics, Totals};
pub use reader::Reader;
pub use store::{Login, PostgresStore, Store};
pub use worker::{End, Options, Worker};

/// The consumer group that `consume` is unless told otherwise, and that `verify` follows.
pub const DEFAULT_GROUP: &str = "outboxctl";
