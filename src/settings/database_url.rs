//! The connection string of a database that this machine reaches itself.

use std::fmt;

use super::environment;
use crate::base::error::Result;

/// The variable with the connection string. There is no flag for it: other users of a machine can read the arguments of
/// its processes.
pub const DATABASE_URL: &str = "OUTBOXCTL_DATABASE_URL";

/// A connection string, which may contain a password. Debug output hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Reads OUTBOXCTL_DATABASE_URL; `None` if it is unset or empty.
    ///
    /// # Errors
    /// `Usage` if it is not UTF-8; the value is not repeated.
    pub fn read() -> Result<Option<Self>> {
        Ok(environment::secret(DATABASE_URL)?.map(Self))
    }

    /// Returns the text: for the connection only, never for a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
impl From<&str> for DatabaseUrl {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}
