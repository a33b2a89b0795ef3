//! The reports of engines: typed events, how long a step may take, warnings; and the parts of their text. Imports
//! `error`.
//!
//! An engine gets a [`Reporter`] and knows no console. The console is one; [`Silent`] another.

mod clean;
mod event;
mod reporter;
mod units;

pub use clean::{clean, clean_line, clean_styled, escape, is_harmful};
pub use event::{Event, Expect, Level};
pub use reporter::{Reporter, Silent};
pub use units::{bytes, count};
