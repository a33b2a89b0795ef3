//! Stops the capture while its task or endpoints are updated, and resumes it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::aws::dms::{Interrupted, Mark, StartPoint};
use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::Pause;
use crate::commands::Context;
use crate::commands::dms::Deployed;
use crate::deployment::Deployment;

/// Time limit for the task to stop, and to run again.
const DEADLINE: Duration = Duration::from_secs(15 * 60);

/// The capture of a deployed pipeline.
pub struct Capture<'a> {
    ctx: &'a Context,
    deployed: Deployed,
    /// Set while the capture is stopped by this run.
    paused: AtomicBool,
}

impl<'a> Capture<'a> {
    /// Returns the capture of the deployment; None if it has none.
    pub async fn of(ctx: &'a Context, deployment: &Deployment) -> Result<Option<Self>> {
        let deployed = Deployed::if_any(ctx, deployment, DEADLINE).await?;
        Ok(deployed.map(|deployed| Self { ctx, deployed, paused: AtomicBool::new(false) }))
    }

    /// Refuses a deploy in the middle of an upgrade of the database: it would start the capture without its slot.
    ///
    /// # Errors
    /// `Failed` with the command that completes the upgrade. A task that can't be read is not one that is being upgraded.
    pub async fn check(&self) -> Result<()> {
        let interrupted = self.deployed.task.interrupted().await;
        let interrupted = interrupted.inspect_err(|error| self.ctx.console.detail(format!("capture: {error}")));
        match interrupted {
            Ok(Some(interrupted @ Interrupted::Upgrade(_))) => {
                let command = self.ctx.settings.command(&interrupted.command());
                Err(Error::new(Kind::Failed, format!("{interrupted}; nothing was deployed"))
                    .hint(format!("`{command}` completes it; then deploy again")))
            }
            _ => Ok(()),
        }
    }

    /// Adds to the error of a deploy that was interrupted that the capture is stopped.
    pub fn remember(&self, error: Error) -> Error {
        error.with_hints(self.paused.load(Ordering::SeqCst).then(|| self.way_to_resume()))
    }

    fn way_to_resume(&self) -> String {
        let settings = &self.ctx.settings;
        format!(
            "the capture is stopped for the update: after the update, run `{}` again, which resumes it, or `{}`",
            settings.command("deploy"),
            settings.command("dms start")
        )
    }

    async fn stop(&self, scope: &str) -> Result<()> {
        let (console, task) = (&self.ctx.console, &self.deployed.task);
        if self.paused.load(Ordering::SeqCst) {
            return Ok(());
        }
        let status = match task.describe().await {
            Ok(now) => now.status,
            // Deleted by hand: there is no running task.
            Err(error) if error.kind() == Kind::NotDeployed => return Ok(()),
            Err(error) => return Err(error),
        };
        if !["running", "starting"].contains(&status.as_str()) {
            return Ok(());
        }
        console.started("capture", format!("stopping the task for the update of stack {scope}"));
        // Marked before the stop, so that the mark is left by a run that is killed right afterwards.
        if let Err(error) = task.mark(Mark::Resume, "true").await {
            console.warn(format!(
                "{error}; if this deploy is interrupted, resume the capture with `{}`",
                self.ctx.settings.command("dms start")
            ));
        }
        self.paused.store(true, Ordering::SeqCst);
        console.report_failure("capture", task.stop().await)?;
        console.finished("capture", "stopped; it is resumed after the update", true);
        Ok(())
    }

    async fn start_again(&self) -> Result<()> {
        let (console, task) = (&self.ctx.console, &self.deployed.task);
        if !self.paused.load(Ordering::SeqCst) && !self.is_marked().await {
            return Ok(());
        }
        console.started("capture", "resuming the task");
        match self.deployed.start(self.ctx, &StartPoint::Checkpoint, true).await {
            Ok(changed) => {
                self.paused.store(false, Ordering::SeqCst);
                if let Err(error) = task.unmark(Mark::Resume).await {
                    console.detail(format!("capture: {error}"));
                }
                let message = if changed { "resumed where it stopped" } else { "already running" };
                console.finished("capture", message, changed);
                Ok(())
            }
            Err(error) => {
                console.failed("capture", error.message());
                let hint = match error.kind() {
                    Kind::NotDeployed => format!(
                        "the task was replaced, and its position is lost: run `{}`, then `{}`",
                        self.ctx.settings.command("dms start"),
                        self.ctx.settings.command("reconcile")
                    ),
                    _ => self.way_to_resume(),
                };
                Err(error.hint(hint))
            }
        }
    }

    /// Returns whether an earlier run stopped it and did not resume it.
    async fn is_marked(&self) -> bool {
        let marked = self.deployed.task.marked(Mark::Resume).await.map(|mark| mark.is_some());
        marked.unwrap_or_else(|error| {
            self.ctx.console.detail(format!("capture: {error}"));
            false
        })
    }
}

impl Pause for Capture<'_> {
    fn pause<'b>(&'b self, scope: &'b str) -> BoxFuture<'b, Result<()>> {
        Box::pin(self.stop(scope))
    }

    fn resume<'b>(&'b self, _: &'b str) -> BoxFuture<'b, Result<()>> {
        Box::pin(self.start_again())
    }
}
