//! `outboxctl dms start`.

use std::time::Duration;

use super::blocked::Blockers;
use super::task::Deployed;
use crate::aws::dms::{Interrupted, Mark, StartPoint};
use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::commands::args::{LONGEST, TICK, duration};
use crate::output::Outcome;
use crate::postgres::admin::REBUILD;

/// Start the capture, or resume it where it stopped
///
/// The first start begins replication and creates the replication slot. Later starts resume, so that no events are
/// skipped. If the task is already running, the command succeeds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Start over at the end of the log, skipping events committed since the task last ran; `dms rebuild` delivers them
    #[arg(long)]
    fresh: bool,
    /// Return once the start request is accepted
    #[arg(long)]
    no_wait: bool,
    /// Maximum time to wait for the task to run
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration(TICK, LONGEST))]
    timeout: Duration,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let deployed = Deployed::find(ctx, self.timeout, true).await?;
        ctx.console.started("dms", "starting the task");
        ctx.console.report_failure("dms", self.start(ctx, &deployed).await)
    }

    async fn start(&self, ctx: &Context, deployed: &Deployed) -> Result<Outcome> {
        let from = if self.fresh { StartPoint::End } else { StartPoint::Checkpoint };
        match deployed.task.interrupted().await? {
            Some(Interrupted::Rebuild) | None if self.fresh => deployed.task.unmark(Mark::Rebuild).await?,
            // Events would come through the new slot before earlier ones that are still missing.
            Some(interrupted) => {
                let command = ctx.settings.command(&interrupted.command());
                let error = Error::new(Kind::Failed, interrupted.to_string())
                    .hint(format!("`{command}` completes it, and starts the task"));
                return Err(match interrupted {
                    Interrupted::Rebuild => error,
                    Interrupted::Upgrade(_) => error.hint(format!(
                        "to keep the old version instead: `{}` restarts the capture, and delivers the missed events",
                        ctx.settings.command("dms rebuild")
                    )),
                });
            }
            None => {}
        }
        let start = deployed.start(ctx, &from, !self.no_wait);
        let changed = match Blockers::during(ctx, &deployed.deployment, start).await {
            Err(error) => return Err(lost(ctx, deployed, error).await),
            started => started?,
        };
        deployed.forget_pause(ctx).await;
        let now = deployed.task.describe().await?;
        let message = if changed { format!("the task is {}", now.status) } else { "already running".into() };
        ctx.console.finished("dms", message, changed);
        Ok(Outcome::data(now).changed(changed))
    }
}

/// Adds the problem of the slot to the error, because DMS reports only that the task failed.
async fn lost(ctx: &Context, deployed: &Deployed, error: Error) -> Error {
    if error.kind() != Kind::TaskFailed {
        return error;
    }
    match deployed.slot_trouble(ctx).await {
        Some(trouble) if error.hints().any(|hint| hint.contains("dms rebuild")) => error.hint(trouble.to_string()),
        Some(trouble) => error.hint(format!("{trouble}; {REBUILD}")),
        None => error,
    }
}
