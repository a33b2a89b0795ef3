//! The reports of engines: typed events, expected durations, warnings; and the parts of their text. Imports `error`.
//!
//! An engine gets a [`Reporter`] and has no access to the console, which is one. [`Silent`] is another.

mod clean;
mod event;
mod reporter;
mod units;

pub use clean::{clean, clean_line, clean_styled, escape, is_harmful};
pub use event::{Event, Expect, Level};
pub use reporter::{Reporter, Silent};
pub use units::{bytes, count};
