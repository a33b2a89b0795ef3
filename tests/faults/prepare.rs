//! Stacks that a fault needs prepared: with a clock of their own, or with their data on a small disk.

use std::path::{Path, PathBuf};
use std::process::Command;

use outboxctl_test_support::clock::{Clock, is_root};

use crate::trouble::{Result, trouble};

/// What a fault needs of the stack that it strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    /// A clock that only the stack's processes see.
    Clock,
    /// A disk of the stack's own.
    Disk,
}

impl Needs {
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Clock, Self::Disk];

    /// Begins the name of the stack.
    pub fn letter(self) -> char {
        match self {
            Self::Nothing => 'f',
            Self::Clock => 'c',
            Self::Disk => 'd',
        }
    }

    /// Prepares a stack whose files will be in `folder`.
    ///
    /// # Errors
    /// The reason why this machine can't.
    pub fn prepare(self, folder: &Path) -> std::result::Result<Prepared, String> {
        match self {
            Self::Nothing => Ok(Prepared::Nothing),
            Self::Clock => Clock::new().map(Prepared::Clock),
            Self::Disk => Disk::mount(folder).map(Prepared::Disk),
        }
    }
}

/// What a stack was started with.
pub enum Prepared {
    Nothing,
    Clock(Clock),
    Disk(Disk),
}

impl Prepared {
    /// # Errors
    /// A fault runs on a stack that was prepared for it: never.
    pub fn clock(&self) -> Result<&Clock> {
        if let Self::Clock(clock) = self { Ok(clock) } else { Err(trouble("the stack has no clock of its own")) }
    }

    /// # Errors
    /// A fault runs on a stack that was prepared for it: never.
    pub fn disk(&self) -> Result<&Disk> {
        if let Self::Disk(disk) = self { Ok(disk) } else { Err(trouble("the stack has no disk of its own")) }
    }

    /// The command that starts the stack.
    pub fn started_by(&self, command: tokio::process::Command) -> tokio::process::Command {
        match self {
            Self::Clock(clock) => clock.given_to(command.as_std()).into(),
            _ => command,
        }
    }
}

/// A file system in memory, mounted where a stack has its files. Its size can change at any time.
pub struct Disk(PathBuf);

impl Disk {
    /// More than a stack needs.
    const LARGE: &str = "4g";

    fn mount(folder: &Path) -> std::result::Result<Self, String> {
        if !is_root() || !cfg!(target_os = "linux") {
            return Err("only root on Linux can mount a disk of its own for a stack".into());
        }
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        run("mount", &["-t", "tmpfs", "-o", &format!("size={},mode=0755", Self::LARGE), "tmpfs"], folder)?;
        Ok(Self(folder.to_owned()))
    }

    /// Leaves so many kilobytes free.
    pub fn fill(&self, left: u64) -> Result<()> {
        self.resize(&format!("{}k", self.figure("used")? + left))
    }

    pub fn free(&self) -> Result<()> {
        self.resize(Self::LARGE)
    }

    /// Kilobytes that are free now.
    pub fn left(&self) -> Result<u64> {
        self.figure("avail")
    }

    fn resize(&self, size: &str) -> Result<()> {
        run("mount", &["-o", &format!("remount,size={size}")], &self.0).map_err(trouble)
    }

    fn figure(&self, name: &str) -> Result<u64> {
        let output = Command::new("df").args(["-k", &format!("--output={name}")]).arg(&self.0).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok(text.lines().nth(1).ok_or_else(|| trouble(format!("df: {text}")))?.trim().parse()?)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that is about to end may still have a file open.
        if let Err(error) = run("umount", &["-l"], &self.0) {
            eprintln!("{error}");
        }
    }
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> std::result::Result<(), String> {
    let output = Command::new(program).args(arguments).arg(folder).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    let said = || format!("{program} {}: {}", folder.display(), String::from_utf8_lossy(&output.stderr).trim());
    if output.status.success() { Ok(()) } else { Err(said()) }
}
