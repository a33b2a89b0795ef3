//! The interface that engines report to.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{Event, Expect};
use crate::base::error::{Error, Kind, Result};

/// Receives the reports of an engine, and answers its questions.
pub trait Reporter: Send + Sync {
    /// Receives an event.
    fn emit(&self, event: Event);

    /// Receives the expected duration of a step in progress.
    fn expect(&self, scope: &str, expect: Expect);

    /// Asks a yes-or-no question; any answer but yes is false.
    ///
    /// # Errors
    /// `NeedsInput` if the user can't be asked.
    fn confirm<'a>(&'a self, question: &'a str) -> BoxFuture<'a, Result<bool>> {
        ready(Err(Error::new(Kind::NeedsInput, question).hint("pass --yes to agree"))).boxed()
    }

    /// Returns a reporter with the same destination, for work that outlives a call.
    fn share(&self) -> Arc<dyn Reporter>;
}

impl dyn Reporter + '_ {
    pub fn note(&self, message: impl Into<String>) {
        self.emit(Event::note(message));
    }

    pub fn warn(&self, message: impl Into<String>) {
        self.emit(Event::warning(message));
    }

    /// Reports a note that is shown with --verbose only.
    pub fn detail(&self, message: impl Into<String>) {
        self.emit(Event::detail(message));
    }
}

/// Drops every report.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn emit(&self, _: Event) {}

    fn expect(&self, _: &str, _: Expect) {}

    fn share(&self) -> Arc<dyn Reporter> {
        Arc::new(*self)
    }
}
