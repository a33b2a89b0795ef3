//! One stack from whatever state it is in to what it should be.

use aws_sdk_cloudformation::types::Stack as Described;

use super::change_set::{Desired, Plan};
use super::changes::Change;
use super::engine::{needs_recovery, status_of};
use super::events::Follower;
use super::status::{OnDeploy, Phase, actions};
use super::{ChangeSet, Engine};
use crate::error::{AwsContext, Error, Kind, Result};
use crate::output::Event;

/// How often another deploy of the same stack may be faster before this one gives up.
const CONTESTS: u32 = 20;

const LATER: &str = "wait until it is done, or let `outboxctl deploy` attach to it";

/// What may happen to data.
#[derive(Debug, Clone, Copy)]
pub struct Guard {
    /// Whether resources that hold data may be replaced or removed.
    pub allow_replacement: bool,
}

/// How a stack ended.
#[derive(Debug)]
pub struct Deployed {
    pub stack: Described,
    pub changes: Vec<Change>,
}

impl Engine {
    /// Brings the stack to what is desired.
    ///
    /// # Errors
    /// `StackFailed` with the root cause, `NeedsRecovery` where a person must decide, `Usage` when the guard says no.
    pub async fn deploy(&self, desired: &Desired, guard: Guard) -> Result<Deployed> {
        let mut poll = self.pace.poll(format!("stack {}", desired.name));
        for _ in 0..CONTESTS {
            let existing = self.ready(desired).await?;
            let set = match self.prepare(desired, existing.as_ref()).await? {
                Plan::Ready(set) => set,
                Plan::Nothing => {
                    let stack = existing.ok_or_else(|| vanished(&desired.name))?;
                    self.console.emit(Event::finished(&desired.scope, "no change", false));
                    return Ok(Deployed { stack, changes: Vec::new() });
                }
                Plan::Moved => {
                    poll.pause().await?;
                    continue;
                }
            };
            if let Err(refusal) = allow(&set, guard, &desired.name) {
                // The refusal is the news, whether or not the change set can be removed.
                let _ = self.delete_change_set(&desired.name, &set.id).await;
                return Err(refusal);
            }
            let follower = Follower::from_now(self, &set.stack_id).await?;
            if !self.execute(&set).await? {
                poll.pause().await?;
                continue;
            }
            let verb = if existing.is_some() { "update" } else { "create" };
            let message = format!("{verb}: {}", plural(set.changes.len(), "change"));
            self.console.emit(Event::started(&desired.scope, message));
            let settled = self.settle(&desired.scope, &set.stack_id, follower).await?;
            let stack = settled.ok_or_else(|| vanished(&desired.name))?;
            self.console.emit(Event::finished(&desired.scope, status_of(&stack).as_str(), true));
            return Ok(Deployed { stack, changes: set.changes });
        }
        Err(Error::new(Kind::StackFailed, format!("stack {}: somebody else keeps changing it", desired.name))
            .hint("wait until they are done and run this again"))
    }

    /// What deploying would change; the change set is deleted again. None for a stack that does not exist yet.
    pub async fn preview(&self, desired: &Desired) -> Result<Option<Vec<Change>>> {
        let Some(existing) = self.describe(&desired.name).await? else { return Ok(None) };
        match actions(status_of(&existing)).deploy {
            OnDeploy::Update => {}
            OnDeploy::Create | OnDeploy::Recreate | OnDeploy::Review => return Ok(None),
            OnDeploy::Wait => {
                let message = format!("stack {} is in {}", desired.name, status_of(&existing).as_str());
                return Err(Error::new(Kind::StackFailed, message).hint(LATER));
            }
            OnDeploy::Recover => return Err(needs_recovery(&desired.name, status_of(&existing))),
        }
        match self.prepare(desired, Some(&existing)).await? {
            Plan::Nothing => Ok(Some(Vec::new())),
            Plan::Ready(set) => self.delete_change_set(&desired.name, &set.id).await.map(|()| Some(set.changes)),
            Plan::Moved => {
                Err(Error::new(Kind::StackFailed, format!("stack {} is being changed right now", desired.name))
                    .hint(LATER))
            }
        }
    }

    /// Waits and clears the way until the stack can take a change set. None where it is to be created.
    async fn ready(&self, desired: &Desired) -> Result<Option<Described>> {
        loop {
            let Some(stack) = self.describe(&desired.name).await? else { return Ok(None) };
            let status = status_of(&stack);
            let id = stack.stack_id().unwrap_or(&desired.name).to_owned();
            let row = actions(status);
            match row.deploy {
                OnDeploy::Create => return Ok(None),
                OnDeploy::Update => return Ok(Some(stack)),
                OnDeploy::Wait => {
                    self.console.emit(Event::started(&desired.scope, format!("attached to {}", status.as_str())));
                    let follower = Follower::from_operation(self, &id).await?;
                    // A cleanup after success or rollback has no operation of ours to judge.
                    let judged = row.phase == Phase::Running;
                    match self.settle(&desired.scope, &id, follower).await {
                        Err(error) if judged || error.kind() != Kind::StackFailed => return Err(error),
                        _ if !judged => self.cleaned(&desired.scope, &id).await?,
                        _ => {}
                    }
                }
                OnDeploy::Recreate => {
                    let reason = format!("{} can only be deleted: deleting it first", status.as_str());
                    self.console.emit(Event::started(&desired.scope, reason));
                    self.delete(&desired.scope, &stack).await?;
                }
                OnDeploy::Review => {
                    let foreign = self.foreign_change_sets(&desired.name).await?;
                    if foreign.is_empty() {
                        return Ok(None);
                    }
                    return Err(holds_foreign(&desired.name, &foreign));
                }
                OnDeploy::Recover => return Err(needs_recovery(&desired.name, status)),
            }
        }
    }

    /// Waits until CloudFormation has removed what an update left over.
    async fn cleaned(&self, scope: &str, id: &str) -> Result<()> {
        let mut poll = self.pace.poll(format!("the cleanup of stack {scope}"));
        while let Some(stack) = self.describe(id).await? {
            if !status_of(&stack).as_str().ends_with("_IN_PROGRESS") {
                break;
            }
            poll.pause().await?;
        }
        Ok(())
    }

    /// Sets or lifts CloudFormation's own protection against deleting the stack.
    pub async fn protect(&self, name: &str, protected: bool) -> Result<()> {
        let send = || {
            self.client.update_termination_protection().stack_name(name).enable_termination_protection(protected).send()
        };
        self.pace.send(name, send).await.aws(format!("set termination protection of stack {name}")).map(drop)
    }
}

fn allow(set: &ChangeSet, guard: Guard, stack: &str) -> Result<()> {
    let destroyed: Vec<_> = set.changes.iter().filter(|change| change.destroys_data()).map(Change::describe).collect();
    if destroyed.is_empty() || guard.allow_replacement {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, format!("stack {stack}: this would take data away: {}", destroyed.join("; ")))
        .hint("if that is what you want, pass --allow-replacement; nothing was changed in this stack"))
}

/// The error for a stack that somebody else is about to create.
pub(super) fn holds_foreign(stack: &str, names: &[String]) -> Error {
    Error::new(
        Kind::NeedsRecovery,
        format!("stack {stack} holds a change set that outboxctl did not make: {}", names.join(", ")),
    )
    .hint("execute or delete that change set, or use another --stage")
}

fn vanished(stack: &str) -> Error {
    Error::new(Kind::StackFailed, format!("stack {stack} was deleted meanwhile")).hint("run this again to create it")
}

/// `1 change`, `2 changes`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
