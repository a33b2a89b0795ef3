//! DynamoDB as an outbox store.
//!
//! `attributes.rs` reads and writes attributes, `item.rs` has the outbox item, `writer.rs` the transaction that writes it with the user's own items, `stream.rs`
//! reads the shards and records of a table's stream.

pub mod attributes;
mod item;
pub mod stream;
mod writer;

pub use item::from_item;
#[cfg(test)]
pub use item::read;
pub use writer::{Commit, Outbox, is_contention};
