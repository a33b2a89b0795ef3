//! Child processes that end with the daemon, however it ends.
//!
//! A child is started through our own executable (`local exec`). It asks the kernel for a signal when its parent dies
//! (prctl PR_SET_PDEATHSIG, which survives exec but not a change of user, so the user changes first), and then execs
//! the program. After `kill -9` of the daemon, PostgreSQL therefore still shuts down and the emulator saves its state.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, getppid, kill_process};
use tokio::process::{Child, Command};

use super::child_environment;
use super::user::User;
use crate::base::error::{Error, Kind, OrFail, Result};

/// Signal that ends a child gracefully.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EndSignal {
    /// SIGTERM: the emulator saves its state.
    Term,
    /// SIGINT: PostgreSQL disconnects all clients and shuts down ("fast").
    Int,
}

impl EndSignal {
    fn number(self) -> Signal {
        match self {
            Self::Term => Signal::TERM,
            Self::Int => Signal::INT,
        }
    }
}

/// A supervised child.
pub struct Supervised {
    name: &'static str,
    child: Child,
    end: EndSignal,
}

/// The program to start and its environment.
pub struct Program<'a> {
    pub name: &'static str,
    pub path: &'a Path,
    pub arguments: Vec<OsString>,
    /// Variables added to those that [`child_environment::clean`] keeps.
    pub environment: Vec<(&'static str, OsString)>,
    /// User to run as; the current user without it.
    pub user: Option<&'a User>,
    pub folder: &'a Path,
    /// File that both output streams are appended to.
    pub log: &'a Path,
    pub end: EndSignal,
}

impl Supervised {
    /// Starts a program. Must be called on the main thread: the kernel counts the end of that thread as the parent's.
    ///
    /// # Errors
    /// `LocalSetup` if the program can't be started.
    pub fn start(program: Program<'_>) -> Result<Self> {
        let failed = || format!("{} could not be started ({})", program.name, program.path.display());
        let log = std::fs::OpenOptions::new().create(true).append(true).open(program.log);
        let log = log.or_fail(Kind::LocalSetup, || format!("{} can't be written", program.log.display()))?;
        let errors = log.try_clone().or_fail(Kind::LocalSetup, failed)?;
        // Not by path: another user may be unable to reach it.
        let ours = if cfg!(target_os = "linux") {
            "/proc/self/exe".into()
        } else {
            std::env::current_exe().or_fail(Kind::LocalSetup, failed)?
        };
        let end = match program.end {
            EndSignal::Term => "term",
            EndSignal::Int => "int",
        };
        let mut command = Command::new(ours);
        child_environment::clean(command.as_std_mut());
        command.args(["local", "exec", "--signal", end, "--parent", &std::process::id().to_string(), "--"]);
        command.arg(program.path).args(program.arguments).envs(program.environment).current_dir(program.folder);
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        // A separate process group: Ctrl-C on a terminal reaches the command only, which then ends its children in
        // order.
        command.process_group(0);
        if let Some(user) = program.user {
            user.run(command.as_std_mut(), program.folder);
        }
        let child = command.spawn().or_fail(Kind::LocalSetup, failed)?;
        Ok(Self { name: program.name, child, end: program.end })
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the child ends and describes its exit.
    pub async fn ended(&mut self) -> String {
        match self.child.wait().await {
            Ok(status) => format!("{} ended ({status})", self.name),
            Err(error) => format!("{} can't be watched: {error}", self.name),
        }
    }

    /// Waits until the child ends; returns whether it succeeded.
    pub async fn succeeded(&mut self) -> bool {
        self.child.wait().await.is_ok_and(|status| status.success())
    }

    /// Kills the child, without letting it save anything.
    pub async fn kill(&mut self) {
        // Fails only if it has ended already.
        let _ = self.child.kill().await;
    }

    /// Ends the child; kills it after `patience`.
    pub async fn stop(&mut self, patience: Duration) {
        // Without an id, the child has ended and was waited for.
        let Some(pid) = self.child.id() else { return };
        signal(pid, self.end.number());
        if tokio::time::timeout(patience, self.child.wait()).await.is_ok() {
            return;
        }
        self.kill().await;
    }
}

/// A child that was not stopped, because a start failed, is asked to end: only Linux ends it with this process.
impl Drop for Supervised {
    fn drop(&mut self) {
        if let Some(pid) = self.child.id() {
            signal(pid, self.end.number());
        }
    }
}

/// Turns this process into the program: the child's side of [`Supervised::start`].
///
/// # Errors
/// `LocalSetup` if the program can't be run, or the parent has ended already.
pub fn become_program(program: &[OsString], signal: EndSignal, parent: u32) -> Result<()> {
    let [path, arguments @ ..] = program else {
        return Err(Error::new(Kind::Usage, "local exec needs a program"));
    };
    let failed = || format!("{} can't be run", path.display());
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(signal.number())).or_fail(Kind::LocalSetup, failed)?;
    #[cfg(not(target_os = "linux"))]
    let _ = signal;
    // If the parent died before prctl, no signal would come.
    if getppid() != pid(parent) {
        return Err(Error::new(Kind::LocalSetup, format!("{}: the daemon is gone", failed())));
    }
    Err(std::process::Command::new(path).args(arguments).exec()).or_fail(Kind::LocalSetup, failed)
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(number).ok()?)
}

/// Sends a signal to a process. Returns false if it has ended already.
pub fn signal(number: u32, signal: Signal) -> bool {
    pid(number).is_some_and(|pid| kill_process(pid, signal).is_ok())
}
