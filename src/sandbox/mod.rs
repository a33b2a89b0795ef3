//! The local stack: a real PostgreSQL, an AWS emulator as a supervised child, and in front of it one endpoint of ours
//! (the gateway) that adds what the emulator lacks. May import `aws`, `dms`, `dynamodb`, `error`, `listener`, `outbox`,
//! `output`, `postgres`.
//!
//! `daemon.rs` runs it all, each child with the environment of `child_environment.rs`; `control.rs` is how commands start, find and end the daemon; `parts.rs` lists what the
//! gateway adds.

mod child;
mod child_environment;
pub mod control;
pub mod daemon;
pub mod dms;
mod emulator;
mod event_source;
mod events;
pub mod gateway;
mod home;
mod key;
mod lock;
mod network;
mod orphans;
mod parts;
mod ports;
pub mod postgres_server;
mod process;
mod rds;
pub mod replicator;
mod roles;
pub mod state;
pub mod tools;
mod user;

pub use child::{EndSignal, become_program};
pub use gateway::KEY_HEADER;
pub use home::Home;
