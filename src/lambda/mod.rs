//! The Lambda mode: every function of a pipeline, chosen by its `Handler` setting.
//!
//! Handlers are plain async functions; only `bootstrap.rs` knows the Lambda runtime. Imports `aws`, `dms`,
//! `dynamodb`, `error`, `outbox` and `postgres`.

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
