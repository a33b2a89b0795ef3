//! `outboxctl dms stop`.

use std::time::Duration;

use super::blocked::Blockers;
use super::task::Deployed;
use crate::base::error::Result;
use crate::commands::Context;
use crate::commands::args::{LONGEST, TICK, duration};
use crate::output::Outcome;

/// Stop the capture; the replication slot keeps its position
///
/// PostgreSQL retains its write-ahead log for the stopped task until the task resumes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Maximum time to wait for the task to stop
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration(TICK, LONGEST))]
    timeout: Duration,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let deployed = Deployed::find(ctx, self.timeout, true).await?;
        ctx.console.started("dms", "stopping the task");
        let stopped = Blockers::during(ctx, &deployed.deployment, deployed.task.stop()).await;
        let changed = ctx.console.report_failure("dms", stopped)?;
        deployed.forget_pause(ctx).await;
        let now = deployed.task.describe().await?;
        let message =
            if changed { "the task is stopped".into() } else { format!("nothing to stop: the task is {}", now.status) };
        ctx.console.finished("dms", message, changed);
        Ok(Outcome::data(now).changed(changed))
    }
}
