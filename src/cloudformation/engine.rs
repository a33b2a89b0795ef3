//! What every step needs: the client, the pace, and what is under way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_cloudformation::types::{Stack as Described, StackStatus};

use super::pace::Pace;
use super::stacks::{ATTEMPT, client, describe};
use super::status::{OnRecover, actions};
use crate::aws::Clients;
use crate::error::{Error, Kind, Result};
use crate::report::Reporter;

/// Talks to CloudFormation at one pace for all stacks.
#[derive(Clone)]
pub struct Engine {
    pub(super) client: aws_sdk_cloudformation::Client,
    pub(super) reporter: Arc<dyn Reporter>,
    pub(super) pace: Pace,
    operations: Arc<Mutex<BTreeMap<String, Operation>>>,
}

/// An operation that was begun or joined, and whose end has not been seen yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Who speaks in the lines about it.
    pub scope: String,
    /// The CloudFormation stack name.
    pub stack: String,
    pub kind: OperationKind,
}

/// What is done to a stack, as far as it matters for a way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// CloudFormation can't cancel it; the stack can be deleted afterwards.
    Create,
    /// CloudFormation can cancel it, and then rolls back.
    Update,
    /// A deletion or a rollback: it goes on to its end.
    Other,
}

impl Engine {
    pub fn new(clients: &Clients, reporter: &dyn Reporter) -> Self {
        let client = client(&clients.config_of("CloudFormation"), ATTEMPT);
        Self { client, reporter: reporter.share(), pace: Pace::of(clients), operations: Arc::default() }
    }

    /// The same engine, with patience for an outage: for watching what goes on whether or not we see it.
    pub(super) fn patient(&self) -> Self {
        Self { pace: self.pace.patient(), ..self.clone() }
    }

    /// The stack as it is now, by name or id; None where there is none.
    pub async fn describe(&self, name: &str) -> Result<Option<Described>> {
        describe(&self.client, &self.pace, name).await
    }

    /// What was begun or joined and has not been seen to end, by scope.
    pub fn under_way(&self) -> Vec<Operation> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Sleeps for `duration`, or for a moment where the endpoint is on this machine.
    pub async fn wait(&self, duration: std::time::Duration) {
        self.pace.wait(duration).await;
    }

    pub(super) fn begun(&self, operation: Operation) {
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        operations.insert(operation.scope.clone(), operation);
    }

    pub(super) fn ended(&self, scope: &str) {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).remove(scope);
    }
}

/// The stack's status; CloudFormation always gives one.
pub(super) fn status_of(stack: &Described) -> &StackStatus {
    stack.stack_status().unwrap_or(&StackStatus::ReviewInProgress)
}

/// A token that the same request gets again and another request never.
pub(super) fn token<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// The error for a stack that needs a decision.
pub(super) fn needs_recovery(scope: &str, name: &str, status: &StackStatus) -> Error {
    let error = Error::new(Kind::NeedsRecovery, format!("stack {name} is in {}", status.as_str()));
    error.hint(way_out(scope, status))
}

/// What to do about a stack in a status that `deploy` does not touch.
pub(super) fn way_out(scope: &str, status: &StackStatus) -> String {
    match actions(status).recover {
        OnRecover::Refuse => {
            "no command of outboxctl leads out of this status: bring the stack to a complete one with the AWS reporter, \
             then run this again"
                .to_owned()
        }
        _ => format!("run `outboxctl recover {scope}`"),
    }
}
