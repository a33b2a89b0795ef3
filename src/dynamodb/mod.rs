//! DynamoDB as an outbox store: the outbox item, the transaction that writes it beside the user's own items, and the
//! change records by which it is captured. Imports `error` and `outbox`.
//!
//! `image.rs` and `change.rs` read what DynamoDB Streams and Kinesis Data Streams for DynamoDB carry (pure), `appended.rs` says
//! which of it are events; `item.rs`
//! is the outbox item; `writer.rs` commits; `stream.rs` is a DynamoDB stream's shards and records; `users.rs` says what the
//! changes of a plain table mean.

mod appended;
mod change;
#[cfg(test)]
pub mod fake_streams;
mod image;
mod item;
pub mod stream;
pub mod users;
mod writer;

pub use appended::appended;
pub use change::{Change, ChangeError, Operation};
pub use item::{from_item, item, read};
pub use writer::{Commit, Outbox, is_contention};
