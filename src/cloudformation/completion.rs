//! Waits for an operation to complete and reports each transition.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack as Described, StackEvent};

use super::Engine;
use super::durations::usual;
use super::engine::recovery_hint;
use super::events::{self, Follower, is_failure, is_stack};
use super::status::{OnDeploy, Phase, actions_of, status_of};
use crate::base::error::{Error, Kind, Result};
use crate::base::report::Event;

/// Polls without an event after which the stack itself is described: few once the operation has events, many before,
/// because until then the stack still shows the end of the previous operation.
const QUIET_POLLS: (u32, u32) = (5, 40);

/// The end of an operation.
#[derive(Debug)]
pub(super) struct Completed {
    /// The stack; None once it is deleted and no longer found.
    pub stack: Option<Described>,
    /// The operation's events, oldest first.
    pub events: Vec<StackEvent>,
}

impl Engine {
    /// Waits until the operation that `follower` follows has ended, and reports each transition under `scope`.
    ///
    /// # Errors
    /// The errors of CloudFormation. A failed operation is not an error here: see [`Engine::judge`].
    pub(super) async fn wait_for_completion(
        &self,
        scope: &str,
        stack_id: &str,
        mut follower: Follower,
    ) -> Result<Completed> {
        let engine = self.patient();
        let mut poll = engine.limiter.poll(format!("stack {scope}"));
        let (mut events, mut quiet, mut reported) = (Vec::new(), 0, BTreeMap::new());
        loop {
            let fresh = follower.next(&engine).await?;
            let ended = fresh.iter().any(ends_operation);
            quiet = if fresh.is_empty() { quiet + 1 } else { 0 };
            for (position, event) in fresh.iter().enumerate() {
                // Of a resource's transitions between two polls only the last is reported.
                let same = |later: &StackEvent| later.logical_resource_id() == event.logical_resource_id();
                if is_failure(event) || !fresh[position + 1..].iter().any(same) {
                    self.report(scope, event, &mut reported);
                }
            }
            events.extend(fresh);
            let longest = if events.is_empty() { QUIET_POLLS.1 } else { QUIET_POLLS.0 };
            if ended || quiet >= longest {
                quiet = 0;
                let stack = engine.describe(stack_id).await?;
                let phase = stack.as_ref().map_or(Phase::Gone, |stack| actions_of(stack).phase);
                if phase != Phase::Running {
                    if phase == Phase::Bad {
                        events.extend(follower.next(&engine).await?);
                    }
                    self.record_end(scope);
                    return Ok(Completed { stack, events });
                }
            }
            poll.pause().await?;
        }
    }

    /// Returns the stack of a successful operation; None if it was deleted.
    ///
    /// # Errors
    /// `StackFailed` with the root cause; `NeedsRecovery` if the stack needs `recover`.
    pub(super) async fn judge(&self, scope: &str, completed: Completed) -> Result<Option<Described>> {
        let Some(stack) = completed.stack else { return Ok(None) };
        let row = actions_of(&stack);
        match row.phase {
            Phase::Gone => Ok(None),
            Phase::Bad => {
                let error = self.failure(&stack, &completed.events).await;
                Err(if row.deploy == OnDeploy::Recover { needing_recovery(error, scope, &stack) } else { error })
            }
            Phase::Good | Phase::Running => Ok(Some(stack)),
        }
    }

    fn report(&self, scope: &str, event: &StackEvent, reported: &mut BTreeMap<String, String>) {
        let status = events::status(event);
        let reason = event.resource_status_reason().filter(|_| is_failure(event));
        if is_stack(event) {
            // The requester of an operation reports its start and its success.
            if ["ROLLBACK", "FAILED", "CLEANUP"].iter().any(|turn| status.contains(turn)) {
                let reason = event.resource_status_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
                self.reporter.emit(Event::progress(scope, format!("stack {status}{reason}")));
            }
            return;
        }
        let resource = event.logical_resource_id().unwrap_or("?");
        let resource_type = event.resource_type().unwrap_or("");
        // CloudFormation reports CREATE_IN_PROGRESS twice, the second time with the physical id.
        if reported.insert(resource.to_owned(), status.to_owned()).as_deref() == Some(status) && reason.is_none() {
            return;
        }
        self.reporter.emit(Event::Resource {
            scope: scope.to_owned(),
            resource: resource.to_owned(),
            resource_type: resource_type.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            usually: usual(resource_type, status).filter(|_| !self.limiter.is_local()).map(str::to_owned),
        });
    }
}

/// Returns the failure as one that needs `recover`.
fn needing_recovery(error: Error, scope: &str, stack: &Described) -> Error {
    let status = status_of(stack);
    let hint = format!("the stack is in {}; {}", status.as_str(), recovery_hint(scope, status));
    error.into_kind(Kind::NeedsRecovery).hint(hint)
}

fn ends_operation(event: &StackEvent) -> bool {
    let status = events::status(event);
    is_stack(event) && (!status.ends_with("_IN_PROGRESS") || status.contains("CLEANUP"))
}
