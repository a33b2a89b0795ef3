//! `outboxctl dms start`.

use std::time::Duration;

use super::blocked::{Blockers, report};
use super::task::Deployed;
use crate::aws::dms::is_lost_slot;
use crate::commands::Context;
use crate::commands::args::{LONGEST, TICK, duration};
use crate::deployment::Deployment;
use crate::error::{Error, Kind, Result};
use crate::output::{Event, Outcome};

/// Start the capture, or resume it where it stopped
///
/// The first start begins replication and creates the replication slot. Later starts resume, so that no events are
/// skipped. If the task is already running, the command succeeds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Start over at the end of the log, skipping events committed since the task last ran
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
        ctx.console.emit(Event::started("dms", "starting the task"));
        let started = self.start(ctx).await;
        if let Err(error) = &started {
            ctx.console.emit(Event::failed("dms", error.message()));
        }
        started
    }

    async fn start(&self, ctx: &Context) -> Result<Outcome> {
        let deployed = Deployed::find(ctx, self.timeout, true).await?;
        let start = deployed.start(ctx, self.fresh, !self.no_wait);
        let changed = match Blockers::during(ctx, &deployed.deployment, start).await {
            Err(error) => return Err(lost(ctx, &deployed.deployment, error).await),
            started => started?,
        };
        deployed.forget_pause(ctx).await;
        let now = deployed.task.describe().await?;
        let message = if changed { format!("the task is {}", now.status) } else { "already running".into() };
        ctx.console.emit(Event::finished("dms", message, changed));
        Ok(Outcome::data(now).changed(changed))
    }
}

/// Adds the slots that can't be resumed to the error, because DMS reports only that the task failed.
async fn lost(ctx: &Context, deployment: &Deployment, error: Error) -> Error {
    if error.kind() != Kind::TaskFailed {
        return error;
    }
    let slots = report(ctx, deployment).await.map(|report| report.slots).unwrap_or_default();
    let lost = slots.into_iter().filter(|slot| slot.wal_status.as_deref() == Some("lost"));
    lost.fold(error, |error, slot| {
        let what = format!(
            "replication slot {} is lost: events committed since the task last ran are not captured",
            slot.name
        );
        if is_lost_slot(error.message()) {
            error.hint(what)
        } else {
            error.hint(format!(
                "{what}; `outboxctl dms start --fresh` starts over at the end of the log, then `outboxctl reconcile` \
                 shows what was skipped"
            ))
        }
    })
}
