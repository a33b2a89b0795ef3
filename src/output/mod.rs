//! All output: results on stdout, progress and messages on stderr. Imports `base` and `settings`.
//!
//! Work reports through typed [`Event`]s; a renderer turns them into a live view, plain lines or NDJSON. Commands
//! return an [`Outcome`]. Only this room uses indicatif and comfy-table, and only `stream.rs` writes to the streams.
//! [`clean()`] sanitizes text from outside before it is styled.

mod console;
mod expect;
pub mod fit;
mod github;
mod heartbeat;
mod inert;
mod live;
mod markdown;
mod ndjson;
mod outcome;
mod questions;
mod render;
mod stream;
pub mod style;
mod tables;
mod terminal;
mod tree;
pub mod wrap;

pub use crate::base::report::{Event, Expect, Level, Reporter, bytes, clean, clean_line, count, escape, utc};
pub use console::{Console, print, print_error};
pub use outcome::{Outcome, Table};
pub use tables::NO_BREAK;
pub use terminal::{choose_color, respect_empty_term, width as terminal_width};

/// Version of the NDJSON contract; every line carries it as `v`.
pub const NDJSON_VERSION: u32 = 2;
