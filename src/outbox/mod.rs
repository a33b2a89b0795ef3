//! The event envelope: the outbox row, however it was captured, and the CloudEvent it becomes. Imports only `error`.

mod derived;
mod envelope;
mod row;
mod trace;

pub use derived::derived_id;
pub use envelope::{CloudEvent, Message, SOURCE_PREFIX};
pub use row::RowError;
pub use trace::Traceparent;
