//! Finding a Python that the emulator runs on.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::error::{Error, Kind, Result};
use crate::local::child_environment;
use crate::settings::environment;

/// The oldest Python that the emulator runs on.
const OLDEST: (u32, u32) = (3, 10);

/// A Python program and the folder where it finds packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    pub python: PathBuf,
    pub packages: PathBuf,
}

/// Finds Python and its version: OUTBOXCTL_PYTHON, or the first that is new enough.
///
/// # Errors
/// `LocalSetup` when there is none.
pub async fn find() -> Result<(PathBuf, (u32, u32))> {
    if let Some(chosen) = environment::path("OUTBOXCTL_PYTHON") {
        return match probe(&chosen).await {
            Some(found) if found.1 >= OLDEST => Ok(found),
            found => {
                let text = format!("OUTBOXCTL_PYTHON={} can't be used", chosen.display());
                Err(Error::new(Kind::LocalSetup, text)
                    .with_source(missing(found))
                    .hint("it must name a Python that is new enough; unset it to search for one"))
            }
        };
    }
    let mut older = None;
    for name in
        ["python3", "/usr/bin/python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python"]
    {
        match probe(Path::new(name)).await {
            Some(found) if found.1 >= OLDEST => return Ok(found),
            found => older = older.or(found),
        }
    }
    Err(missing(older))
}

fn missing(found: Option<(PathBuf, (u32, u32))>) -> Error {
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

/// The program's real path (behind version managers' shims) and version.
async fn probe(name: &Path) -> Option<(PathBuf, (u32, u32))> {
    let question = "import sys; print(sys.executable, sys.version_info[0], sys.version_info[1], sep='\\n')";
    let mut command = Command::new(name);
    child_environment::clean(command.as_std_mut());
    command.args(["-I", "-c", question]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    let path = PathBuf::from(lines.next()?);
    let version = (lines.next()?.parse().ok()?, lines.next()?.parse().ok()?);
    (output.status.success() && path.is_absolute()).then_some((path, version))
}
