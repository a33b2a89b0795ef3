//! What every step needs, and waiting for an operation to end.

use aws_sdk_cloudformation::types::{Stack as Described, StackEvent, StackStatus};

use super::deployment::describe;
use super::diagnosis::{failure, is_stack};
use super::events::Follower;
use super::pace::Pace;
use super::status::{Phase, actions};
use crate::aws::Clients;
use crate::error::{Error, Kind, Result};
use crate::output::{Console, Event};

/// Polls without an event after which the stack itself is asked: soon once the operation has begun to speak, late
/// before, because until then the stack still shows the end of the operation before.
const QUIET_POLLS: (u32, u32) = (5, 40);

/// Talks to CloudFormation at one pace for all stacks.
#[derive(Clone)]
pub struct Engine {
    pub(super) client: aws_sdk_cloudformation::Client,
    pub(super) console: Console,
    pub(super) pace: Pace,
}

impl Engine {
    pub fn new(clients: &Clients, console: &Console) -> Self {
        Self { client: clients.cloudformation(), console: console.clone(), pace: Pace::of(clients) }
    }

    /// The stack as it is now, by name or id; None where there is none.
    pub async fn describe(&self, name: &str) -> Result<Option<Described>> {
        describe(&self.client, &self.pace, name).await
    }

    /// Waits until the operation that `follower` follows has ended, telling each transition under `scope`.
    ///
    /// # Errors
    /// `StackFailed` with the root cause.
    pub(super) async fn settle(
        &self,
        scope: &str,
        stack_id: &str,
        mut follower: Follower,
    ) -> Result<Option<Described>> {
        let mut poll = self.pace.poll(format!("stack {scope}"));
        let (mut seen, mut quiet) = (Vec::new(), 0);
        loop {
            let fresh = follower.next(self).await?;
            let ended = fresh.iter().any(ends_operation);
            quiet = if fresh.is_empty() { quiet + 1 } else { 0 };
            for (position, event) in fresh.iter().enumerate() {
                // Of a resource's transitions between two looks only the last is news.
                let same = |later: &StackEvent| later.logical_resource_id() == event.logical_resource_id();
                if is_failure(event) || !fresh[position + 1..].iter().any(same) {
                    self.tell(scope, event);
                }
            }
            seen.extend(fresh);
            let patience = if seen.is_empty() { QUIET_POLLS.1 } else { QUIET_POLLS.0 };
            if ended || quiet >= patience {
                quiet = 0;
                let Some(stack) = self.describe(stack_id).await? else { return Ok(None) };
                match actions(status_of(&stack)).phase {
                    Phase::Running => {}
                    Phase::Good => return Ok(Some(stack)),
                    Phase::Gone => return Ok(None),
                    Phase::Bad => {
                        seen.extend(follower.next(self).await?);
                        return Err(failure(stack.stack_name().unwrap_or(scope), &seen, stack.stack_status_reason()));
                    }
                }
            }
            poll.pause().await?;
        }
    }

    fn tell(&self, scope: &str, event: &StackEvent) {
        let status = event.resource_status().map_or("", |status| status.as_str());
        let who = if is_stack(event) { "stack" } else { event.logical_resource_id().unwrap_or("") };
        let mut message = format!("{who} {status}");
        if is_failure(event)
            && let Some(reason) = event.resource_status_reason()
        {
            message = format!("{message}: {reason}");
        }
        self.console.emit(Event::progress(scope, message));
    }
}

fn is_failure(event: &StackEvent) -> bool {
    event.resource_status().is_some_and(|status| status.as_str().ends_with("_FAILED"))
}

fn ends_operation(event: &StackEvent) -> bool {
    let status = event.resource_status().map_or("", |status| status.as_str());
    is_stack(event) && (!status.ends_with("_IN_PROGRESS") || status.contains("CLEANUP"))
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
pub(super) fn needs_recovery(name: &str, status: &StackStatus) -> Error {
    let error = Error::new(Kind::NeedsRecovery, format!("stack {name} is in {}", status.as_str()));
    match status {
        StackStatus::UpdateRollbackFailed => error.hint(format!(
            "remove what stopped the rollback (see the stack's events), then: aws cloudformation continue-update-rollback --stack-name {name}"
        )),
        _ => error.hint("bring the stack to a complete state with the AWS console or command line, then run this again"),
    }
}
