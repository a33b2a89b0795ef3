//! PostgreSQL's streaming replication protocol over verified TLS, and the decoder of its `pgoutput` plugin.
//!
//! [`Connection`] speaks the commands (slots, START_REPLICATION), [`Stream`] the copy-both phase that follows;
//! [`pgoutput`] is pure and takes any bytes. Source: PostgreSQL documentation, "Streaming Replication Protocol",
//! "Logical Streaming Replication Protocol", "Logical Replication Message Formats".

mod connection;
mod fault;
mod frames;
mod login;
mod lsn;
pub mod pgoutput;
mod stream;

pub use connection::{Connection, Slot};
pub use lsn::Lsn;
pub use stream::{Frame, Stream};
