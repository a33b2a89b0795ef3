//! The reports of engines: typed events, expected durations, warnings, and the parts of their text; and the log of
//! processes without a console.
//!
//! An engine receives a [`Reporter`] and does not know the console. The console implements it; [`Silent`] reports
//! nothing.

mod clean;
#[cfg(test)]
mod collected;
mod event;
pub mod log;
mod reporter;
mod units;

pub use clean::{clean, clean_line, clean_styled, escape, is_harmful};
#[cfg(test)]
pub use collected::Collected;
pub use event::{Event, Expect, Level};
pub use reporter::{Reporter, Silent};
pub use units::{bytes, clock, count, utc};
