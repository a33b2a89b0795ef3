//! Warnings of readers about problems that do not end them.

use std::fmt;
use std::sync::Arc;

use crate::report::Reporter;

/// The receiver of a reader's warnings: a reporter, or the log of a process that has none.
#[derive(Clone, Default)]
pub struct Warnings(Option<Arc<dyn Fn(String) + Send + Sync>>);

impl Warnings {
    /// Returns warnings for this reporter.
    pub fn on(reporter: &dyn Reporter) -> Self {
        let reporter = reporter.share();
        Self::to(move |text| reporter.warn(text))
    }

    fn to(report: impl Fn(String) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(report)))
    }

    /// Returns warnings that tests can read.
    #[cfg(test)]
    pub(super) fn collected() -> (Self, Arc<parking_lot::Mutex<Vec<String>>>) {
        let collected = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let to = collected.clone();
        (Self::to(move |text| to.lock().push(text)), collected)
    }

    pub(super) fn warn(&self, text: String) {
        match &self.0 {
            Some(report) => report(text),
            None => tracing::warn!("{text}"),
        }
    }
}

impl fmt::Debug for Warnings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Warnings(to a reporter)" } else { "Warnings(to the log)" })
    }
}
