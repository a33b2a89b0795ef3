//! Runs outboxctl commands, each in a child process.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::{Context, running_executable};
use crate::settings::{ColorMode, DATABASE_URL, OutputFormat};

/// A step with its duration.
#[derive(Debug, Serialize)]
pub struct Step {
    pub command: String,
    pub exit_code: Option<i32>,
    pub seconds: f64,
}

pub struct Shell<'a> {
    pub ctx: &'a Context,
    executable: PathBuf,
    local_name: &'static str,
    pub steps: Vec<Step>,
}

impl<'a> Shell<'a> {
    pub fn new(ctx: &'a Context, local_name: &'static str) -> Result<Self> {
        Ok(Self { ctx, executable: running_executable()?, local_name, steps: Vec::new() })
    }

    /// Returns an outboxctl command on the demo's local stack, with the demo's stage and pipeline.
    pub fn command(&self, args: &[&str]) -> Command {
        let settings = &self.ctx.settings;
        let mut command = Command::new(&self.executable);
        command
            .args(args)
            .args(color(settings.color))
            .env("OUTBOXCTL_LOCAL", "true")
            .env("OUTBOXCTL_LOCAL_NAME", self.local_name)
            .env("OUTBOXCTL_STAGE", &settings.stage)
            .env("OUTBOXCTL_PIPELINE", &settings.pipeline)
            // The demo does not use the user's account and endpoint.
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_ENDPOINT_URL")
            .env_remove(DATABASE_URL)
            .stdin(Stdio::null());
        command
    }

    /// Runs one step. As text its output is passed through; with JSON or NDJSON its JSON result is returned.
    ///
    /// # Errors
    /// With the step's exit code if it fails; `Interrupted` if the demo was stopped in the meantime.
    pub async fn run(&mut self, args: &[&str]) -> Result<Value> {
        let people = self.ctx.settings.output == OutputFormat::Table;
        self.unless_stopped()?;
        self.spawn(args, !people).await
    }

    /// Starts a command in the background, which prints only errors.
    pub fn start(&self, args: &[&str]) -> Result<Child> {
        self.unless_stopped()?;
        let line = self.announce(&[args, &["&"]].concat());
        let mut command = self.command(args);
        command.stdout(Stdio::null()).kill_on_drop(true);
        command.spawn().or_fail(Kind::Io, || format!("{line:?} did not start"))
    }

    /// Runs one step for its JSON result.
    pub async fn ask(&mut self, args: &[&str]) -> Result<Value> {
        self.unless_stopped()?;
        self.spawn(args, true).await
    }

    /// Runs a step as [`Shell::ask`], also after the demo was stopped: for clean-up.
    pub async fn last(&mut self, args: &[&str]) -> Result<Value> {
        self.spawn(args, true).await
    }

    fn unless_stopped(&self) -> Result<()> {
        if self.ctx.cancel.is_cancelled() { Err(Error::interrupted()) } else { Ok(()) }
    }

    async fn spawn(&mut self, args: &[&str], capture: bool) -> Result<Value> {
        let line = self.announce(args);
        let mut command = self.command(args);
        if capture {
            command.args(["--output", "json"]).stdout(Stdio::piped());
        }
        let begun = Instant::now();
        let child = command.spawn().or_fail(Kind::Io, || format!("{line:?} did not start"))?;
        let output = child.wait_with_output().await.or_fail(Kind::Io, || format!("{line:?} was lost"))?;
        let (status, seconds) = (output.status, begun.elapsed().as_secs_f64());
        self.steps.push(Step { command: line.clone(), exit_code: status.code(), seconds });
        if status.success() {
            // A step without data prints nothing.
            return Ok(serde_json::from_slice(&output.stdout).unwrap_or(Value::Null));
        }
        Err(Error::new(kind_of(status), format!("{line:?} ended with {status}")))
    }

    /// Shows the command line.
    pub fn announce(&self, args: &[&str]) -> String {
        let line = format!("outboxctl {}", args.join(" "));
        self.ctx.console.note(format!("\n$ {line}"));
        line
    }
}

/// Returns the `--color` flag for a step.
fn color(mode: ColorMode) -> &'static [&'static str] {
    match mode {
        ColorMode::Auto => &[],
        ColorMode::Always => &["--color", "always"],
        ColorMode::Never => &["--color", "never"],
    }
}

/// Returns the kind of error with the exit code of a failed step.
fn kind_of(status: ExitStatus) -> Kind {
    match status.code() {
        Some(130) => Kind::Interrupted,
        Some(143) => Kind::Terminated,
        Some(5) => Kind::Verify,
        Some(6) => Kind::NeedsRecovery,
        _ => Kind::Failed,
    }
}

/// Ends a background command with SIGTERM, so that it cleans up.
pub async fn end(child: &mut Child) {
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
        // A command that ended by itself no longer has a process.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let _ = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
}
