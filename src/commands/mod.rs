//! One file for each command: its arguments and its steps. Imports every module but `cli`; makes no SDK calls and
//! prints nothing itself.
//!
//! Start with the file of the command that you type. `context.rs` has the parts that every command receives, `reach.rs`
//! loads the deployed pipeline, `args.rs` parses durations, times and rates, `announce.rs` prints the place of a change,
//! and `operations.rs` runs work on stacks until a signal.

mod announce;
mod args;
pub mod candidates;
mod capture;
pub mod chaos;
pub mod completions;
pub mod config;
pub mod consume;
mod context;
pub mod cost;
pub mod db;
pub mod demo;
pub mod deploy;
pub mod destroy;
pub mod dlq;
pub mod dms;
pub mod doctor;
pub mod explain;
pub mod init;
pub mod local;
pub mod man;
mod operations;
pub mod outputs;
pub mod policy;
mod reach;
pub mod reconcile;
pub mod recover;
pub mod replay;
pub mod sample;
pub mod status;
pub mod synth;
pub mod tail;
pub mod ui;
pub mod verify;
pub mod version;
pub mod watch;

pub use context::{Context, running_executable};
