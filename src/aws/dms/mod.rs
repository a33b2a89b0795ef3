//! Control of a DMS replication task: start, stop and connection tests according to its state.
//!
//! A task's first run must be `start-replication`, every later one `resume-processing`: another start would recreate
//! the replication slot and leave a gap. Source: StartReplicationTask in the DMS API reference.

mod connections;
mod diagnosis;
mod mark;
mod plan;
mod task;
pub mod versions;

pub use connections::{Connection, latest, test};
pub use diagnosis::is_lost_slot;
pub use task::{Polling, Snapshot, Task};
