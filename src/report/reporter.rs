//! Where engines report to.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{Event, Expect, Level};
use crate::error::{Error, Kind, Result};

/// Gets what an engine reports, and answers its questions.
pub trait Reporter: Send + Sync {
    /// Something happened.
    fn emit(&self, event: Event);

    /// Says how long a step under way may take.
    fn expect(&self, scope: &str, expect: Expect);

    /// Asks a yes-or-no question; anything but yes is false.
    ///
    /// # Errors
    /// `NeedsInput` where there is nobody to answer.
    fn confirm<'a>(&'a self, question: &'a str) -> BoxFuture<'a, Result<bool>> {
        ready(Err(Error::new(Kind::NeedsInput, question).hint("pass --yes to agree"))).boxed()
    }

    /// Returns a reporter to the same place, for work that outlives a call.
    fn share(&self) -> Arc<dyn Reporter>;
}

impl dyn Reporter + '_ {
    pub fn note(&self, message: impl Into<String>) {
        self.emit(Event::Note { level: Level::Info, message: message.into() });
    }

    pub fn warn(&self, message: impl Into<String>) {
        self.emit(Event::Note { level: Level::Warning, message: message.into() });
    }

    /// Shown with --verbose only.
    pub fn detail(&self, message: impl Into<String>) {
        self.emit(Event::Note { level: Level::Detail, message: message.into() });
    }
}

/// Drops every report: for work whose steps are of no interest.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn emit(&self, _: Event) {}

    fn expect(&self, _: &str, _: Expect) {}

    fn share(&self) -> Arc<dyn Reporter> {
        Arc::new(*self)
    }
}
