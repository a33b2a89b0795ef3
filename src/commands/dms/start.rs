//! `outboxctl dms start`.

use std::time::Duration;

use super::task::Deployed;
use crate::commands::args::{LONGEST, TICK, duration};
use crate::context::Context;
use crate::dms::control::Connection;
use crate::error::Result;
use crate::output::{Event, Outcome};

/// Start the capture, or resume it where it stopped
///
/// The first run starts replication and creates the slot; later ones resume, so that nothing is skipped. A task that
/// runs is success.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Begin anew at the end of the log; what was committed since the task last ran is skipped
    #[arg(long)]
    fresh: bool,
    /// Return once the start was accepted
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for the task to run
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
        let deployed = Deployed::find(ctx, self.timeout).await?;
        if deployed.task.describe().await?.status != "running" {
            // DMS refuses to start a task whose endpoints were not tested successfully.
            let connections = deployed.test(ctx, true).await?;
            if let Some(failure) = connections.iter().find(|c| !c.is_successful()).map(Connection::failure) {
                return Err(failure);
            }
        }
        let changed = deployed.task.start(self.fresh, !self.no_wait).await?;
        let now = deployed.task.describe().await?;
        let message = if changed { format!("the task is {}", now.status) } else { "the task was running".into() };
        ctx.console.emit(Event::finished("dms", message, changed));
        Ok(Outcome::data(now).changed(changed))
    }
}
