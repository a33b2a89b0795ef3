//! Changes of DynamoDB items, in the formats of DynamoDB Streams and Kinesis Data Streams for DynamoDB.
//!
//! `image.rs` and `change.rs` read the records, `users.rs` maps the changes of a plain table to domain events.

mod change;
pub mod image;
pub mod users;

pub use change::{Change, ChangeError, Operation};
