//! Attaches to an operation in progress, also one that another process started.

use aws_sdk_cloudformation::types::{Stack as Described, StackStatus};

use super::Engine;
use super::completion::Completed;
use super::engine::{Operation, OperationKind, needs_recovery, status_of, token};
use super::events::Follower;
use super::status::{OnDeploy, Phase, actions};
use crate::error::{AwsContext, Error, Kind, Result};
use crate::report::Event;

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
        let (status, row) = (status_of(&stack), actions(status_of(&stack)));
        if row.deploy != OnDeploy::Wait {
            if row.phase == Phase::Bad {
                return Err(self.last_failure(scope, name, &stack).await);
            }
            self.reporter.emit(Event::finished(scope, status.as_str(), false));
            return Ok(Watched { status: status.as_str().to_owned(), attached: false });
        }
        let completed = self.attach(scope, &stack).await?;
        let end = completed.stack.as_ref().map_or(Phase::Gone, |stack| actions(status_of(stack)).phase);
        match end {
            Phase::Bad => Err(self.failure_of(scope, completed).await),
            Phase::Gone => {
                self.reporter.emit(Event::finished(scope, "deleted", true));
                Ok(gone(true))
            }
            Phase::Good | Phase::Running => {
                let status = self.cleaned(scope, completed).await?;
                self.reporter.emit(Event::finished(scope, &status, true));
                Ok(Watched { status, attached: true })
            }
        }
    }

    /// Joins the operation in progress and waits for its end.
    pub(super) async fn attach(&self, scope: &str, stack: &Described) -> Result<Completed> {
        let (status, id) = (status_of(stack), stack.stack_id().unwrap_or_default());
        self.reporter.emit(Event::started(scope, format!("attached to {}", status.as_str())));
        self.record_start(Operation {
            scope: scope.to_owned(),
            stack: stack.stack_name().unwrap_or_default().to_owned(),
            kind: match status {
                StackStatus::CreateInProgress => OperationKind::Create,
                StackStatus::UpdateInProgress => OperationKind::Update,
                _ => OperationKind::Other,
            },
        });
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
        let follower = Follower::from_now(self, id).await?;
        let token = token(["cancel", id, follower.seen().unwrap_or("")]);
        let send = || self.client.cancel_update_stack().stack_name(id).client_request_token(&token).send();
        self.limiter.send(name, send).await.aws(format!("cancel the update of stack {name}"))?;
        Ok(true)
    }

    /// Waits for the cleanup after a successful operation, and returns the stack's status after it.
    async fn cleaned(&self, scope: &str, completed: Completed) -> Result<String> {
        let Some(stack) = completed.stack else { return Ok("not deployed".into()) };
        let mut poll = self.limiter.poll(format!("the cleanup of stack {scope}"));
        let mut status = status_of(&stack).as_str().to_owned();
        while status.ends_with("_IN_PROGRESS") {
            poll.pause().await?;
            let now = self.describe(stack.stack_id().unwrap_or_default()).await?;
            status = now.map_or("not deployed".into(), |stack| status_of(&stack).as_str().to_owned());
        }
        Ok(status)
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
        let mut follower = Follower::from_operation(self, stack.stack_id()?).await.ok()?;
        let events = follower.next(self).await.ok()?;
        Some(self.failure(stack, &events).await.message().to_owned())
    }

    async fn last_failure(&self, scope: &str, name: &str, stack: &Described) -> Error {
        let events = match Follower::from_operation(self, stack.stack_id().unwrap_or_default()).await {
            Ok(mut follower) => follower.next(self).await,
            Err(error) => Err(error),
        };
        match events {
            Ok(events) => self.failure_of(scope, Completed { stack: Some(stack.clone()), events }).await,
            Err(_) => needs_recovery(scope, name, status_of(stack)),
        }
    }
}

fn gone(attached: bool) -> Watched {
    Watched { status: "not deployed".into(), attached }
}
