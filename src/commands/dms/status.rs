//! `outboxctl dms status`.

use std::time::Duration;

use chrono::Utc;

use super::blocked::{advice, open_transactions};
use super::task::Deployed;
use crate::base::error::Result;
use crate::commands::Context;
use crate::output::{Outcome, Table};
use crate::postgres::admin::REBUILD;

/// Show the replication task
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let _wait = ctx.console.wait("dms", "asking");
        let deployed = Deployed::find(ctx, Duration::from_secs(60), false).await?;
        let now = deployed.task.describe().await?;
        let mut table = Table::new(["task", &now.identifier]);
        table.row(["status", now.status.as_str()]);
        let more =
            [("stop reason", &now.stop_reason), ("last failure", &now.last_failure), ("started", &now.started_at)];
        for (name, value) in more {
            if let Some(value) = value {
                table.row([name, value.as_str()]);
            }
        }
        let mut data = serde_json::to_value(&now).unwrap_or_default();
        let summary = if now.status == "starting" {
            let waits = open_transactions(ctx, &deployed.deployment).await;
            for one in &waits {
                table.row(["waits for", &one.with_age(Utc::now())]);
            }
            let summary = waits.first().map(advice);
            data["waits_for"] = serde_json::to_value(waits).unwrap_or_default();
            summary
        } else {
            let trouble = deployed.slot_trouble(ctx).await.map(|trouble| trouble.to_string());
            // The rest is worth showing without the tags.
            let interrupted = deployed.task.interrupted().await.ok().flatten();
            if let Some(trouble) = &trouble {
                table.row(["slot", trouble]);
            }
            if let Some(interrupted) = &interrupted {
                table.row(["interrupted", &interrupted.to_string()]);
            }
            data["slot"] = trouble.clone().into();
            match (interrupted.map(|interrupted| ctx.settings.command(&interrupted.command())), trouble) {
                (Some(command), _) => Some(format!("`{command}` completes it, and starts the task")),
                (None, Some(_)) => Some(REBUILD.to_owned()),
                (None, None) if now.status == "failed" => now.failure().hints().next().map(str::to_owned),
                (None, None) => None,
            }
        };
        let mut outcome = Outcome::data(data).table(table);
        outcome.summary = summary;
        Ok(outcome)
    }
}
