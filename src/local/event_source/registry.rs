//! The mappings and their checkpoints, in memory and on disk.
//!
//! Each mapping is one file with its configuration and checkpoints, always replaced as a whole. A checkpoint is written
//! after the records before it were processed, so that a kill repeats at most the batch in flight and loses nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::mapping::{Mapping, StartingPosition, State};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::local::home::{Home, write_atomically};
use crate::local::state::region_of;
use crate::streams::shards::Cursor;

/// Checkpoint of a shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checkpoint {
    After(String),
    /// Closed, and read to its end: its children may be read.
    Done,
}

#[derive(Debug, Serialize, Deserialize)]
struct Document {
    mapping: Mapping,
    checkpoints: BTreeMap<String, Checkpoint>,
}

/// A mapping with its checkpoints and its poller.
pub struct Tracked {
    document: Mutex<Document>,
    file: PathBuf,
    saving: tokio::sync::Mutex<()>,
    stop: Mutex<CancellationToken>,
    /// Held by the poller while it runs: holding it proves that no poller runs.
    pub turn: tokio::sync::Mutex<()>,
}

impl Tracked {
    fn new(file: PathBuf, document: Document) -> Self {
        Self {
            document: Mutex::new(document),
            file,
            saving: tokio::sync::Mutex::new(()),
            stop: Mutex::new(CancellationToken::new()),
            turn: tokio::sync::Mutex::new(()),
        }
    }

    pub fn mapping(&self) -> Mapping {
        self.document.lock().mapping.clone()
    }

    /// Returns the region of the mapping, its stream and its function.
    pub fn region(&self) -> String {
        region_of(&self.document.lock().mapping.event_source_arn).to_owned()
    }

    pub fn change(&self, change: impl FnOnce(&mut Mapping)) {
        change(&mut self.document.lock().mapping);
    }

    /// Changes the mapping at a client's request: cancels the running poller first, which then changes its state no more.
    /// Start it again afterwards.
    pub fn restate(&self, change: impl FnOnce(&mut Mapping)) {
        self.stop.lock().cancel();
        self.change(change);
    }

    /// Records in the mapping that the role lacks a right to read the source, if that was the reason of a failed read.
    pub fn unreadable(&self, error: &Error) {
        if error.kind() == Kind::AccessDenied {
            self.change(|mapping| {
                mapping.last_processing_result =
                    format!("PROBLEM: Cannot access stream {}. {error}", mapping.event_source_arn);
            });
        }
    }

    /// Cancels the running poller, if any; it finishes its work in flight. Returns the token for the next one.
    pub fn stop(&self, stack: &CancellationToken) -> CancellationToken {
        let next = stack.child_token();
        std::mem::replace(&mut *self.stop.lock(), next.clone()).cancel();
        next
    }

    pub fn checkpoint(&self, shard: &str) -> Option<Checkpoint> {
        self.document.lock().checkpoints.get(shard).cloned()
    }

    /// Returns the position at which to read a shard; `None` once it is read to its end.
    pub fn position(&self, shard: &str) -> Option<Cursor> {
        let mapping = self.mapping();
        match self.checkpoint(shard) {
            Some(Checkpoint::Done) => None,
            Some(Checkpoint::After(sequence)) => Some(Cursor::After(sequence)),
            None => Some(match mapping.settings.starting_position {
                StartingPosition::TrimHorizon => Cursor::Oldest,
                // A time works for every shard and across restarts, where "now" would skip the records in between.
                StartingPosition::Latest => Cursor::At(mapping.created_at),
                StartingPosition::AtTimestamp => {
                    let seconds = mapping.settings.starting_position_timestamp.unwrap_or_default();
                    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since the epoch")]
                    let time = chrono::DateTime::from_timestamp_millis((seconds * 1000.0) as i64);
                    Cursor::At(time.unwrap_or_default())
                }
            }),
        }
    }

    /// # Errors
    /// `Io` if it can't be written to disk.
    pub async fn reached(&self, shard: &str, checkpoint: Checkpoint) -> Result<()> {
        self.document.lock().checkpoints.insert(shard.to_owned(), checkpoint);
        self.save().await
    }

    /// # Errors
    /// `Io` if it can't be written to disk.
    pub async fn save(&self) -> Result<()> {
        // One at a time, or an older state could replace a newer one.
        let _saving = self.saving.lock().await;
        let text = serde_json::to_vec(&*self.document.lock())
            .or_fail(Kind::Unexpected, || "an event source mapping can't be written".into())?;
        let file = self.file.clone();
        tokio::task::spawn_blocking(move || write_atomically(&file, &text))
            .await
            .or_fail(Kind::Unexpected, || "saving a checkpoint failed".into())?
    }
}

/// All mappings, by id.
#[derive(Default)]
pub struct Registry {
    mappings: Mutex<BTreeMap<String, Arc<Tracked>>>,
    folder: OnceLock<PathBuf>,
}

impl Registry {
    /// Reads the mappings of an earlier run; mappings that were being deleted are removed.
    ///
    /// # Errors
    /// `LocalSetup` if the folder or a file in it can't be read.
    pub fn load(&self, home: &Home) -> Result<Vec<Arc<Tracked>>> {
        let folder = self.folder.get_or_init(|| home.file("event-sources")).clone();
        let failed = || format!("{} can't be read", folder.display());
        std::fs::create_dir_all(&folder).or_fail(Kind::LocalSetup, failed)?;
        for entry in std::fs::read_dir(&folder).or_fail(Kind::LocalSetup, failed)? {
            let file = entry.or_fail(Kind::LocalSetup, failed)?.path();
            if file.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let text = std::fs::read(&file).or_fail(Kind::LocalSetup, failed)?;
            let document: Document = serde_json::from_slice(&text)
                .or_fail(Kind::LocalSetup, || format!("{} is damaged", file.display()))
                .map_err(|e| e.hint("delete the file and run `outboxctl deploy --local` again"))?;
            if document.mapping.state == State::Deleting {
                std::fs::remove_file(&file).or_fail(Kind::LocalSetup, failed)?;
                continue;
            }
            self.mappings.lock().insert(document.mapping.id.clone(), Arc::new(Tracked::new(file, document)));
        }
        Ok(self.all())
    }

    pub fn all(&self) -> Vec<Arc<Tracked>> {
        self.mappings.lock().values().cloned().collect()
    }

    pub fn get(&self, id: &str) -> Option<Arc<Tracked>> {
        self.mappings.lock().get(id).cloned()
    }

    /// # Errors
    /// `Io` if it can't be written to disk.
    pub async fn add(&self, mapping: Mapping, checkpoints: BTreeMap<String, Checkpoint>) -> Result<Arc<Tracked>> {
        let folder = self.folder.get().cloned().unwrap_or_default();
        let file = folder.join(format!("{}.json", mapping.id));
        let id = mapping.id.clone();
        let tracked = Arc::new(Tracked::new(file, Document { mapping, checkpoints }));
        tracked.save().await?;
        self.mappings.lock().insert(id, tracked.clone());
        Ok(tracked)
    }

    /// Removes a mapping that no poller uses any more.
    pub fn remove(&self, tracked: &Tracked) {
        self.mappings.lock().remove(&tracked.mapping().id);
        if let Err(error) = std::fs::remove_file(&tracked.file) {
            tracing::warn!(%error, "{} can't be removed", tracked.file.display());
        }
    }
}
