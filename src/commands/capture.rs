//! The state of the capture, for commands that report missing events.

use std::time::Duration;

use crate::aws::dms::{Polling, Snapshot, Task};
use crate::commands::Context;
use crate::deployment::Deployment;
use crate::error::Error;
use crate::pipelines::Output;
use crate::report::Silent;

/// Returns the capture task if it is not running, so that new events wait in the database's log. None if it is running,
/// if the pipeline has none, and if DMS can't be queried.
pub async fn stopped(ctx: &Context, deployment: &Deployment) -> Option<Snapshot> {
    let arn = deployment.output(Output::TaskArn).ok()?;
    let clients = ctx.aws().await.ok()?;
    // Read only once, without waiting.
    let task = Task::new(clients, arn, Polling::new(clients, Duration::ZERO), &Silent);
    task.describe().await.ok().filter(|now| now.status != "running")
}

/// Adds to an error about missing events that the capture is not running, and the remedy.
pub fn explain(error: Error, capture: &Snapshot) -> Error {
    let remedy = match capture.status.as_str() {
        "failed" => capture.failure().hints().next().map(str::to_owned),
        "starting" => None,
        _ => Some("`outboxctl dms start` resumes it where it stopped; then run this again".to_owned()),
    };
    error
        .hint(format!("the capture task is {}: new events wait in the database and are not lost", capture.status))
        .with_hints(remedy)
}
