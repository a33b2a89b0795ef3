//! The Lambda mode: every function of a pipeline, chosen by its `Handler` setting. Imports `aws`, `base`, `outbox`,
//! `postgres` and `settings`.
//!
//! Handlers are plain async functions; only `bootstrap.rs` uses the Lambda runtime.
//!
//! Start with `bootstrap.rs`, which chooses the function. `publisher/` delivers captured events to the bus, `changes/`
//! and `sequencer/` do so for DynamoDB, `api/` has the writers, and `admin.rs` the requests to a private database.
//! `rights.rs` defines the permissions of each.

mod admin;
mod api;
mod bootstrap;
mod changes;
mod consumer;
#[cfg(test)]
mod contract;
mod database;
mod environment;
mod publisher;
pub mod rights;
mod sequencer;

pub use bootstrap::main;
