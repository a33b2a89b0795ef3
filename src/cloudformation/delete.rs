//! Deletes one stack.

use aws_sdk_cloudformation::types::{DeletionMode, Stack as Described};

use super::Engine;
use super::completion::Completed;
use super::engine::OperationKind;
use super::events::Follower;
use super::status::{OnDestroy, actions_of, status_of};
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::base::report::Event;

/// Resources that a deletion may leave behind.
#[derive(Debug, Clone, Copy)]
pub(super) enum Retain<'a> {
    Nothing,
    /// These resources, by logical id.
    Named(&'a [String]),
    /// All that can't be deleted.
    Anything,
}

impl Engine {
    /// Deletes the stack, whatever state it is in. False if it did not exist.
    ///
    /// # Errors
    /// `Usage` for a protected stack, `StackFailed` with the root cause, `NeedsRecovery` for a change set that
    /// outboxctl did not create and for a deletion that got stuck.
    pub async fn destroy(&self, scope: &str, name: &str) -> Result<bool> {
        loop {
            let Some(stack) = self.describe(name).await? else { return Ok(false) };
            match actions_of(&stack).destroy {
                OnDestroy::Nothing => return Ok(false),
                OnDestroy::Delete => {}
                OnDestroy::Wait => {
                    let status = status_of(&stack).as_str();
                    self.reporter.emit(Event::started(scope, format!("waiting for {status} to end")));
                    self.wait_until_idle(format!("stack {scope}"), Some(stack)).await?;
                    continue;
                }
                OnDestroy::Review => self.refuse_foreign_change_sets(name).await?,
            }
            refuse_protected(&stack)?;
            self.reporter.emit(Event::started(scope, "delete"));
            self.delete(scope, &stack).await?;
            self.reporter.emit(Event::finished(scope, "deleted", true));
            return Ok(true);
        }
    }

    /// Requests the deletion and waits for its end.
    pub(super) async fn delete(&self, scope: &str, stack: &Described) -> Result<()> {
        let completed = self.delete_retaining(scope, stack, Retain::Nothing).await?;
        self.judge(scope, completed).await.map(drop)
    }

    pub(super) async fn delete_retaining(
        &self,
        scope: &str,
        stack: &Described,
        retain: Retain<'_>,
    ) -> Result<Completed> {
        let id = stack.stack_id().unwrap_or_default();
        let follower = Follower::from_now(self, id).await?;
        let request = self.client.delete_stack().stack_name(id).client_request_token(follower.token("delete"));
        let request = match retain {
            Retain::Nothing => request,
            Retain::Named(names) => request.set_retain_resources(Some(names.to_vec())),
            Retain::Anything => request.deletion_mode(DeletionMode::ForceDeleteStack),
        };
        self.record_start(scope, stack.stack_name().unwrap_or_default(), OperationKind::Other);
        self.limiter.send(scope, || request.clone().send()).await.aws(format!("delete stack {scope}"))?;
        self.wait_for_completion(scope, id, follower).await
    }
}

/// Refuses a stack that is protected against termination.
///
/// # Errors
/// `Usage`, with the command that disables the protection.
pub(super) fn refuse_protected(stack: &Described) -> Result<()> {
    if stack.enable_termination_protection() != Some(true) {
        return Ok(());
    }
    let name = stack.stack_name().unwrap_or_default();
    Err(Error::new(Kind::Usage, format!("stack {name} is protected against termination")).hint(format!(
        "disable the protection first: `aws cloudformation update-termination-protection \
         --no-enable-termination-protection --stack-name {name}`"
    )))
}
