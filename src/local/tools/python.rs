//! Finding a Python that the emulator runs on.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::base::error::{Error, Kind, Result};
use crate::local::child_environment;
use crate::local::user::User;
use crate::settings::environment;

/// Minimum version of Python for the emulator.
const OLDEST: (u32, u32) = (3, 10);

/// Candidates for Python.
const NAMES: [&str; 8] =
    ["python3", "/usr/bin/python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"];

/// A Python program and the folder where it finds packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    pub python: PathBuf,
    pub packages: PathBuf,
    /// The user that runs it; the current user without it.
    pub user: Option<User>,
}

/// A Python program and its version.
type Found = (PathBuf, (u32, u32));

/// Finds Python and its version: OUTBOXCTL_PYTHON, or the first that is new enough. Prefers one that `user` can run,
/// and then also returns the user; else takes one that only the current user can run (it may be in a folder below
/// root's home).
///
/// # Errors
/// `LocalSetup` if none is found.
pub async fn find(user: Option<&User>) -> Result<(Found, Option<User>)> {
    let users = [user, None];
    // Programs for the current user only are tried once.
    let users = &users[usize::from(user.is_none())..];
    if let Some(chosen) = environment::path("OUTBOXCTL_PYTHON") {
        let mut found = None;
        for user in users {
            found = probe(&chosen, *user).await;
            if let Some(usable) = found.take_if(|found| found.1 >= OLDEST) {
                return Ok((usable, user.cloned()));
            }
        }
        let text = format!("OUTBOXCTL_PYTHON={} can't be used", chosen.display());
        return Err(Error::new(Kind::LocalSetup, text)
            .with_source(missing(found))
            .hint("it must name a Python that is new enough; unset it to search for one"));
    }
    let mut older = None;
    for user in users {
        for name in NAMES {
            match probe(Path::new(name), *user).await {
                Some(found) if found.1 >= OLDEST => return Ok((found, user.cloned())),
                found => older = older.or(found),
            }
        }
    }
    Err(missing(older))
}

fn missing(found: Option<Found>) -> Error {
    let (major, minor) = OLDEST;
    let text = match found {
        Some((path, (a, b))) => {
            format!("{} is Python {a}.{b}; the emulator needs {major}.{minor} or newer", path.display())
        }
        None => format!("no Python was found; the emulator needs {major}.{minor} or newer"),
    };
    Error::new(Kind::LocalSetup, text)
        .hint("install it (Debian and Ubuntu: apt-get install python3 python3-pip), or name one: OUTBOXCTL_PYTHON=/path/to/python3")
}

/// Returns the program's real path (behind version managers' shims) and version, as the user sees them.
async fn probe(name: &Path, user: Option<&User>) -> Option<Found> {
    let question =
        "import ctypes, socket, sys; print(sys.executable, sys.version_info[0], sys.version_info[1], sep='\\n')";
    let mut command = Command::new(name);
    child_environment::clean(command.as_std_mut());
    command.args(["-I", "-c", question]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    if let Some(user) = user {
        user.run(command.as_std_mut(), Path::new("/"));
        // The current folder may be open to root only.
        command.current_dir("/");
    }
    let output = command.output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    let path = PathBuf::from(lines.next()?);
    let version = (lines.next()?.parse().ok()?, lines.next()?.parse().ok()?);
    (output.status.success() && path.is_absolute()).then_some((path, version))
}
