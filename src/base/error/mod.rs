//! Errors: the failure, its hints, and the exit code.
//!
//! Every failure that a user can see is an [`Error`]: a [`Kind`] (stable name, exit code and standing hint, all from
//! one table in `kind.rs`), a message, and hints for this case.

mod aws;
mod causes;
mod kind;

pub use aws::{AwsContext, CONDITION_FAILED, RESOURCE_MISSING, kind_of, sdk_code};
pub use kind::Kind;

use std::borrow::Cow;
use std::fmt;
use std::io::ErrorKind;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure as shown to the user.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    hints: Vec<String>,
    /// The kind's standing hint.
    standing: Option<Cow<'static, str>>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    data: Option<Box<serde_json::Value>>,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let standing = kind.hint().map(Cow::Borrowed);
        Self { kind, message: message.into(), hints: Vec::new(), standing, source: None, data: None }
    }

    /// Returns the error of work that was cancelled.
    pub fn interrupted() -> Self {
        Self::new(Kind::Interrupted, "stopped")
    }

    /// Adds a hint for this case, shown before the kind's standing hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds hints for this case: those of a list, or the one of an `Option`.
    #[must_use]
    pub fn with_hints(mut self, hints: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.hints.extend(hints.into_iter().map(Into::into));
        self
    }

    /// Replaces the kind's standing hint, if it does not apply to this case. Has no effect if it was removed, because the
    /// error then has the remedy among its own hints.
    #[must_use]
    pub fn standing_hint(mut self, hint: impl Into<String>) -> Self {
        self.standing = self.standing.map(|_| Cow::Owned(hint.into()));
        self
    }

    /// Removes the kind's standing hint: the hints for this case have the remedy.
    #[must_use]
    pub fn without_standing_hint(self) -> Self {
        Self { standing: None, ..self }
    }

    /// Keeps the cause; its text is shown as "caused by".
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Keeps partial results for the machine-readable result.
    #[must_use]
    pub fn with_data(mut self, data: impl serde::Serialize) -> Self {
        self.data = serde_json::to_value(data).ok().map(Box::new);
        self
    }

    /// Returns the same failure with another kind.
    #[must_use]
    pub fn into_kind(self, kind: Kind) -> Self {
        Self { kind, standing: kind.hint().map(Cow::Borrowed), ..self }
    }

    /// Removes hints that repeat the failed command, given as its words (`db init`): hints that begin with it, and a
    /// standing hint that names it.
    #[must_use]
    pub fn without_hints_back_to(mut self, command: &str) -> Self {
        let same = format!("`outboxctl {command}`");
        self.hints.retain(|hint| !hint.trim_start_matches("run ").starts_with(&same));
        self.standing = self.standing.filter(|hint| !hint.contains(&same));
        self
    }

    /// Rewrites message and hints, the standing one included.
    #[must_use]
    pub fn map_text(mut self, rewrite: impl Fn(&str) -> String) -> Self {
        self.message = rewrite(&self.message);
        self.hints = self.hints.iter().map(|hint| rewrite(hint)).collect();
        self.standing = self.standing.map(|hint| rewrite(&hint).into());
        self
    }

    /// Returns the partial results before the failure.
    pub fn data(&self) -> Option<&serde_json::Value> {
        self.data.as_deref()
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the hints for this case, then the kind's standing one.
    pub fn hints(&self) -> impl Iterator<Item = &str> {
        self.hints.iter().map(String::as_str).chain(self.standing.as_deref())
    }

    pub fn exit_code(&self) -> u8 {
        self.kind.exit_code()
    }

    /// Returns the chain of causes, outermost first, without links that only wrap the next or repeat another.
    pub fn causes(&self) -> Vec<String> {
        causes::of(&self.message, self.source.as_ref().map(|source| source.as_ref() as _))
    }

    /// Returns the first and the last of [`Error::causes`]: the attempted action, and the reason of its failure.
    pub fn causes_in_short(&self) -> Vec<String> {
        causes::ends(self.causes())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|s| s.as_ref() as _)
    }
}

/// Converts any other error to an [`Error`]: `result.or_fail(Kind::Io, || "reading x".into())`.
pub trait OrFail<T> {
    fn or_fail(self, kind: Kind, message: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> OrFail<T> for std::result::Result<T, E> {
    fn or_fail(self, kind: Kind, message: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| {
            let source = source.into();
            let full =
                source.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::StorageFull);
            let error = Error::new(kind, message()).with_source(source);
            if full { error.hint("free some space; TMPDIR names another folder for temporary files") } else { error }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_never_repeat_the_failed_command() {
        let hints = |error: Error, command: &str| {
            error.without_hints_back_to(command).hints().map(str::to_owned).collect::<Vec<_>>()
        };
        let schema = || Error::new(Kind::Schema, "a table is missing");
        assert_eq!(hints(schema(), "db init"), [""; 0]);
        assert_eq!(hints(schema(), "verify"), ["run `outboxctl db init`"]);
        let failed = || Error::new(Kind::Failed, "m").hint("free the slot, then `outboxctl dms start`");
        assert_eq!(hints(failed(), "dms start").len(), 1, "it says what changes in between");
        let back =
            Error::new(Kind::Failed, "m").hint("run `outboxctl dms start`").hint("`outboxctl dms start --fresh`");
        assert_eq!(hints(back, "dms start"), ["`outboxctl dms start --fresh`"]);
    }

    #[test]
    fn a_full_disk_hints_at_tmpdir() {
        let hints = |kind: ErrorKind| {
            let failed: Result<()> = Err(std::io::Error::from(kind)).or_fail(Kind::Io, || "writing".into());
            failed.expect_err("it failed").hints().map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(hints(ErrorKind::StorageFull)[0].contains("TMPDIR"));
        assert!(hints(ErrorKind::NotFound).is_empty());
    }
}
