//! Upgrade of a server's data to another major version, by `pg_upgrade` as on RDS.
//!
//! The new data are made beside the old ones, which stay as they are, and are swapped in by renaming: whatever ends in
//! between, a start finds complete data (`recover`).

use std::ffi::OsString;
use std::path::Path;

use super::{SUPERUSER, end_orphan, initialise, settings, temporary};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::local::child::{EndSignal, Program, Supervised};
use crate::local::home::remove_folder;
use crate::local::state::Postgres;
use crate::local::tools::PostgresPrograms;
use crate::local::user::User;

/// Data of the new version, until they are complete.
const NEW: &str = "data.upgrade";
/// Data of the version before, until they are removed.
const OLD: &str = "data.before";

/// A server that is down, and its new programs.
pub(super) struct Upgrade<'a> {
    pub folder: &'a Path,
    pub before: &'a Postgres,
    pub after: &'a PostgresPrograms,
    /// Both data folders must agree ("Usage" of pg_upgrade in the PostgreSQL documentation).
    pub checksums: bool,
    pub user: Option<&'a User>,
    pub log: &'a Path,
}

impl Upgrade<'_> {
    /// Makes the new data and swaps them in. On the main thread: see [`Supervised::start`].
    ///
    /// # Errors
    /// `LocalSetup` with the last lines of pg_upgrade; the old data are unchanged.
    pub(super) async fn run(&self) -> Result<()> {
        let (data, new) = (self.folder.join("data"), self.folder.join(NEW));
        remove_folder(&new, Kind::LocalSetup)?;
        initialise(self.after, (self.folder, NEW), self.user, Some(self.checksums)).await?;
        settings::write(&new, self.folder, self.before, self.user)?;
        let socket = temporary(self.user)?;
        let program = self.after.bin.join("pg_upgrade");
        let paths = [
            ("--old-bindir", self.before.bin.as_path()),
            ("--new-bindir", self.after.bin.as_path()),
            ("--old-datadir", data.as_path()),
            ("--new-datadir", new.as_path()),
            ("--socketdir", socket.path()),
        ];
        let mut arguments: Vec<OsString> = vec!["--username".into(), SUPERUSER.into()];
        paths.iter().for_each(|(name, path)| arguments.extend([OsString::from(name), path.into()]));
        let mut process = Supervised::start(Program {
            name: "pg_upgrade",
            path: &program,
            arguments,
            environment: vec![("LC_ALL", "C".into()), ("TZ", "UTC".into())],
            user: self.user,
            folder: self.folder,
            log: self.log,
            end: EndSignal::Term,
        })?;
        if !process.succeeded().await {
            end_orphan(&data).await;
            end_orphan(&new).await;
            let said = std::fs::read_to_string(self.log).unwrap_or_default();
            let last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
            let last = last.into_iter().rev().map(str::trim).collect::<Vec<_>>().join(" ");
            remove_folder(&new, Kind::LocalSetup)?;
            return Err(Error::new(Kind::LocalSetup, format!("pg_upgrade failed: {last}"))
                .hint(format!("its output is in {}", self.log.display())));
        }
        // A script with a suggestion that does not fit here.
        let _ = std::fs::remove_file(self.folder.join("delete_old_cluster.sh"));
        rename(&data, &self.folder.join(OLD))?;
        recover(self.folder).await
    }
}

/// Completes or undoes an upgrade that was interrupted. Complete new data exist if the old ones were renamed.
///
/// # Errors
/// `LocalSetup` if files can't be renamed or removed.
pub(super) async fn recover(folder: &Path) -> Result<()> {
    let (data, new, old) = (folder.join("data"), folder.join(NEW), folder.join(OLD));
    if new.exists() {
        end_orphan(&new).await;
        if old.exists() && !data.exists() {
            rename(&new, &data)?;
        }
    }
    remove_folder(&new, Kind::LocalSetup)?;
    remove_folder(&old, Kind::LocalSetup)
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    std::fs::rename(from, to).or_fail(Kind::LocalSetup, || format!("{} can't be renamed", from.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the folders, each with a file that names it.
    fn folders(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("made"), name).unwrap();
        }
        folder
    }

    #[tokio::test]
    async fn an_interrupted_upgrade_leaves_one_complete_folder() {
        let cases: [(&[&str], &str); 5] = [
            (&["data"], "data"),
            (&["data", NEW], "data"),
            (&[OLD, NEW], NEW),
            (&["data", OLD], "data"),
            (&["data", OLD, NEW], "data"),
        ];
        for (before, kept) in cases {
            let folder = folders(before);
            recover(folder.path()).await.unwrap();
            let left: Vec<_> =
                std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(left, ["data"], "{before:?}");
            assert_eq!(std::fs::read_to_string(folder.path().join("data/made")).unwrap(), kept, "{before:?}");
        }
    }
}
