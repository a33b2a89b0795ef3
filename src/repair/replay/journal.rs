//! Progress of a replay in a file, so that an interrupted replay continues under the same name.
//!
//! The file is replaced atomically after every batch. A kill before that repeats the batch in flight; its events carry
//! the replay's name both times. A running process holds a lock, which the kernel releases at its end.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::repair::source::{Filter, Position};

/// Source of the events of a replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The outbox table
    #[default]
    Outbox,
    /// The event log, which may still contain events that were purged from the outbox
    Log,
}

/// Content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// The replay's name.
    pub name: String,
    /// The deployment: the id of its first stack, which is unique.
    pub deployment: String,
    pub started_at: DateTime<Utc>,
    pub source: Source,
    pub filter: Filter,
    /// Position of the current page.
    pub position: Position,
    /// Processed events of that page.
    pub done: HashSet<Uuid>,
    /// Processed events in total.
    pub dealt_with: u64,
}

/// The file of one replay.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    pub state: State,
    /// Events that were processed before this process continued the replay.
    before: HashSet<Uuid>,
    /// Releases the lock on drop.
    _lock: File,
}

impl Journal {
    /// Starts the journal of a new replay.
    ///
    /// # Errors
    /// `Io` if the folder can't be written to.
    pub fn begin(folder: &Path, deployment: &str, source: Source, filter: &Filter) -> Result<Self> {
        std::fs::create_dir_all(folder).or_fail(Kind::Io, || format!("{} can't be created", folder.display()))?;
        let name = Uuid::now_v7().to_string();
        let state = State {
            deployment: deployment.to_owned(),
            started_at: Utc::now(),
            source,
            filter: filter.clone(),
            position: Position::Start,
            done: HashSet::new(),
            dealt_with: 0,
            name,
        };
        let lock = lock(folder, &state.name)?.ok_or_else(|| busy(&state.name))?;
        let journal = Self { path: path(folder, &state.name), state, before: HashSet::new(), _lock: lock };
        journal.write()?;
        Ok(journal)
    }

    /// Opens the journal of an interrupted replay of this deployment; `name` is one of [`unfinished`].
    ///
    /// # Errors
    /// `Usage` if the name is unknown or another process has the replay; `Io`.
    pub fn resume(folder: &Path, deployment: &str, name: &str) -> Result<Self> {
        let known =
            || -> Result<Option<State>> { Ok(all(folder, deployment)?.into_iter().find(|state| state.name == name)) };
        let none = || Error::new(Kind::Usage, format!("interrupted replay {name} not found for this deployment"));
        known()?.ok_or_else(none)?;
        let lock = lock(folder, name)?.ok_or_else(|| busy(name))?;
        // Read again, now that no other process writes it.
        let state = known()?.ok_or_else(none)?;
        Ok(Self { path: path(folder, name), before: state.done.clone(), state, _lock: lock })
    }

    /// Returns whether an event of the current page was processed before.
    pub(super) fn knows(&self, event: &Uuid) -> bool {
        self.before.contains(event)
    }

    /// Records that these events of the page are processed.
    pub(super) fn batch(&mut self, events: impl IntoIterator<Item = Uuid>) -> Result<()> {
        let before = self.state.done.len();
        self.state.done.extend(events);
        self.state.dealt_with += (self.state.done.len() - before) as u64;
        self.write()
    }

    /// Records the position of the next page.
    pub(super) fn page(&mut self, position: Position) -> Result<()> {
        self.state.position = position;
        self.state.done.clear();
        self.write()
    }

    /// Ends a completed replay and removes the file.
    ///
    /// # Errors
    /// `Io`.
    pub fn finish(self) -> Result<()> {
        self.remove().or_fail(Kind::Io, || format!("{} can't be removed", self.path.display()))
    }

    /// Removes both files, each even if the other can't be removed.
    fn remove(&self) -> std::io::Result<()> {
        let lock = std::fs::remove_file(self.path.with_extension("lock"));
        std::fs::remove_file(&self.path).and(lock)
    }

    fn write(&self) -> Result<()> {
        let failed = || format!("{} can't be written", self.path.display());
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder).or_fail(Kind::Io, failed)?;
        let text = serde_json::to_vec(&self.state).or_fail(Kind::Unexpected, failed)?;
        file.write_all(&text).or_fail(Kind::Io, failed)?;
        file.persist(&self.path).map_err(|error| error.error).or_fail(Kind::Io, failed)?;
        Ok(())
    }
}

impl Drop for Journal {
    /// Removes the journal if nothing was sent.
    fn drop(&mut self) {
        if self.state.dealt_with == 0 {
            let _ = self.remove();
        }
    }
}

/// Returns the replays of this deployment that were interrupted after something was sent, the newest first; without
/// those that another process has.
///
/// # Errors
/// `Io`.
pub fn unfinished(folder: &Path, deployment: &str) -> Result<Vec<State>> {
    let mut found = all(folder, deployment)?;
    found.retain(|state| state.dealt_with > 0);
    let mut failure = None;
    found.retain(|state| match lock(folder, &state.name) {
        Ok(free) => free.is_some(),
        Err(error) => {
            failure = Some(error);
            false
        }
    });
    failure.map_or(Ok(found), Err)
}

/// Returns the journals in the folder; other files are skipped.
fn all(folder: &Path, deployment: &str) -> Result<Vec<State>> {
    let failed = || format!("{} can't be read", folder.display());
    let files = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files.or_fail(Kind::Io, failed)?,
    };
    let mut found = Vec::new();
    for file in files {
        let path = file.or_fail(Kind::Io, failed)?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        // Another process may have finished it in the meantime.
        let text = std::fs::read(&path).unwrap_or_default();
        found.extend(serde_json::from_slice::<State>(&text).ok().filter(|state| state.deployment == deployment));
    }
    found.sort_by_key(|state| std::cmp::Reverse(state.started_at));
    Ok(found)
}

fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}

/// Locks a replay; `None` if another process has it.
fn lock(folder: &Path, name: &str) -> Result<Option<File>> {
    let path = folder.join(format!("{name}.lock"));
    let failed = || format!("{} can't be locked", path.display());
    let file = File::options().create(true).append(true).open(&path).or_fail(Kind::Io, failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).or_fail(Kind::Io, failed),
    }
}

fn busy(name: &str) -> Error {
    Error::new(Kind::Usage, format!("replay {name} is running in another process"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_replay_is_found_by_its_deployment_and_continues() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("replays");
        assert_eq!(unfinished(&folder, "a").expect("nothing yet"), []);
        let filter = Filter { aggregate: Some("c".into()), ..Filter::default() };
        let [one, two, three] = [1, 2, 3].map(Uuid::from_u128);
        let mut journal = Journal::begin(&folder, "a", Source::Log, &filter).expect("begun");
        let other = Journal::begin(&folder, "b", Source::Outbox, &filter).expect("another deployment");
        drop(other);
        std::fs::write(folder.join("x.json"), "{}").expect("no journal");
        journal.batch([one]).expect("written");
        journal.page(Position::End).expect("written");
        journal.batch([two]).expect("written");

        assert_eq!(unfinished(&folder, "a").expect("none"), [], "it is running");
        let busy = Journal::resume(&folder, "a", &journal.state.name).expect_err("it is running");
        assert!(busy.message().contains("another process"), "{busy}");
        let state = journal.state.clone();
        drop(journal);
        let found = unfinished(&folder, "a").expect("found");
        assert_eq!(found, [state]);
        let mut again = Journal::resume(&folder, "a", &found[0].name).expect("resumed");
        assert_eq!((again.knows(&two), again.knows(&one), again.state.dealt_with), (true, false, 2));
        again.batch([two, three]).expect("written");
        assert_eq!((again.state.dealt_with, &again.state.position), (3, &Position::End));
        assert!(Journal::resume(&folder, "b", &again.state.name).is_err(), "it belongs to another deployment");
        again.finish().expect("removed");
        assert_eq!(unfinished(&folder, "a").expect("none left"), []);
    }
}
