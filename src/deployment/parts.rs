//! The state of the capture, and of the consumers of a stream.

use std::time::Duration;

use super::Deployment;
use crate::aws::dms::{self, Snapshot};
use crate::base::error::Result;
use crate::consumer::{Leases, Table, is_anyone_alive};
use crate::pipelines::Output;

impl Deployment {
    /// Returns the capture task if it is not running, so that new events wait in the database's log. None if it is
    /// running, if the pipeline has none, and if DMS can't be queried.
    pub async fn stopped_capture(&self) -> Option<Snapshot> {
        let arn = self.output(Output::TaskArn).ok()?;
        dms::snapshot(&self.clients, arn).await.ok().filter(|now| now.status != "running")
    }

    /// Returns the consumers of a group.
    ///
    /// # Errors
    /// `NotDeployed`.
    pub fn consumers(&self, group: &str) -> Result<Consumers> {
        Ok(Consumers(Table::new(self.clients.dynamodb(), self.output(Output::LeaseTable)?, group)))
    }
}

/// The consumers of one group, as their leases show them.
pub struct Consumers(Table);

impl Consumers {
    /// Returns the number of shards that a consumer holds, and of all shards.
    ///
    /// # Errors
    /// Those of DynamoDB.
    pub async fn shards(&self) -> Result<(usize, usize)> {
        let leases = self.0.list().await?;
        Ok((leases.iter().filter(|lease| lease.owner.is_some()).count(), leases.len()))
    }

    /// Returns whether any consumer renews a lease within `timeout`.
    ///
    /// # Errors
    /// Those of DynamoDB.
    pub async fn are_alive(&self, timeout: Duration) -> Result<bool> {
        is_anyone_alive(&self.0, timeout).await
    }
}
