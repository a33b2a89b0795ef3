//! Stops and resumes work that must not run while a stack is updated.

use futures_util::future::BoxFuture;

use crate::base::error::Result;

/// Stops something during an update and resumes it afterwards.
///
/// AWS DMS refuses to modify a replication task, and an endpoint of one, while the task runs, and CloudFormation does not
/// stop it (ModifyReplicationTask in the DMS API reference).
pub trait Pause: Send + Sync {
    /// Stops it, if it runs, before a change set of the stack `scope` is executed. May be called repeatedly.
    fn pause<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<()>>;

    /// Resumes it if it was stopped by [`Pause::pause`], now or in an interrupted earlier run. Called once the deploy
    /// of the stack `scope` has ended, even if it failed.
    fn resume<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<()>>;
}
