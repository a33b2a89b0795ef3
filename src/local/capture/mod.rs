//! The data plane of DMS: follows a replication slot, applies a task's mappings and settings, and puts records into a
//! stream. It knows no other part of the local stack; `dms` starts and stops it.
//!
//! ```text
//! capture (or load) ── batches, bounded ──▶ delivery ── at most a few requests ──▶ sink
//!        ▲                                    │
//!        └──────── confirmed position ────────┘
//! ```
//! Two rules prevent loss and reordering: a position is confirmed only when every record before it is stored, and at
//! most one record of each partition key is in flight, so that a retry can't overtake another record.

mod catalog;
mod changes;
mod delivery;
mod follow;
mod heartbeat;
mod job;
mod kinesis;
mod load;
pub mod mapping;
mod queue;
mod row;
mod run;
pub mod settings;
mod sink;
mod slot;
mod statistics;
mod table;

pub use job::{Job, Phase, Start};
pub use kinesis::KinesisSink;
pub use run::{Ended, run};
pub use sink::{Entry, Failure, Sink, SinkError};
pub use slot::drop_slot;
pub use statistics::{Statistics, TableCounts};
