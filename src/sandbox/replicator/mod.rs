//! The data plane of DMS: follows a replication slot, applies a task's mappings and settings, and puts records into a
//! stream. Knows nothing of the DMS API; [`super::dms`] starts and stops it. Imports `dms::record`, `error`, `postgres`.
//!
//! ```text
//! capture (or load) ── batches, bounded ──▶ delivery ── at most a few requests ──▶ sink
//!        ▲                                    │
//!        └──────── confirmed position ────────┘
//! ```
//! Two rules hold everything up: a position is confirmed only once every record before it is stored, and of one
//! partition key at most one record is under way at a time, so that no retry can overtake.

mod capture;
mod catalog;
mod changes;
mod delivery;
mod heartbeat;
mod job;
mod kinesis;
mod load;
pub mod mapping;
mod queue;
mod row;
pub mod settings;
mod sink;
mod slot;
mod statistics;
mod table;

pub use job::{Ended, Job, Phase, Start, run};
pub use kinesis::KinesisSink;
pub use sink::{Entry, Failure, Sink, SinkError};
pub use slot::drop_slot;
pub use statistics::{Statistics, TableCounts};
