//! The messages of PostgreSQL's `pgoutput` plugin, protocol version 1, decoded in place. Pure; takes any bytes.

mod decode;
mod message;
mod reader;

pub use decode::decode;
pub use message::{Column, Message, Relation, Tuple, Value};

/// PostgreSQL's epoch (2000-01-01) in Unix microseconds.
pub(super) const EPOCH: i64 = 946_684_800_000_000;

/// Reasons why bytes are not a pgoutput message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("a pgoutput message ends too early")]
    Short,
    #[error("a pgoutput message contains the unknown tag {0}")]
    Tag(u8),
    #[error("a pgoutput message contains a name that is not UTF-8")]
    Name,
}
