//! Changes of DynamoDB items, in the formats of DynamoDB Streams and Kinesis Data Streams for DynamoDB.
//!
//! `image.rs` and `change.rs` read the records, `appended.rs` selects the changes that are events of an outbox table,
//! `users.rs` maps the changes of a plain table to domain events.

mod appended;
mod change;
pub mod image;
pub mod users;

pub use appended::appended;
pub use change::{Change, ChangeError, Operation};
