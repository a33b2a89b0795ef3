//! Recovers a stack from a status that `deploy` does not act on.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::Stack as Described;

use super::Engine;
use super::completion::Completed;
use super::delete::{Retain, refuse_protected};
use super::engine::{OperationKind, needs_recovery, recovery_hint};
use super::events::{Follower, is_failure, is_stack};
use super::status::{OnDeploy, OnRecover, Phase, actions_of, status_of};
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::base::report::Event;

/// Actions that the user allows although they may lose resources.
#[derive(Debug, Clone, Default)]
pub struct RecoverOptions {
    /// Resources, by logical id, that a stuck rollback leaves as they are.
    pub skip: Vec<String>,
    /// Resources, by logical id, that a stuck deletion leaves behind.
    pub retain: Vec<String>,
    /// A stuck deletion leaves behind all that can't be deleted.
    pub force: bool,
}

impl RecoverOptions {
    /// Checks that a resource that the user names is kept by the action for this status.
    ///
    /// # Errors
    /// `Usage` if it is not.
    pub fn check(&self, stack: &str, action: OnRecover, status: &str) -> Result<()> {
        let acts = !matches!(action, OnRecover::Nothing | OnRecover::Wait);
        let (flag, applies) = match (self.skip.is_empty(), self.retain.is_empty()) {
            (false, _) if acts && action != OnRecover::Continue => ("--skip", "UPDATE_ROLLBACK_FAILED"),
            (_, false) if acts && action != OnRecover::ForceDelete => ("--retain", "DELETE_FAILED"),
            _ => return Ok(()),
        };
        let text = format!("stack {stack} is in {status}, and CloudFormation accepts {flag} only in {applies}");
        Err(Error::new(Kind::Usage, text).hint(format!("nothing was changed; omit {flag} if the resource may be lost")))
    }
}

/// The status of a stack before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    pub before: String,
    /// `not deployed` if the stack is deleted.
    pub after: String,
    /// The call that was made, if any.
    pub action: Option<&'static str>,
}

impl Engine {
    /// Returns the stack's status and the action of [`Engine::recover`] for it; None if the stack does not exist.
    pub async fn recovery(&self, name: &str) -> Result<Option<(OnRecover, String)>> {
        let stack = self.describe(name).await?;
        Ok(stack.map(|stack| (actions_of(&stack).recover, status_of(&stack).as_str().to_owned())))
    }

    /// Returns the stack to a state that `deploy` can update, by the call for its status.
    ///
    /// # Errors
    /// `NeedsRecovery` if no call helps or the call got stuck again, with the root cause; `StackFailed` if the
    /// operation that it waited for failed.
    pub async fn recover(&self, scope: &str, name: &str, options: &RecoverOptions) -> Result<Recovered> {
        let mut before = None;
        loop {
            let Some(stack) = self.describe(name).await? else {
                let status = before.unwrap_or_else(|| "not deployed".to_owned());
                return Ok(Recovered { before: status, after: "not deployed".into(), action: None });
            };
            let status = status_of(&stack).as_str().to_owned();
            let first = before.get_or_insert_with(|| status.clone()).clone();
            let row = actions_of(&stack);
            options.check(name, row.recover, &status)?;
            let (action, completed) = match row.recover {
                OnRecover::Nothing => {
                    if row.deploy == OnDeploy::Review {
                        self.refuse_foreign_change_sets(name).await?;
                    }
                    self.reporter.emit(Event::finished(scope, format!("{status}: nothing to recover from"), false));
                    return Ok(Recovered { before: first, after: status, action: None });
                }
                OnRecover::Wait => {
                    // The end does not matter: the next look decides.
                    self.attach(scope, &stack).await?;
                    continue;
                }
                OnRecover::Refuse => return Err(needs_recovery(scope, name, status_of(&stack))),
                OnRecover::Rollback => ("RollbackStack", self.roll_back(scope, &stack).await?),
                OnRecover::Continue => {
                    ("ContinueUpdateRollback", self.continue_rollback(scope, &stack, options).await?)
                }
                OnRecover::Delete => {
                    ("DeleteStack", self.delete_unless_protected(scope, &stack, Retain::Nothing).await?)
                }
                OnRecover::ForceDelete => {
                    let retain = match (options.force, options.retain.is_empty()) {
                        (true, _) => Retain::Anything,
                        (false, false) => Retain::Named(&options.retain),
                        (false, true) => Retain::Nothing,
                    };
                    ("DeleteStack", self.delete_unless_protected(scope, &stack, retain).await?)
                }
            };
            return self.recovered(scope, first, action, completed).await;
        }
    }

    /// Returns the result of the call, a success if `deploy` can continue.
    async fn recovered(
        &self,
        scope: &str,
        before: String,
        action: &'static str,
        completed: Completed,
    ) -> Result<Recovered> {
        let stack = completed.stack.as_ref().filter(|stack| actions_of(stack).phase != Phase::Gone);
        let after = stack.map_or("not deployed".to_owned(), |stack| status_of(stack).as_str().to_owned());
        let stuck = stack.filter(|stack| !matches!(actions_of(stack).recover, OnRecover::Nothing | OnRecover::Wait));
        if let Some(stack) = stuck {
            let hint = unstick(scope, stack, &completed);
            let error = self.failure(stack, &completed.events).await.into_kind(Kind::NeedsRecovery);
            self.reporter.emit(Event::failed(scope, format!("stuck in {after}")));
            return Err(error.hint(hint));
        }
        self.reporter.emit(Event::finished(scope, format!("{before} → {after}"), true));
        Ok(Recovered { before, after, action: Some(action) })
    }

    async fn roll_back(&self, scope: &str, stack: &Described) -> Result<Completed> {
        let id = stack.stack_id().unwrap_or_default();
        let follower = Follower::from_now(self, id).await?;
        let token = follower.token("rollback");
        let send = || self.client.rollback_stack().stack_name(id).client_request_token(&token).send();
        self.report_start(scope, stack, "rolling back to the last stable state");
        self.limiter.send(scope, send).await.aws(format!("roll back stack {scope}"))?;
        self.wait_for_completion(scope, id, follower).await
    }

    async fn continue_rollback(&self, scope: &str, stack: &Described, options: &RecoverOptions) -> Result<Completed> {
        let id = stack.stack_id().unwrap_or_default();
        let follower = Follower::from_now(self, id).await?;
        let token = follower.token("continue");
        let skip = (!options.skip.is_empty()).then(|| options.skip.clone());
        let send = || {
            let request = self.client.continue_update_rollback().stack_name(id).client_request_token(&token);
            request.set_resources_to_skip(skip.clone()).send()
        };
        self.report_start(scope, stack, "continuing the rollback");
        self.limiter.send(scope, send).await.aws(format!("continue the rollback of stack {scope}"))?;
        self.wait_for_completion(scope, id, follower).await
    }

    async fn delete_unless_protected(&self, scope: &str, stack: &Described, retain: Retain<'_>) -> Result<Completed> {
        refuse_protected(stack)?;
        self.report_start(scope, stack, "deleting the remaining resources");
        self.delete_retaining(scope, stack, retain).await
    }

    fn report_start(&self, scope: &str, stack: &Described, what: &str) {
        self.reporter.emit(Event::started(scope, format!("{}: {what}", status_of(stack).as_str())));
        self.record_start(scope, stack.stack_name().unwrap_or_default(), OperationKind::Other);
    }
}

/// Returns the hint for a call that got stuck, with the resources that failed.
fn unstick(scope: &str, stack: &Described, completed: &Completed) -> String {
    let failed = completed.events.iter().filter(|event| is_failure(event) && !is_stack(event));
    let names: BTreeSet<_> = failed.filter_map(|event| event.logical_resource_id()).collect();
    let flags = |flag: &str| names.iter().map(|name| format!(" {flag} {name}")).collect::<String>();
    match actions_of(stack).recover {
        OnRecover::Continue => format!(
            "remove the cause and run this again; or skip the resource, whose state may then differ from the template: \
             `outboxctl recover {scope}{}`",
            flags("--skip")
        ),
        OnRecover::ForceDelete => format!(
            "remove the cause and run this again; or retain the resource and delete it by hand: `outboxctl recover \
             {scope}{}` (--force retains everything that can't be deleted)",
            flags("--retain")
        ),
        _ => recovery_hint(scope, status_of(stack)),
    }
}
