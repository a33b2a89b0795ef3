//! The deployed task and its time limit, for the `dms` commands.

use std::time::Duration;

use super::blocked::report;
use super::slot;
use crate::aws::dms::{Connection, Mark, Polling, SlotUse, Snapshot, Source, StartPoint, Task, test};
use crate::base::error::Result;
use crate::commands::{Context, announce};
use crate::deployment::Deployment;
use crate::pipelines::{Output, Part};
use crate::postgres::admin::SlotTrouble;

/// The replication task of the chosen pipeline, its endpoints and its instance.
pub struct Deployed {
    pub deployment: Deployment,
    pub task: Task,
    pub polling: Polling,
    source: String,
    target: String,
    instance: String,
}

impl Deployed {
    /// Finds the task. `changes` is true if the command is about to start or stop it.
    pub async fn find(ctx: &Context, timeout: Duration, changes: bool) -> Result<Self> {
        ctx.need(Part::Capture)?;
        Self::of(ctx, announce::deployment(ctx, changes).await?, timeout).await
    }

    /// Returns the task of a loaded deployment.
    ///
    /// # Errors
    /// `NotDeployed` if it has no task.
    pub async fn of(ctx: &Context, deployment: Deployment, timeout: Duration) -> Result<Self> {
        let clients = ctx.aws().await?;
        let polling = Polling::new(clients, timeout);
        Ok(Self {
            task: Task::new(clients, deployment.output(Output::TaskArn)?, polling, &ctx.console),
            polling,
            source: deployment.output(Output::SourceEndpointArn)?.to_owned(),
            target: deployment.output(Output::TargetEndpointArn)?.to_owned(),
            instance: deployment.output(Output::ReplicationInstanceArn)?.to_owned(),
            deployment,
        })
    }

    /// Returns the task of a loaded deployment; None if it has no task.
    pub async fn if_any(ctx: &Context, deployment: &Deployment, timeout: Duration) -> Result<Option<Self>> {
        match deployment.output(Output::TaskArn) {
            Ok(_) => Self::of(ctx, deployment.clone(), timeout).await.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Starts the task; see [`Task::start`]. Returns false if it was already running.
    ///
    /// # Errors
    /// `EndpointFailed` if a connection test fails, and those of [`Task::start`].
    pub async fn start(&self, ctx: &Context, from: &StartPoint, wait: bool) -> Result<bool> {
        let now = self.task.describe().await?;
        let mut from = from.clone();
        if now.status != "running" {
            // DMS does not start a task without successful connection tests.
            self.test(ctx, true).await?;
            from = self.with_slot(ctx, &now, from).await?;
        }
        self.task.start(&from, wait).await
    }

    /// Returns the starting point with the position of the slot, if the task is to begin with a slot that the source
    /// endpoint names: DMS neither makes such a slot nor moves it.
    async fn with_slot(&self, ctx: &Context, now: &Snapshot, from: StartPoint) -> Result<StartPoint> {
        let begins = from == StartPoint::End || (from == StartPoint::Checkpoint && !now.ran_before());
        // A task that resumes keeps its slot.
        if !begins {
            return Ok(from);
        }
        let source = self.source(ctx).await?;
        let Some(name) = &source.slot else { return Ok(from) };
        let mut database = self.deployment.database().await?;
        if from == StartPoint::End {
            database.drop_slot(name.clone()).await?;
        }
        slot::create(&mut database, name, source.plugin, self.polling.deadline).await.map(StartPoint::At)
    }

    /// Returns the source endpoint.
    ///
    /// # Errors
    /// `NotDeployed` if it does not exist.
    pub async fn source(&self, ctx: &Context) -> Result<Source> {
        Source::find(ctx.aws().await?, &self.source).await
    }

    /// Returns the problem of the slot that the task needs; None without a problem, or if it can't be queried.
    pub async fn slot_trouble(&self, ctx: &Context) -> Option<SlotTrouble> {
        let (now, source) = (self.task.describe().await.ok()?, self.source(ctx).await.ok()?);
        let slot = SlotUse::new(&now, &source);
        let slots = if slot.needed { report(ctx, &self.deployment).await?.slots } else { return None };
        SlotTrouble::find(&slots, slot.named.as_deref(), slot.plugin)
    }

    /// Marks the task with the name of a new slot, and returns the name.
    pub async fn mark_new_slot(&self) -> Result<String> {
        let name = slot::new_name();
        self.task.mark(Mark::Rebuild, &name).await?;
        Ok(name)
    }

    /// Removes the marks of an upgrade and of a new slot, once nothing is missing.
    pub async fn unmark_renewal(&self) -> Result<()> {
        // In this order: with the mark of the upgrade alone, the capture would be replaced once more.
        self.task.unmark(Mark::Upgrade).await?;
        self.task.unmark(Mark::Rebuild).await
    }

    /// Removes the mark of an interrupted deploy: the task was started or stopped by hand since.
    pub async fn forget_pause(&self, ctx: &Context) {
        if let Err(error) = self.task.unmark(Mark::Resume).await {
            ctx.console.detail(format!("dms: {error}"));
        }
    }

    /// Tests both endpoints; see [`test()`].
    ///
    /// # Errors
    /// `EndpointFailed` if a test fails.
    pub async fn test(&self, ctx: &Context, only_untested: bool) -> Result<Vec<Connection>> {
        let (clients, endpoints) = (ctx.aws().await?, [("source", self.source.as_str()), ("target", &self.target)]);
        let connections = test(clients, &self.instance, endpoints, only_untested, self.polling, &ctx.console).await?;
        match connections.iter().find(|connection| !connection.is_successful()) {
            Some(failed) => Err(failed.failure()),
            None => Ok(connections),
        }
    }
}
