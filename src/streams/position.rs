//! The start position of readers.

use chrono::{DateTime, Utc};

/// The start position of a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// From now on.
    Latest,
    /// From the oldest available item.
    Start,
    /// From items that arrived at this time or later.
    At(DateTime<Utc>),
}

impl StartAt {
    /// Returns the oldest time to include; `None` for everything.
    pub fn since(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Latest => Some(now),
            Self::Start => None,
            Self::At(at) => Some(at),
        }
    }
}
