//! The context of a command: settings, console, cancellation, confirmations, and AWS clients that are created on first use.

use std::path::PathBuf;

use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;

use crate::aws::Clients;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::local::state;
use crate::output::Console;
use crate::pipelines::{self, Part};
use crate::settings::Settings;

pub struct Context {
    pub settings: Settings,
    pub console: Console,
    /// Cancelled by the first SIGINT or SIGTERM; a command with clean-up watches it.
    pub cancel: CancellationToken,
    clients: OnceCell<Clients>,
    definition: fn() -> clap::Command,
    holds: watch::Sender<usize>,
}

/// A guard that keeps a signal from ending the command, which has clean-up to do and watches [`Context::cancel`]
/// itself.
pub struct Hold(watch::Sender<usize>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.send_modify(|holds| *holds -= 1);
    }
}

impl Context {
    /// Creates the context of one command; commands that the console prints lead to the same deployment. `definition`
    /// returns the definition of the whole command line.
    pub fn new(
        settings: Settings,
        console: Console,
        cancel: CancellationToken,
        definition: fn() -> clap::Command,
    ) -> Self {
        let up = settings.local.then(state::running).and_then(Result::ok);
        console.lead_to(settings.place().with_local_endpoint(up.map(|state| state.endpoint)));
        Self { settings, console, cancel, clients: OnceCell::new(), definition, holds: watch::Sender::new(0) }
    }

    /// Returns the definition of the whole command line, for the commands that print it in some form.
    pub fn definition(&self) -> clap::Command {
        (self.definition)()
    }

    /// Checks that the chosen pipeline has the part that the command needs.
    ///
    /// # Errors
    /// `Usage`, see [`Pipeline::need`](pipelines::Pipeline::need).
    pub fn need(&self, part: Part) -> Result<()> {
        pipelines::find(&self.settings.pipeline)?.need(part)
    }

    /// Asks for confirmation before a change to a production stage, as [`Context::confirm`].
    pub async fn confirm_in_production(&self, question: &str) -> Result<()> {
        if self.settings.local || !pipelines::is_production(&self.settings.stage) {
            return Ok(());
        }
        self.confirm(question).await
    }

    /// Asks for confirmation, unless --yes is set.
    ///
    /// # Errors
    /// `NeedsInput` without a terminal, `Failed` if the answer is no.
    pub async fn confirm(&self, question: &str) -> Result<()> {
        if self.settings.yes {
            return Ok(());
        }
        if self.settings.no_input {
            return Err(Error::new(Kind::NeedsInput, question).hint("pass --yes to agree"));
        }
        if self.console.confirm(question).await? { Ok(()) } else { Err(Error::new(Kind::Failed, "nothing was done")) }
    }

    /// Keeps a signal from ending the command until the guard is dropped.
    #[must_use]
    pub fn hold(&self) -> Hold {
        self.holds.send_modify(|holds| *holds += 1);
        Hold(self.holds.clone())
    }

    /// Resolves once the command was cancelled and has no guard.
    pub async fn cancelled_and_free(&self) {
        self.cancel.cancelled().await;
        let mut holds = self.holds.subscribe();
        // Can't fail: self owns the sender.
        let _ = holds.wait_for(|holds| *holds == 0).await;
    }

    /// Returns AWS clients: for the local stack's endpoint with `--local`, else by profile, region and environment.
    ///
    /// # Errors
    /// `LocalDown` when the local stack is not running, else those of [`Clients::load`].
    pub async fn aws(&self) -> Result<&Clients> {
        self.clients
            .get_or_try_init(|| async {
                let local = self.settings.local.then(state::connect);
                let endpoint = local.as_ref().and_then(|found| found.as_ref().ok()).map_or("", |found| &found.url);
                self.settings.check_local(endpoint)?;
                let local = local.transpose()?;
                let clients = Clients::load(&self.settings, local).await?;
                clients.warnings.iter().for_each(|warning| self.console.warn(warning));
                Ok(clients)
            })
            .await
    }
}

/// Returns the path of the running executable.
///
/// # Errors
/// `Io` if it can't be found.
pub fn running_executable() -> Result<PathBuf> {
    std::env::current_exe().or_fail(Kind::Io, || "the running executable can't be found".into())
}
