//! One stack away.

use aws_sdk_cloudformation::types::{DeletionMode, Stack as Described};

use super::Engine;
use super::deploy::holds_foreign;
use super::engine::{Operation, OperationKind, status_of, token};
use super::events::Follower;
use super::settle::Settled;
use super::status::{OnDestroy, actions};
use crate::error::{AwsContext, Error, Kind, Result};
use crate::report::Event;

/// What a deletion may leave behind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaving<'a> {
    Nothing,
    /// These resources, by logical id.
    Named(&'a [String]),
    /// Whatever can't be deleted.
    Anything,
}

impl Engine {
    /// Deletes the stack, whatever state it is in. False where there was none.
    ///
    /// # Errors
    /// `Usage` for a protected stack, `StackFailed` with the root cause, `NeedsRecovery` for somebody else's change set
    /// and for a deletion that got stuck.
    pub async fn destroy(&self, scope: &str, name: &str) -> Result<bool> {
        loop {
            let Some(stack) = self.describe(name).await? else { return Ok(false) };
            let id = stack.stack_id().unwrap_or(name).to_owned();
            match actions(status_of(&stack)).destroy {
                OnDestroy::Nothing => return Ok(false),
                OnDestroy::Delete => {}
                OnDestroy::Wait => {
                    let status = status_of(&stack).as_str();
                    self.reporter.emit(Event::started(scope, format!("waiting for {status} to end")));
                    let mut poll = self.pace.poll(format!("stack {scope}"));
                    while let Some(stack) = self.describe(&id).await? {
                        if actions(status_of(&stack)).destroy != OnDestroy::Wait {
                            break;
                        }
                        poll.pause().await?;
                    }
                    continue;
                }
                OnDestroy::Review => {
                    let foreign = self.foreign_change_sets(name).await?;
                    if !foreign.is_empty() {
                        return Err(holds_foreign(name, &foreign));
                    }
                }
            }
            if stack.enable_termination_protection() == Some(true) {
                return Err(Error::new(Kind::Usage, format!("stack {name} is protected against termination")).hint(format!(
                    "lift it first: `aws cloudformation update-termination-protection --no-enable-termination-protection --stack-name {name}`"
                )));
            }
            self.reporter.emit(Event::started(scope, "delete"));
            self.delete(scope, &stack).await?;
            self.reporter.emit(Event::finished(scope, "deleted", true));
            return Ok(true);
        }
    }

    /// Asks for the deletion and waits for its end.
    pub(super) async fn delete(&self, scope: &str, stack: &Described) -> Result<()> {
        let settled = self.delete_leaving(scope, stack, Leaving::Nothing).await?;
        self.judge(scope, settled).await.map(drop)
    }

    pub(super) async fn delete_leaving(&self, scope: &str, stack: &Described, leaving: Leaving<'_>) -> Result<Settled> {
        let id = stack.stack_id().unwrap_or_default();
        let follower = Follower::from_now(self, id).await?;
        // The last event makes the token: a deletion that failed may be asked for again.
        let token = token(["delete", id, follower.seen().unwrap_or("")]);
        let request = self.client.delete_stack().stack_name(id).client_request_token(token);
        let request = match leaving {
            Leaving::Nothing => request,
            Leaving::Named(names) => request.set_retain_resources(Some(names.to_vec())),
            Leaving::Anything => request.deletion_mode(DeletionMode::ForceDeleteStack),
        };
        let stack = stack.stack_name().unwrap_or_default().to_owned();
        self.begun(Operation { scope: scope.to_owned(), stack, kind: OperationKind::Other });
        self.pace.send(scope, || request.clone().send()).await.aws(format!("delete stack {scope}"))?;
        self.settle(scope, id, follower).await
    }
}
