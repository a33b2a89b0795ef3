//! The event envelope: the outbox row, however it was captured, and the CloudEvent made of it; pure. Imports no other
//! room.

mod derived;
mod digest;
mod envelope;
mod exact;
pub mod formats;
mod members;
mod redelivery;
mod row;
mod trace;

pub use derived::derived_id;
pub use digest::digest;
pub use envelope::{CloudEvent, Message, SOURCE_PREFIX};
pub use exact::{Decimal, Exact, text_at};
pub use members::{Members, levels};
pub use redelivery::{Fate, Piece, Redelivered, Redelivery};
pub use row::{RowError, timestamp};
pub use trace::Traceparent;
