//! Dead letters: reads records and events that a pipeline could not deliver, and redelivers them.
//!
//! A [`Place`] is where dead letters are stored: the failure bucket, to which the publisher writes refused records and
//! Lambda the batches that it failed to process (`document.rs` reads both forms); the table `outbox_failures`, to which
//! the consumers of `rds-kinesis` write failed records; and the dead-letter queues of the rules of a bus, with events
//! that did not reach the event log or the consumer (`message.rs`). [`redrive()`] sends records to the target they were
//! meant for, in the order of their aggregates (`plan.rs`, pure), and removes a letter only after the target accepted
//! all of it: a kill in between repeats the records in flight and loses none. [`discard()`] removes letters that are
//! not to be delivered.

mod bucket;
mod discard;
mod document;
mod letter;
mod message;
mod place;
mod plan;
mod queue;
mod redrive;
mod spool;
mod table;
mod view;

pub use bucket::{Known, newest};
pub use discard::discard;
pub use letter::{DeadLetter, Opened, counts};
pub use place::{Place, Places, in_queues};
pub use plan::Selection;
pub use queue::HELD;
pub use redrive::{Options, Report, Step, redrive};
