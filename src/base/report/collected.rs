//! A reporter for tests, which keeps the messages.

use std::sync::Arc;

use parking_lot::Mutex;

use super::{Event, Expect, Level, Reporter};

/// Keeps every warning.
#[derive(Debug, Clone, Default)]
pub struct Collected(Arc<Mutex<Vec<String>>>);

impl Collected {
    /// Returns the warnings so far.
    pub fn warnings(&self) -> Vec<String> {
        self.0.lock().clone()
    }
}

impl Reporter for Collected {
    fn emit(&self, event: Event) {
        if let Event::Note { level: Level::Warning, message } = event {
            self.0.lock().push(message);
        }
    }

    fn expect(&self, _: &str, _: Expect) {}

    fn share(&self) -> Arc<dyn Reporter> {
        Arc::new(self.clone())
    }
}
