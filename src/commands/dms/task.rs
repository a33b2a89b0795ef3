//! The deployed task and its time limit, for the `dms` commands.

use std::time::Duration;

use crate::aws::dms::{Connection, Polling, Task, test};
use crate::commands::Context;
use crate::commands::{announce, reach};
use crate::deployment::Deployment;
use crate::error::Result;
use crate::pipelines::{Output, Part};

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
        reach::need(ctx, Part::Capture)?;
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

    /// Starts the task; see [`Task::start`]. Returns false if it was already running.
    ///
    /// # Errors
    /// `EndpointFailed` if a connection test fails, and those of [`Task::start`].
    pub async fn start(&self, ctx: &Context, fresh: bool, wait: bool) -> Result<bool> {
        if self.task.describe().await?.status != "running" {
            // DMS does not start a task without successful connection tests.
            let connections = self.test(ctx, true).await?;
            if let Some(failure) = connections.iter().find(|c| !c.is_successful()).map(Connection::failure) {
                return Err(failure);
            }
        }
        self.task.start(fresh, wait).await
    }

    /// Removes the mark of an interrupted deploy: the task was started or stopped by hand since.
    pub async fn forget_pause(&self, ctx: &Context) {
        if let Err(error) = self.task.unmark().await {
            ctx.console.detail(format!("dms: {error}"));
        }
    }

    /// Tests both endpoints; see [`test()`].
    pub async fn test(&self, ctx: &Context, only_untested: bool) -> Result<Vec<Connection>> {
        let endpoints = [("source", self.source.as_str()), ("target", self.target.as_str())];
        test(ctx.aws().await?, &self.instance, endpoints, only_untested, self.polling, &ctx.console).await
    }
}
