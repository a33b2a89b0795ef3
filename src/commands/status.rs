//! `outboxctl status`.

use serde_json::json;

use crate::aws::health::{self, Probe};
use crate::commands::reach;
use crate::context::Context;
use crate::error::Result;
use crate::output::{Outcome, Table};

/// What is asked about: label, the output that names it, how.
const RESOURCES: &[(&str, &str, Probe)] = &[
    ("database", "DatabaseIdentifier", Probe::Database),
    ("capture task", "TaskArn", Probe::Task),
    ("stream", "StreamName", Probe::Stream),
    ("publisher", "PublisherFunction", Probe::Function),
    ("publisher's source", "EventSourceMappingId", Probe::EventSource),
    ("writer", "WriterFunction", Probe::Function),
    ("admin", "AdminFunction", Probe::Function),
    ("bus", "BusName", Probe::Bus),
];

/// Show the pipeline's stacks and the state of what they hold
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let (clients, deployment) = (ctx.aws().await?, reach::deployment(ctx).await?);
        let mut stacks = Table::new(["stack", "status", "since"]);
        for view in &deployment.stacks {
            stacks.row([view.stack.name, view.status(), &view.changed_at().unwrap_or_default()]);
        }
        let resources = RESOURCES
            .iter()
            .filter_map(|(what, output, probe)| Some((*probe, *what, deployment.output(output).ok()?.to_owned())));
        let states = health::probe(clients, resources.collect()).await;
        let mut table = Table::new(["resource", "state", "detail", "name"]);
        for health in &states {
            table.row([health.what, &health.state, &health.detail, &health.name]);
        }
        let data = json!({
            "pipeline": deployment.pipeline.name,
            "stage": deployment.stage,
            "stacks": deployment.stacks.iter().map(|view| json!({
                "stack": view.stack.name, "name": view.name, "status": view.status(), "since": view.changed_at(),
            })).collect::<Vec<_>>(),
            "resources": states,
        });
        let outcome = Outcome::data(data).table(stacks);
        Ok(match states.is_empty() {
            true => outcome.summary(format!("nothing is deployed in stage {}: outboxctl deploy", deployment.stage)),
            false => outcome.table(table),
        })
    }
}
