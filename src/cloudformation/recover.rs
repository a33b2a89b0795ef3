//! Out of a status that `deploy` does not touch.

use aws_sdk_cloudformation::types::Stack as Described;

use super::Engine;
use super::delete::Leaving;
use super::deploy::holds_foreign;
use super::engine::{Operation, OperationKind, status_of, token, way_out};
use super::events::Follower;
use super::settle::Settled;
use super::status::{OnDeploy, OnRecover, Phase, actions};
use crate::error::{AwsContext, Error, Kind, Result};
use crate::report::Event;

/// What the user allows beyond what loses nothing.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// Resources, by logical id, that a stuck rollback leaves as they are.
    pub skip: Vec<String>,
    /// Resources, by logical id, that a stuck deletion leaves behind.
    pub retain: Vec<String>,
    /// A stuck deletion leaves behind whatever can't be deleted.
    pub force: bool,
}

/// A stack before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    pub before: String,
    /// `not deployed` where the stack is gone.
    pub after: String,
    /// The call that was made; None where nothing was to be done.
    pub action: Option<&'static str>,
}

impl Engine {
    /// What [`Engine::recover`] would do with the stack now, and its status; None where there is no such stack.
    pub async fn recovery(&self, name: &str) -> Result<Option<(OnRecover, String)>> {
        let stack = self.describe(name).await?;
        Ok(stack.map(|stack| (actions(status_of(&stack)).recover, status_of(&stack).as_str().to_owned())))
    }

    /// Brings the stack to where `deploy` can go on, by the call that its status asks for.
    ///
    /// # Errors
    /// `NeedsRecovery` where no call helps or the call got stuck again, with the root cause; `StackFailed` where the
    /// operation it waited for failed.
    pub async fn recover(&self, scope: &str, name: &str, ways: &Ways) -> Result<Recovered> {
        let mut before = None;
        loop {
            let Some(stack) = self.describe(name).await? else {
                let status = before.unwrap_or_else(|| "not deployed".to_owned());
                return Ok(Recovered { before: status, after: "not deployed".into(), action: None });
            };
            let status = status_of(&stack).as_str().to_owned();
            let first = before.get_or_insert_with(|| status.clone()).clone();
            let (action, settled) = match actions(status_of(&stack)).recover {
                OnRecover::Nothing => {
                    let foreign = match actions(status_of(&stack)).deploy {
                        OnDeploy::Review => self.foreign_change_sets(name).await?,
                        _ => Vec::new(),
                    };
                    if !foreign.is_empty() {
                        return Err(holds_foreign(name, &foreign));
                    }
                    self.reporter.emit(Event::finished(scope, format!("{status}: nothing to recover from"), false));
                    return Ok(Recovered { before: first, after: status, action: None });
                }
                OnRecover::Wait => {
                    // However it ends: the next look decides.
                    self.attach(scope, &stack).await?;
                    continue;
                }
                OnRecover::Refuse => {
                    let error = Error::new(Kind::NeedsRecovery, format!("stack {name} is in {status}"));
                    return Err(error.hint(way_out(scope, status_of(&stack))));
                }
                OnRecover::Rollback => ("RollbackStack", self.roll_back(scope, &stack).await?),
                OnRecover::Continue => ("ContinueUpdateRollback", self.continue_rollback(scope, &stack, ways).await?),
                OnRecover::Delete => ("DeleteStack", self.delete_told(scope, &stack, Leaving::Nothing).await?),
                OnRecover::ForceDelete => {
                    let leaving = match (ways.force, ways.retain.is_empty()) {
                        (true, _) => Leaving::Anything,
                        (false, false) => Leaving::Named(&ways.retain),
                        (false, true) => Leaving::Nothing,
                    };
                    ("DeleteStack", self.delete_told(scope, &stack, leaving).await?)
                }
            };
            return self.recovered(scope, first, action, settled).await;
        }
    }

    /// The end of the call, which is a good one wherever `deploy` can go on.
    async fn recovered(
        &self,
        scope: &str,
        before: String,
        action: &'static str,
        settled: Settled,
    ) -> Result<Recovered> {
        let stack = settled.stack.as_ref().filter(|stack| actions(status_of(stack)).phase != Phase::Gone);
        let after = stack.map_or("not deployed".to_owned(), |stack| status_of(stack).as_str().to_owned());
        let stuck =
            stack.filter(|stack| !matches!(actions(status_of(stack)).recover, OnRecover::Nothing | OnRecover::Wait));
        if let Some(stack) = stuck {
            let hint = unstick(scope, stack, &settled);
            let error = self.failure(stack, &settled.events).await.into_kind(Kind::NeedsRecovery);
            self.reporter.emit(Event::failed(scope, format!("stuck in {after}")));
            return Err(error.hint(hint));
        }
        self.reporter.emit(Event::finished(scope, format!("{before} → {after}"), true));
        Ok(Recovered { before, after, action: Some(action) })
    }

    async fn roll_back(&self, scope: &str, stack: &Described) -> Result<Settled> {
        let (id, follower) = self.follow(stack).await?;
        let token = token(["rollback", &id, follower.seen().unwrap_or("")]);
        let send = || self.client.rollback_stack().stack_name(&id).client_request_token(&token).send();
        self.told(scope, stack, "rolling back to the last state that was whole");
        self.pace.send(scope, send).await.aws(format!("roll back stack {scope}"))?;
        self.settle(scope, &id, follower).await
    }

    async fn continue_rollback(&self, scope: &str, stack: &Described, ways: &Ways) -> Result<Settled> {
        let (id, follower) = self.follow(stack).await?;
        let token = token(["continue", &id, follower.seen().unwrap_or("")]);
        let skip = (!ways.skip.is_empty()).then(|| ways.skip.clone());
        let send = || {
            let request = self.client.continue_update_rollback().stack_name(&id).client_request_token(&token);
            request.set_resources_to_skip(skip.clone()).send()
        };
        self.told(scope, stack, "going on with the rollback");
        self.pace.send(scope, send).await.aws(format!("continue the rollback of stack {scope}"))?;
        self.settle(scope, &id, follower).await
    }

    async fn delete_told(&self, scope: &str, stack: &Described, leaving: Leaving<'_>) -> Result<Settled> {
        if stack.enable_termination_protection() == Some(true) {
            let name = stack.stack_name().unwrap_or_default();
            return Err(Error::new(Kind::Usage, format!("stack {name} is protected against termination")));
        }
        self.told(scope, stack, "deleting what is left of it");
        self.delete_leaving(scope, stack, leaving).await
    }

    async fn follow(&self, stack: &Described) -> Result<(String, Follower)> {
        let id = stack.stack_id().unwrap_or_default().to_owned();
        let follower = Follower::from_now(self, &id).await?;
        Ok((id, follower))
    }

    fn told(&self, scope: &str, stack: &Described, what: &str) {
        self.reporter.emit(Event::started(scope, format!("{}: {what}", status_of(stack).as_str())));
        let stack = stack.stack_name().unwrap_or_default().to_owned();
        self.begun(Operation { scope: scope.to_owned(), stack, kind: OperationKind::Other });
    }
}

/// What to do about a call that got stuck, naming the resources that stand in its way.
fn unstick(scope: &str, stack: &Described, settled: &Settled) -> String {
    let failed = |event: &&aws_sdk_cloudformation::types::StackEvent| {
        event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED"))
            && !super::diagnosis::is_stack(event)
    };
    let mut names: Vec<_> =
        settled.events.iter().filter(failed).filter_map(|event| event.logical_resource_id()).collect();
    names.sort_unstable();
    names.dedup();
    let flags = |flag: &str| names.iter().map(|name| format!(" {flag} {name}")).collect::<String>();
    match actions(status_of(stack)).recover {
        OnRecover::Continue => format!(
            "remove the cause and run this again; or leave the resource as it is, which the stack then no longer knows: \
             `outboxctl recover {scope}{}`",
            flags("--skip")
        ),
        OnRecover::ForceDelete => format!(
            "remove the cause and run this again; or leave the resource behind, to be deleted by hand: \
             `outboxctl recover {scope}{}` (--force for whatever can't be deleted)",
            flags("--retain")
        ),
        _ => way_out(scope, status_of(stack)),
    }
}
