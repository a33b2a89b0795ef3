//! Failed queries of the readers of PostgreSQL tables.

use std::time::Duration;

use crate::base::error::{Error, Kind, Result};

/// Consecutive failed queries after which a reader fails.
const MOST: u32 = 30;

/// Consecutive failed queries.
#[derive(Default)]
pub struct Failures(u32);

impl Failures {
    /// Pauses for a second before the query is repeated.
    ///
    /// # Errors
    /// The error itself after too many in succession, and if the table lacks a column.
    pub async fn pause(&mut self, error: Error) -> Result<()> {
        if self.0 == MOST || error.kind() == Kind::Schema {
            return Err(error);
        }
        self.0 += 1;
        tokio::time::sleep(Duration::from_secs(1)).await;
        Ok(())
    }

    /// Counts from 0 again after a query that succeeded.
    pub fn reset(&mut self) {
        self.0 = 0;
    }
}
