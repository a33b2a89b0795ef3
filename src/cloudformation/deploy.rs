//! Deploys one stack from any state to the desired one.

use std::time::Duration;

use aws_sdk_cloudformation::types::Stack as Described;

use super::change_set::{Desired, Plan};
use super::diagnosis::is_role_race;
use super::engine::{OperationKind, needs_recovery};
use super::events::Follower;
use super::pause::Pause;
use super::status::{OnDeploy, Phase, actions_of, status_of};
use super::{Change, ChangeSet, Engine, Guard};
use crate::base::error::{AwsContext, Error, Kind, Result};
use crate::base::report::{Event, count};
use crate::pipelines::templates::named;

/// Concurrent deploys of the same stack that may execute first before this one fails.
const CONFLICTS: u32 = 20;

/// DMS sees a new role within about 30 s; rolling back a failed attempt takes longer.
const ROLE_RETRIES: u32 = 3;
const ROLE_PAUSE: Duration = Duration::from_secs(15);

/// The result of deploying one stack.
#[derive(Debug)]
pub struct Deployed {
    pub stack: Described,
    pub changes: Vec<Change>,
    /// An operation that was already in progress changed the stack.
    pub attached: bool,
    /// A change set of this run was executed. One that changes only outputs has no changes of resources.
    pub executed: bool,
}

impl Engine {
    /// Deploys the stack. `pause` stops the capture while its resources are updated and resumes it even if the update
    /// fails.
    ///
    /// # Errors
    /// `StackFailed` with the root cause, `NeedsRecovery` if a person must decide, `Usage` if the guard refuses. Then
    /// those of `pause`.
    pub async fn deploy(&self, desired: &Desired, guard: Guard, pause: Option<&dyn Pause>) -> Result<Deployed> {
        let deployed = self.deploy_until_done(desired, guard, pause).await;
        let Some(pause) = pause else { return deployed };
        match (deployed, pause.resume(&desired.scope).await) {
            (Ok(deployed), Ok(())) => Ok(deployed),
            (Ok(_), Err(error)) | (Err(error), Ok(())) => Err(error),
            // The update's failure is the cause; the stopped task is additional information.
            (Err(error), Err(besides)) => {
                self.reporter.emit(Event::failed("capture", besides.message()));
                Err(besides.hints().fold(error, Error::hint))
            }
        }
    }

    async fn deploy_until_done(&self, desired: &Desired, guard: Guard, pause: Option<&dyn Pause>) -> Result<Deployed> {
        let mut retries = 0;
        loop {
            match self.deploy_once(desired, guard, pause).await {
                Err(error) if retries < ROLE_RETRIES && is_role_race(&error) => {
                    retries += 1;
                    let message = format!("DMS does not see a new role yet: retrying ({retries} of {ROLE_RETRIES})");
                    self.reporter.emit(Event::progress(&desired.scope, message));
                    self.limiter.wait(ROLE_PAUSE).await;
                }
                end => return end,
            }
        }
    }

    async fn deploy_once(&self, desired: &Desired, guard: Guard, pause: Option<&dyn Pause>) -> Result<Deployed> {
        let mut poll = self.limiter.poll(format!("stack {}", desired.name));
        let mut attached = false;
        let mut seen = desired.seen.clone().filter(|stack| actions_of(stack).deploy == OnDeploy::Update);
        for _ in 0..CONFLICTS {
            let existing = match seen.take() {
                Some(stack) => Some(stack),
                None => self.ready(desired, &mut attached).await?,
            };
            let plan = match &existing {
                Some(stack) if self.is_current(desired, stack).await? => Plan::Nothing,
                existing => self.prepare(desired, existing.as_ref()).await?,
            };
            let set = match plan {
                Plan::Ready(set) => set,
                Plan::Nothing => {
                    let stack = existing.ok_or_else(|| vanished(&desired.name))?;
                    let message = if attached { status_of(&stack).as_str() } else { "no change" };
                    self.reporter.emit(Event::finished(&desired.scope, message, attached));
                    return Ok(Deployed { stack, changes: Vec::new(), attached, executed: false });
                }
                Plan::Moved => {
                    poll.pause().await?;
                    continue;
                }
            };
            let mut allowed =
                guard.allow(&*self.reporter, &desired.name, &set.changes, &named(desired.template)?).await;
            if let (Ok(()), Some(pause)) = (&allowed, pause)
                && set.changes.iter().any(Change::needs_capture_stopped)
            {
                allowed = pause.pause(&desired.scope).await;
            }
            if let Err(refusal) = allowed {
                self.discard_change_set(&desired.name, &set.id).await;
                return Err(refusal);
            }
            let follower = Follower::from_now(self, &set.stack_id).await?;
            if !self.execute_and_report(desired, &set, existing.is_some(), &follower).await? {
                poll.pause().await?;
                continue;
            }
            let completed = self.wait_for_completion(&desired.scope, &set.stack_id, follower).await?;
            let stack = self.judge(&desired.scope, completed).await?.ok_or_else(|| vanished(&desired.name))?;
            self.reporter.emit(Event::finished(&desired.scope, status_of(&stack).as_str(), true));
            return Ok(Deployed { stack, changes: set.changes, attached, executed: true });
        }
        Err(Error::new(Kind::StackFailed, format!("stack {}: another process keeps changing it", desired.name))
            .hint("wait until it has finished, then run this again"))
    }

    /// Executes the change set. False if another deploy executed first or changed the stack in the meantime.
    async fn execute_and_report(
        &self,
        desired: &Desired,
        set: &ChangeSet,
        updates: bool,
        follower: &Follower,
    ) -> Result<bool> {
        // Recorded before the request: a request without an answer may still have been accepted.
        let (verb, kind) = if updates { ("update", OperationKind::Update) } else { ("create", OperationKind::Create) };
        self.record_start(&desired.scope, &desired.name, kind);
        // If an answer was lost, the repeated request is refused.
        if !self.execute(set).await? && !follower.shows(self, &set.token()).await? {
            self.record_end(&desired.scope);
            return Ok(false);
        }
        self.reporter.emit(Event::Started {
            scope: desired.scope.clone(),
            message: format!("{verb}: {}", count(set.changes.len(), "change")),
            resources: Some(set.changes.len()),
        });
        Ok(true)
    }

    /// Waits and prepares until the stack can take a change set. None if it is to be created. `attached` becomes true
    /// if an operation in progress changed the stack.
    async fn ready(&self, desired: &Desired, attached: &mut bool) -> Result<Option<Described>> {
        loop {
            let Some(stack) = self.describe(&desired.name).await? else { return Ok(None) };
            let (status, row) = (status_of(&stack), actions_of(&stack));
            match row.deploy {
                OnDeploy::Create => return Ok(None),
                OnDeploy::Update => return Ok(Some(stack)),
                OnDeploy::Wait => {
                    let completed = self.attach(&desired.scope, &stack).await?;
                    // A cleanup after success or rollback has no operation to check.
                    if row.phase == Phase::Running {
                        self.judge(&desired.scope, completed).await?;
                        *attached = true;
                    } else {
                        self.wait_for_cleanup(&desired.scope, completed.stack).await?;
                    }
                }
                OnDeploy::Recreate => {
                    let reason = format!("{} can only be deleted: deleting it first", status.as_str());
                    self.reporter.emit(Event::started(&desired.scope, reason));
                    self.delete(&desired.scope, &stack).await?;
                }
                OnDeploy::Review => {
                    self.refuse_foreign_change_sets(&desired.name).await?;
                    return Ok(None);
                }
                OnDeploy::Recover => return Err(needs_recovery(&desired.scope, &desired.name, status)),
            }
        }
    }

    /// Enables or disables CloudFormation's termination protection.
    pub async fn protect(&self, name: &str, protected: bool) -> Result<()> {
        let send = || {
            self.client.update_termination_protection().stack_name(name).enable_termination_protection(protected).send()
        };
        self.limiter.send(name, send).await.aws(format!("set termination protection of stack {name}")).map(drop)
    }
}

fn vanished(stack: &str) -> Error {
    Error::new(Kind::StackFailed, format!("stack {stack} was deleted in the meantime"))
        .hint("run this again to create it")
}
