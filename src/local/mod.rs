//! The local stack: a real PostgreSQL, an AWS emulator as a supervised child process, and in front of it the gateway,
//! an endpoint that adds services that the emulator lacks. Imports `aws`, `base`, `listener`, `outbox`, `postgres`,
//! `settings` and `streams`.
//!
//! `daemon` runs all of it, each child with the environment of `child_environment.rs`; `control.rs` starts, finds
//! and stops the daemon for commands. `dms` answers the API of DMS, and `capture` moves the records of its tasks.
//! `launcher.py` and the modules in `launcher/` run in the emulator's process; `roles.rs` and `network.rs` are the
//! gateway's side of them. `space.rs` looks at the disk.

pub mod capture;
pub mod chaos;
mod child;
mod child_environment;
pub mod control;
pub mod daemon;
pub mod dms;
mod emulator;
mod event_source;
mod events;
pub mod fidelity;
pub mod gateway;
mod home;
mod key;
mod lock;
mod network;
mod orphans;
mod ports;
pub mod postgres_server;
mod process;
mod query;
mod rds;
mod roles;
pub mod space;
pub mod state;
pub mod tools;
mod transports;
mod user;

pub use child::{EndSignal, become_program};
pub use emulator::Snapshot;
pub use gateway::KEY_HEADER;
pub use home::Home;
pub use transports::Transports;
