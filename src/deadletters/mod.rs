//! What a pipeline could not deliver: looking at it, and sending it on its way again. Imports `aws`, `cloudformation`,
//! `database`, `dms`, `dynamodb`, `error`, `outbox`, `postgres`, `redelivery`.
//!
//! A [`Place`] is where dead letters are kept: the failure bucket, where the publisher puts what the bus refuses and Lambda
//! the batches that it gives up (`document.rs` reads both forms); the table `outbox_failures`, where the consumers of
//! `rds-kinesis` put what their hook refuses; and the queues behind the rules of a bus, with what did not reach the event
//! log or the consumer (`message.rs`). [`redrive()`] hands records back to whom they were meant for, in the order of their
//! aggregates (`plan.rs`, pure), and removes a letter only once all of it was accepted there: a kill in between repeats
//! what was in flight and loses nothing. [`discard()`] removes what is never to be delivered.

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
pub use letter::{DeadLetter, Opened, Record, counts};
pub use place::{Place, Places, in_queues};
pub use plan::Selection;
pub use queue::HELD;
pub use redrive::{Options, Report, Step, redrive};
pub use view::View;
