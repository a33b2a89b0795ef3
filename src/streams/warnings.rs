//! Warnings of readers about problems that do not end them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::base::report::Reporter;

/// Minimum interval of warnings of a kind that every shard of a stream can have.
const SELDOM: Duration = Duration::from_secs(60);

/// The receiver of a reader's warnings: a reporter, or the log of a process that has none. Clones share it.
#[derive(Clone, Default)]
pub struct Warnings {
    report: Option<Arc<dyn Fn(String) + Send + Sync>>,
    /// Time of the last warning by [`Warnings::warn_seldom`].
    last: Arc<Mutex<Option<Instant>>>,
}

impl Warnings {
    /// Returns warnings for this reporter.
    pub fn on(reporter: &dyn Reporter) -> Self {
        let reporter = reporter.share();
        Self::to(move |text| reporter.warn(text))
    }

    fn to(report: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self { report: Some(Arc::new(report)), last: Arc::default() }
    }

    /// Returns warnings that tests can read.
    #[cfg(test)]
    pub(super) fn collected() -> (Self, Arc<Mutex<Vec<String>>>) {
        let collected = Arc::new(Mutex::new(Vec::new()));
        let to = collected.clone();
        (Self::to(move |text| to.lock().push(text)), collected)
    }

    pub(super) fn warn(&self, text: String) {
        match &self.report {
            Some(report) => report(text),
            None => tracing::warn!("{text}"),
        }
    }

    /// Warns, unless there was such a warning within the last minute: a problem that all shards have is reported once.
    pub(super) fn warn_seldom(&self, text: String) {
        let mut last = self.last.lock();
        if last.is_none_or(|last| last.elapsed() >= SELDOM) {
            *last = Some(Instant::now());
            self.warn(text);
        }
    }
}

impl fmt::Debug for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.report.is_some() { "Warnings(to a reporter)" } else { "Warnings(to the log)" })
    }
}
