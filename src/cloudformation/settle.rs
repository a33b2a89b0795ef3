//! Waiting for an operation to end, telling each transition.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack as Described, StackEvent};

use super::Engine;
use super::diagnosis::is_stack;
use super::durations::usual;
use super::engine::{status_of, way_out};
use super::events::Follower;
use super::status::{OnDeploy, Phase, actions};
use crate::error::{Error, Kind, Result};
use crate::report::Event;

/// Polls without an event after which the stack itself is asked: soon once the operation has begun to speak, late
/// before, because until then the stack still shows the end of the operation before.
const QUIET_POLLS: (u32, u32) = (5, 40);

/// How an operation ended.
#[derive(Debug)]
pub(super) struct Settled {
    /// None once the stack is gone and no longer answers.
    pub stack: Option<Described>,
    /// The operation's events, oldest first.
    pub events: Vec<StackEvent>,
}

impl Engine {
    /// Waits until the operation that `follower` follows has ended, telling each transition under `scope`.
    ///
    /// # Errors
    /// What CloudFormation says; a bad end of the operation is no error here: see [`Engine::judge`].
    pub(super) async fn settle(&self, scope: &str, stack_id: &str, mut follower: Follower) -> Result<Settled> {
        let engine = self.patient();
        let mut poll = engine.pace.poll(format!("stack {scope}"));
        let (mut events, mut quiet, mut told) = (Vec::new(), 0, BTreeMap::new());
        loop {
            let fresh = follower.next(&engine).await?;
            let ended = fresh.iter().any(ends_operation);
            quiet = if fresh.is_empty() { quiet + 1 } else { 0 };
            for (position, event) in fresh.iter().enumerate() {
                // Of a resource's transitions between two looks only the last is news.
                let same = |later: &StackEvent| later.logical_resource_id() == event.logical_resource_id();
                if is_failure(event) || !fresh[position + 1..].iter().any(same) {
                    self.tell(scope, event, &mut told);
                }
            }
            events.extend(fresh);
            let patience = if events.is_empty() { QUIET_POLLS.1 } else { QUIET_POLLS.0 };
            if ended || quiet >= patience {
                quiet = 0;
                let stack = engine.describe(stack_id).await?;
                let phase = stack.as_ref().map_or(Phase::Gone, |stack| actions(status_of(stack)).phase);
                if phase != Phase::Running {
                    if phase == Phase::Bad {
                        events.extend(follower.next(&engine).await?);
                    }
                    self.ended(scope);
                    return Ok(Settled { stack, events });
                }
            }
            poll.pause().await?;
        }
    }

    /// The stack where the operation ended well; None where it is gone.
    ///
    /// # Errors
    /// `StackFailed` with the root cause; `NeedsRecovery` where only `recover` leads on.
    pub(super) async fn judge(&self, scope: &str, settled: Settled) -> Result<Option<Described>> {
        let Some(stack) = settled.stack else { return Ok(None) };
        let row = actions(status_of(&stack));
        match row.phase {
            Phase::Gone => Ok(None),
            Phase::Bad => {
                let error = self.failure(&stack, &settled.events).await;
                Err(if row.deploy == OnDeploy::Recover { needing_recovery(error, scope, &stack) } else { error })
            }
            Phase::Good | Phase::Running => Ok(Some(stack)),
        }
    }

    fn tell(&self, scope: &str, event: &StackEvent, told: &mut BTreeMap<String, String>) {
        let status = event.resource_status().map_or("", |status| status.as_str());
        let reason = event.resource_status_reason().filter(|_| is_failure(event));
        if is_stack(event) {
            // That an operation began and how it ended well is told by whoever asked for it.
            if ["ROLLBACK", "FAILED", "CLEANUP"].iter().any(|turn| status.contains(turn)) {
                let reason = event.resource_status_reason().map(|reason| format!(": {reason}")).unwrap_or_default();
                self.reporter.emit(Event::progress(scope, format!("stack {status}{reason}")));
            }
            return;
        }
        let resource = event.logical_resource_id().unwrap_or("?");
        // CloudFormation says CREATE_IN_PROGRESS twice, the second time with the physical id.
        if told.insert(resource.to_owned(), status.to_owned()).as_deref() == Some(status) && reason.is_none() {
            return;
        }
        self.reporter.emit(Event::Resource {
            scope: scope.to_owned(),
            resource: resource.to_owned(),
            resource_type: event.resource_type().unwrap_or("").to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            usually: usual(event.resource_type().unwrap_or(""), status)
                .filter(|_| !self.pace.is_local())
                .map(str::to_owned),
        });
    }
}

/// The failure, as one that only `recover` leads out of.
fn needing_recovery(error: Error, scope: &str, stack: &Described) -> Error {
    let status = status_of(stack);
    error.into_kind(Kind::NeedsRecovery).hint(format!(
        "the stack is in {}; {}",
        status.as_str(),
        way_out(scope, status)
    ))
}

fn is_failure(event: &StackEvent) -> bool {
    event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED"))
}

fn ends_operation(event: &StackEvent) -> bool {
    let status = event.resource_status().map_or("", |status| status.as_str());
    is_stack(event) && (!status.ends_with("_IN_PROGRESS") || status.contains("CLEANUP"))
}
