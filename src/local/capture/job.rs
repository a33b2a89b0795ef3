//! The parameters of one run of a task's data plane.

use std::sync::Arc;

use tokio::sync::watch;

use super::Statistics;
use super::mapping::Mappings;
use super::settings::{LobSettings, SourceSettings, TargetSettings};
use crate::postgres::Target;
use crate::postgres::replication::Lsn;

/// The starting point of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A new slot; an existing one of the same name is dropped.
    Fresh,
    /// The position that the slot last confirmed.
    Resume,
    /// A position that the slot still holds.
    At(Lsn),
}

/// The progress of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Starting,
    Loading,
    /// The full load, if any, is stored.
    Following,
}

/// The parameters of a run.
pub struct Job {
    /// The task's identifier: partition key of its control records.
    pub name: String,
    pub database: Target,
    pub slot: String,
    pub start: Start,
    /// For a resume: the position up to which everything is known to be stored. Before PostgreSQL 17 a restarted server
    /// forgets recent confirmations, and would send those records again.
    pub checkpoint: Lsn,
    /// Indicates whether existing rows are copied on a fresh start.
    pub load: bool,
    /// Indicates whether changes are captured.
    pub follow: bool,
    pub mappings: Mappings,
    pub source: SourceSettings,
    pub target: TargetSettings,
    pub lobs: LobSettings,
    pub statistics: Arc<Statistics>,
    pub phase: watch::Sender<Phase>,
    /// The position up to which everything is stored.
    pub confirmed: watch::Sender<Lsn>,
}
