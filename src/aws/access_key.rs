//! The access key of a local stack.

use std::fmt;

use aws_credential_types::Credentials;
use serde::{Deserialize, Serialize};

/// An access key. `Debug` shows its id, never its secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    pub id: String,
    pub secret: String,
}

impl AccessKey {
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { id: id.into(), secret: secret.into() }
    }

    /// Returns the access key as credentials of the SDK.
    pub fn credentials(&self) -> Credentials {
        Credentials::new(&self.id, &self.secret, None, None, "local stack")
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_not_shown() {
        let shown = format!("{:?}", AccessKey::new("LOCAL1", "hidden"));
        assert!(shown.contains("LOCAL1") && !shown.contains("hidden"), "{shown}");
    }
}
