//! Whether the capture runs, for commands that judge what arrived.

use std::time::Duration;

use crate::aws::dms::{Patience, Snapshot, Task};
use crate::commands::Context;
use crate::deployment::Deployment;
use crate::error::Error;
use crate::pipelines::Output;
use crate::report::Silent;

/// Returns the capture task where it does not run: what was written meanwhile waits in the database's log. None where
/// it runs, where the pipeline has none, and where DMS can't be asked.
pub async fn resting(ctx: &Context, deployment: &Deployment) -> Option<Snapshot> {
    let arn = deployment.output(Output::TaskArn).ok()?;
    let clients = ctx.aws().await.ok()?;
    // Only looked at, never waited for.
    let task = Task::new(clients, arn, Patience::new(clients, Duration::ZERO), &Silent);
    task.describe().await.ok().filter(|now| now.status != "running")
}

/// Adds to an error about missing events that the capture does not run, and what to do about that.
pub fn explain(error: Error, capture: &Snapshot) -> Error {
    let remedy = match capture.status.as_str() {
        "failed" => capture.failure().hints().next().map(str::to_owned),
        "starting" => None,
        _ => Some("`outboxctl dms start` resumes it where it stopped; then run this again".to_owned()),
    };
    let error = error.hint(format!(
        "the capture task is {}: what was written meanwhile waits in the database and is not lost",
        capture.status
    ));
    match remedy {
        Some(remedy) => error.hint(remedy),
        None => error,
    }
}
