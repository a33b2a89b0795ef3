//! The running tasks, by ARN.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

use crate::local::capture::{Statistics, TableCounts};

/// The running tasks.
#[derive(Default)]
pub(super) struct Runs(Mutex<HashMap<String, Run>>);

/// One running task.
pub(super) struct Run {
    pub(super) stop: CancellationToken,
    pub(super) statistics: Arc<Statistics>,
}

impl Runs {
    pub(super) fn is_running(&self, arn: &str) -> bool {
        self.lock().contains_key(arn)
    }

    pub(super) fn tables(&self, arn: &str) -> Option<Vec<((String, String), TableCounts)>> {
        self.lock().get(arn).map(|run| run.statistics.snapshot())
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<String, Run>> {
        self.0.lock()
    }
}
