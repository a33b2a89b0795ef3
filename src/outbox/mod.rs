//! The event envelope: the outbox row, in every captured form, and the CloudEvent made of it; and the order of events
//! per aggregate. Pure. Imports no other room.
//!
//! Start with `envelope.rs` (the event on the bus) and `row.rs` (the captured row). `formats/` reads the records of DMS
//! and DynamoDB, `keyed_queue/` keeps the order per aggregate, and `layout/` maps an outbox table with other names.

mod derived;
mod digest;
mod envelope;
mod exact;
pub mod formats;
mod keyed_queue;
pub mod layout;
mod members;
mod recent;
mod redelivery;
mod row;
mod trace;

pub use derived::derived_id;
pub use digest::digest;
pub use envelope::{Message, SOURCE_PREFIX};
pub use exact::{Decimal, Exact, text_at};
pub use keyed_queue::{Choice, KeyedQueue, Ticket, round_robin, run_in_order};
pub use layout::Layout;
pub use members::{Members, levels};
pub use recent::{Recent, Window};
pub use redelivery::{Chunk, Redelivered, Redelivery, Verdict};
pub use row::{RowError, timestamp};
pub use trace::Traceparent;

/// Returns a sequence for a line of text, `#7 `; nothing without one.
pub fn numbered(sequence: Option<i64>) -> String {
    sequence.map(|sequence| format!("#{sequence} ")).unwrap_or_default()
}

/// Returns whether a text may be the beginning of an event's id: at least 8 characters of a UUID, and not all.
pub fn is_abbreviated(id: &str) -> bool {
    (8..36).contains(&id.len()) && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}
