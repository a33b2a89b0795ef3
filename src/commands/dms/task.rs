//! What the `dms` commands share: the deployed task, and how long to wait for it.

use std::time::Duration;

use crate::commands::reach;
use crate::context::Context;
use crate::dms::control::{Connection, Patience, Task, test};
use crate::error::Result;

/// The task of the chosen pipeline, its endpoints and its instance.
pub struct Deployed {
    pub task: Task,
    pub patience: Patience,
    source: String,
    target: String,
    instance: String,
}

impl Deployed {
    pub async fn find(ctx: &Context, timeout: Duration) -> Result<Self> {
        let deployment = reach::deployment(ctx).await?;
        let clients = ctx.aws().await?;
        let patience = Patience::new(clients, timeout);
        Ok(Self {
            task: Task::new(clients, deployment.output("TaskArn")?, patience, &ctx.console),
            patience,
            source: deployment.output("SourceEndpointArn")?.to_owned(),
            target: deployment.output("TargetEndpointArn")?.to_owned(),
            instance: deployment.output("ReplicationInstanceArn")?.to_owned(),
        })
    }

    /// Tests both endpoints; see [`test()`].
    pub async fn test(&self, ctx: &Context, only_untested: bool) -> Result<Vec<Connection>> {
        let endpoints = [("source", self.source.as_str()), ("target", self.target.as_str())];
        test(ctx.aws().await?, &self.instance, endpoints, only_untested, self.patience, &ctx.console).await
    }
}
