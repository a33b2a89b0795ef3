//! Control of a DMS replication task: start, stop and connection tests according to its state.
//!
//! A task's first run must be `start-replication`, every later one `resume-processing`: another start would recreate
//! the replication slot and leave a gap. Source: StartReplicationTask in the DMS API reference.

mod connections;
pub mod describe;
mod diagnosis;
mod mark;
mod plan;
mod source;
mod task;
pub mod versions;

pub use connections::{Connection, latest, test};
pub use diagnosis::NO_PUBLICATION;
pub use mark::{Interrupted, Mark, Upgrading};
pub use source::{SlotUse, Source};
pub use task::{Polling, Snapshot, StartPoint, Task, snapshot};
