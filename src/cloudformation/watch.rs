//! Attaches to an operation in progress, also one that another process started.

use aws_sdk_cloudformation::types::{Stack as Described, StackStatus};

use super::Engine;
use super::completion::Completed;
use super::engine::{OperationKind, needs_recovery};
use super::events::Follower;
use super::status::{Phase, actions_of, status_of};
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::base::report::Event;

/// The final state of a watched stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// As CloudFormation writes it; `not deployed` if the stack does not exist.
    pub status: String,
    /// An operation was in progress.
    pub attached: bool,
}

impl Engine {
    /// Follows the stack's operation to its end; without one, checks the last operation.
    ///
    /// # Errors
    /// `StackFailed` or `NeedsRecovery` with the root cause.
    pub async fn watch(&self, scope: &str, name: &str) -> Result<Watched> {
        let Some(stack) = self.describe(name).await? else { return Ok(gone(false)) };
        let (status, row) = (status_of(&stack), actions_of(&stack));
        if !row.is_in_progress() {
            if row.phase == Phase::Bad {
                return Err(self.last_failure(scope, name, &stack).await);
            }
            // Only created by a change set: not the end of anything.
            if *status != StackStatus::ReviewInProgress {
                self.reporter.emit(Event::finished(scope, status.as_str(), false));
            }
            return Ok(Watched { status: status.as_str().to_owned(), attached: false });
        }
        let completed = self.attach(scope, &stack).await?;
        let end = completed.stack.as_ref().map_or(Phase::Gone, |stack| actions_of(stack).phase);
        match end {
            Phase::Bad => Err(self.failure_of(scope, completed).await),
            Phase::Gone => {
                self.reporter.emit(Event::finished(scope, "deleted", true));
                Ok(gone(true))
            }
            Phase::Good | Phase::Running => {
                let stack = self.wait_for_cleanup(scope, completed.stack).await?;
                let status = stack.map_or("not deployed".into(), |stack| status_of(&stack).as_str().to_owned());
                self.reporter.emit(Event::finished(scope, &status, true));
                Ok(Watched { status, attached: true })
            }
        }
    }

    /// Joins the operation in progress and waits for its end.
    pub(super) async fn attach(&self, scope: &str, stack: &Described) -> Result<Completed> {
        let (status, id) = (status_of(stack), stack.stack_id().unwrap_or_default());
        self.reporter.emit(Event::started(scope, format!("attached to {}", status.as_str())));
        let kind = match status {
            StackStatus::CreateInProgress => OperationKind::Create,
            StackStatus::UpdateInProgress => OperationKind::Update,
            _ => OperationKind::Other,
        };
        self.record_start(scope, stack.stack_name().unwrap_or_default(), kind);
        let follower = Follower::from_operation(self, id).await?;
        self.wait_for_completion(scope, id, follower).await
    }

    /// Requests CloudFormation to cancel the stack's update. False if no update is in progress.
    pub async fn cancel(&self, name: &str) -> Result<bool> {
        let Some(stack) = self.describe(name).await? else { return Ok(false) };
        if *status_of(&stack) != StackStatus::UpdateInProgress {
            return Ok(false);
        }
        let id = stack.stack_id().unwrap_or_default();
        let token = Follower::from_now(self, id).await?.token("cancel");
        let send = || self.client.cancel_update_stack().stack_name(id).client_request_token(&token).send();
        self.limiter.send(name, send).await.aws(format!("cancel the update of stack {name}"))?;
        Ok(true)
    }

    /// Waits until CloudFormation has removed the resources that the operation replaced.
    pub(super) async fn wait_for_cleanup(&self, scope: &str, stack: Option<Described>) -> Result<Option<Described>> {
        self.wait_until_idle(format!("the cleanup of stack {scope}"), stack).await
    }

    async fn failure_of(&self, scope: &str, completed: Completed) -> Error {
        let error = match self.judge(scope, completed).await {
            Err(error) => error,
            Ok(_) => Error::new(Kind::StackFailed, format!("stack {scope} failed")),
        };
        self.reporter.emit(Event::failed(scope, error.message()));
        error
    }

    /// Returns the root cause of the stack's last operation, if it failed and the cause can be read.
    pub async fn root_cause(&self, stack: &Described) -> Option<String> {
        let events = self.operation_events(stack.stack_id()?).await.ok()?;
        Some(self.failure(stack, &events).await.message().to_owned())
    }

    async fn last_failure(&self, scope: &str, name: &str, stack: &Described) -> Error {
        match self.operation_events(stack.stack_id().unwrap_or_default()).await {
            Ok(events) => self.failure_of(scope, Completed { stack: Some(stack.clone()), events }).await,
            Err(_) => needs_recovery(scope, name, status_of(stack)),
        }
    }
}

fn gone(attached: bool) -> Watched {
    Watched { status: "not deployed".into(), attached }
}
