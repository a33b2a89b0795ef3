//! `outboxctl dms status`.

use std::time::Duration;

use super::task::Deployed;
use crate::context::Context;
use crate::error::Result;
use crate::output::{Outcome, Table};

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
        let mut outcome = Outcome::data(&now).table(table);
        if now.status == "failed"
            && let Some(hint) = now.failure().hints().next()
        {
            outcome = outcome.summary(hint);
        }
        Ok(outcome)
    }
}
