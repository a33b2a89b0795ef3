//! The result of a check.

use serde::Serialize;

use crate::base::error::{Error, Kind};
use crate::pipelines::Hop;
use crate::settings::Place;

/// The state of the thing that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Ok,
    /// The check could not run, or AWS denied the request.
    NotChecked,
    /// It works, but needs attention.
    Warning,
    /// It does not work.
    Failed,
}

impl State {
    /// Returns the state as text.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NotChecked => "not checked",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One finding. The field names are part of the NDJSON contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The subject, like `capture task`.
    pub check: String,
    pub state: State,
    /// The hop of the finding; None for a finding beside the path.
    pub hop: Option<Hop>,
    /// The state as the service names it, like `running`.
    pub word: Option<String>,
    pub message: String,
    pub remedy: Option<String>,
}

impl Finding {
    fn new(check: impl Into<String>, state: State, message: impl Into<String>) -> Self {
        Self { check: check.into(), state, hop: None, word: None, message: message.into(), remedy: None }
    }

    pub fn ok(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(check, State::Ok, message)
    }

    pub fn warning(check: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(check, State::Warning, message) }
    }

    pub fn failed(check: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(check, State::Failed, message) }
    }

    pub fn not_checked(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(check, State::NotChecked, message)
    }

    /// Returns the finding for an error in the check: a failure where the error is about the subject of the check, and
    /// "not checked" where only the request failed.
    pub fn of_error(check: impl Into<String>, error: &Error) -> Self {
        let state = if is_about_subject(error.kind()) { State::Failed } else { State::NotChecked };
        let message = match error.causes().last() {
            Some(cause) => format!("{}: {cause}", error.message()),
            None => error.message().to_owned(),
        };
        Self { remedy: error.hints().next().map(str::to_owned), ..Self::new(check, state, message) }
    }

    /// Returns the finding for an error that is about the subject of the check, whatever its kind.
    pub fn failed_by(check: impl Into<String>, error: &Error) -> Self {
        Self { state: State::Failed, ..Self::of_error(check, error) }
    }

    /// Adds the flags of this place to the commands in message and remedy.
    #[must_use]
    pub fn filled(mut self, place: &Place) -> Self {
        self.message = place.fill(&self.message).into_owned();
        self.remedy = self.remedy.map(|remedy| place.fill(&remedy).into_owned());
        self
    }

    #[must_use]
    pub fn at(mut self, hop: Hop) -> Self {
        self.hop = Some(hop);
        self
    }

    #[must_use]
    pub fn word(mut self, word: impl Into<String>) -> Self {
        self.word = Some(word.into());
        self
    }
}

/// Returns whether errors of this kind are about the subject of the check, and not about the request.
fn is_about_subject(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::AccessDenied
            | Kind::Aws
            | Kind::Unreachable
            | Kind::Interrupted
            | Kind::Terminated
            | Kind::Io
            | Kind::Credentials
            | Kind::NeedsInput
            | Kind::Usage
            | Kind::Unexpected
    )
}
