//! State that every step needs: the client, the rate limiter, and the operations in progress.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_cloudformation::types::{Stack as Described, StackStatus};

use super::rate_limiter::RateLimiter;
use super::stacks::{ATTEMPT, client, describe};
use super::status::{OnRecover, actions};
use crate::aws::Clients;
use crate::error::{Error, Kind, Result};
use crate::report::Reporter;

/// Sends requests to CloudFormation, with one rate limit for all stacks.
#[derive(Clone)]
pub struct Engine {
    pub(super) client: aws_sdk_cloudformation::Client,
    pub(super) reporter: Arc<dyn Reporter>,
    pub(super) limiter: RateLimiter,
    operations: Arc<Mutex<BTreeMap<String, Operation>>>,
}

/// An operation that was started or joined and has not been seen to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Scope of the lines about it.
    pub scope: String,
    /// The CloudFormation stack name.
    pub stack: String,
    pub kind: OperationKind,
}

/// The kind of an operation, as far as it matters for cancelling it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// A creation. CloudFormation can't cancel it; the stack can be deleted afterwards.
    Create,
    /// An update. CloudFormation can cancel it, and then rolls back.
    Update,
    /// A deletion or a rollback: it continues to its end.
    Other,
}

impl Engine {
    pub fn new(clients: &Clients, reporter: &dyn Reporter) -> Self {
        let client = client(&clients.config_of("CloudFormation"), ATTEMPT);
        Self { client, reporter: reporter.share(), limiter: RateLimiter::of(clients), operations: Arc::default() }
    }

    /// Returns the same engine with a longer limit for outages: for watching operations that continue by themselves.
    pub(super) fn patient(&self) -> Self {
        Self { limiter: self.limiter.patient(), ..self.clone() }
    }

    /// Returns the current stack, by name or id; None if it does not exist.
    pub async fn describe(&self, name: &str) -> Result<Option<Described>> {
        describe(&self.client, &self.limiter, name).await
    }

    /// Returns the operations that were started or joined and have not been seen to end, by scope.
    pub fn under_way(&self) -> Vec<Operation> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Sleeps for `duration`, or briefly if the endpoint is on this machine.
    pub async fn wait(&self, duration: std::time::Duration) {
        self.limiter.wait(duration).await;
    }

    pub(super) fn record_start(&self, operation: Operation) {
        let mut operations = self.operations.lock().unwrap_or_else(PoisonError::into_inner);
        operations.insert(operation.scope.clone(), operation);
    }

    pub(super) fn record_end(&self, scope: &str) {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner).remove(scope);
    }
}

/// Returns the stack's status; CloudFormation always gives one.
pub(super) fn status_of(stack: &Described) -> &StackStatus {
    stack.stack_status().unwrap_or(&StackStatus::ReviewInProgress)
}

/// Returns a token that is the same for a repeated request and different for any other request.
pub(super) fn token<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the error for a stack that needs a decision.
pub(super) fn needs_recovery(scope: &str, name: &str, status: &StackStatus) -> Error {
    let error = Error::new(Kind::NeedsRecovery, format!("stack {name} is in {}", status.as_str()));
    error.hint(recovery_hint(scope, status))
}

/// Returns the hint for a stack in a status that `deploy` does not act on.
pub(super) fn recovery_hint(scope: &str, status: &StackStatus) -> String {
    match actions(status).recover {
        OnRecover::Refuse => {
            "outboxctl can't recover a stack from this status: bring it to a complete status in the AWS console, \
             then run this again"
                .to_owned()
        }
        _ => format!("run `outboxctl recover {scope}`"),
    }
}
