//! What must not run while a stack is updated.

use futures_util::future::BoxFuture;

use crate::error::Result;

/// Stops something for the time of an update, and starts it again.
///
/// AWS DMS refuses to modify a replication task, and an endpoint of one, while the task runs, and CloudFormation does not
/// stop it (ModifyReplicationTask in the DMS API reference).
pub trait Pause: Send + Sync {
    /// Stops it, if it runs, before a change set of the stack `scope` is executed. May be called again.
    fn pause<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<()>>;

    /// Starts it again if it was stopped by [`Pause::pause`], now or in an earlier run that did not get this far. Called
    /// once the deploy of the stack `scope` has ended, well or not.
    fn resume<'a>(&'a self, scope: &'a str) -> BoxFuture<'a, Result<()>>;
}
