//! Where reading begins.

use chrono::{DateTime, Utc};

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// With what comes from now on.
    Latest,
    /// With the oldest that is still there.
    Start,
    /// With what arrived at this time or later.
    At(DateTime<Utc>),
}

impl From {
    /// The oldest time that counts; None for everything.
    pub fn since(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Latest => Some(now),
            Self::Start => None,
            Self::At(at) => Some(at),
        }
    }
}
