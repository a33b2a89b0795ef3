//! The client and its rate limit, which all steps share, and the operations in progress.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::config::retry::RetryConfig;
use aws_sdk_cloudformation::config::timeout::TimeoutConfig;
use aws_sdk_cloudformation::types::{Stack as Described, StackStatus};
use parking_lot::{Mutex, MutexGuard};

use super::rate_limiter::RateLimiter;
use super::status::{OnRecover, actions, actions_of};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, Result, sdk_code};
use crate::base::report::Reporter;

/// Time without an answer after which a request is sent again.
pub(super) const ATTEMPT: Duration = Duration::from_secs(20);

/// Sends requests to CloudFormation, with one rate limit for all stacks.
#[derive(Clone)]
pub struct Engine {
    pub(super) client: Client,
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
        self.operations().values().cloned().collect()
    }

    /// Sleeps for `duration`, or briefly if the endpoint is on this machine.
    pub async fn wait(&self, duration: Duration) {
        self.limiter.wait(duration).await;
    }

    /// Waits until no operation on the stack is in progress. Returns the stack, or None once it is not found.
    /// `what` names the wait in the error of its deadline.
    pub(super) async fn wait_until_idle(&self, what: String, stack: Option<Described>) -> Result<Option<Described>> {
        let mut poll = self.limiter.poll(what);
        let mut current = stack;
        while let Some(busy) = current.take_if(|stack| actions_of(stack).is_in_progress()) {
            poll.pause().await?;
            current = self.describe(busy.stack_id().unwrap_or_default()).await?;
        }
        Ok(current)
    }

    pub(super) fn record_start(&self, scope: &str, stack: &str, kind: OperationKind) {
        let (scope, stack) = (scope.to_owned(), stack.to_owned());
        self.operations().insert(scope.clone(), Operation { scope, stack, kind });
    }

    pub(super) fn record_end(&self, scope: &str) {
        self.operations().remove(scope);
    }

    fn operations(&self) -> MutexGuard<'_, BTreeMap<String, Operation>> {
        self.operations.lock()
    }
}

/// Returns a client without the SDK's retries: the rate limiter repeats requests.
pub(super) fn client(config: &SdkConfig, attempt: Duration) -> Client {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_attempt_timeout(attempt);
    let config = aws_sdk_cloudformation::config::Builder::from(config);
    Client::from_conf(config.retry_config(RetryConfig::disabled()).timeout_config(timeouts.build()).build())
}

/// Returns the current stack, by name or id; None if it does not exist. A deleted stack is found by its id.
pub(super) async fn describe(client: &Client, limiter: &RateLimiter, name: &str) -> Result<Option<Described>> {
    match limiter.send(name, || client.describe_stacks().stack_name(name).send()).await {
        Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next()),
        // For a well-formed name this code has one meaning: the stack does not exist.
        Err(error) if sdk_code(&error) == "ValidationError" => Ok(None),
        Err(error) => Err(error).aws(format!("describe stack {name}")),
    }
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
