//! The stores of dead letters of a deployment, and the target of each.

use futures_util::future::{join_all, try_join_all};

use super::letter::{DeadLetter, Opened};
use super::plan::Selection;
use super::queue::Queue;
use super::{bucket, table};
use crate::aws::{Clients, buckets};
use crate::base::error::{Error, Kind, Result};
use crate::deployment::Deployment;
use crate::deployment::database::Database;
use crate::outbox::Layout;
use crate::pipelines::{self, FailureStore};
use crate::repair::delivery::Destination;

/// A store of dead letters.
pub struct Place {
    /// Its name in the pipeline's route.
    pub name: &'static str,
    /// The target that its letters were meant for.
    pub destination: Destination,
    store: Store,
    layout: Layout,
}

enum Store {
    Bucket { clients: Box<Clients>, bucket: String },
    Table(Box<Database>),
    Queue(Box<Queue>),
}

impl Place {
    /// Opens the place for records that the pipeline itself could not deliver.
    ///
    /// # Errors
    /// `NotDeployed`, and those of connecting.
    pub async fn of_pipeline(deployment: &Deployment) -> Result<Self> {
        Self::open(deployment, &deployment.pipeline.route.failures[0]).await
    }

    /// Returns the place of a bucket, for tests.
    #[cfg(test)]
    pub(super) fn of_bucket(clients: &Clients, bucket: &str) -> Self {
        let destination = Destination::Log { clients: clients.clone(), group: "group".into() };
        let store = Store::Bucket { clients: Box::new(clients.clone()), bucket: bucket.to_owned() };
        Self { name: "bucket", destination, store, layout: Layout::default() }
    }

    async fn open(deployment: &Deployment, place: &FailureStore) -> Result<Self> {
        let clients = &deployment.clients;
        let destination = Destination::to(deployment, place.target)?;
        let store = match place.store {
            pipelines::Store::Bucket(output) => {
                Store::Bucket { clients: Box::new(clients.clone()), bucket: deployment.output(output)?.to_owned() }
            }
            pipelines::Store::Table => Store::Table(Box::new(deployment.database().await?)),
            pipelines::Store::Queue(output) => {
                Store::Queue(Box::new(Queue::new(clients, place.name, deployment.output(output)?)?))
            }
        };
        Ok(Self { name: place.name, destination, store, layout: deployment.layout.clone() })
    }

    /// Returns a description for messages.
    pub fn describe(&self) -> String {
        match &self.store {
            Store::Bucket { bucket, .. } => format!("bucket {bucket}"),
            Store::Table(_) => "table outbox_failures".into(),
            Store::Queue(queue) => format!("queue {}", queue.name()),
        }
    }

    /// Returns the approximate number of letters that the last list or redrive could not read; see [`Places::unread`].
    pub(super) fn unread(&self) -> u64 {
        if let Store::Queue(queue) = &self.store { queue.unread } else { 0 }
    }

    /// Returns the letters, the oldest first, without payloads: all of them unless [`Self::unread`] counts more.
    pub async fn list(&mut self) -> Result<Vec<DeadLetter>> {
        let letters = match &mut self.store {
            Store::Bucket { clients, bucket } => bucket::list(clients, bucket, None, &self.layout).await?,
            Store::Table(database) => table::list(database, &self.layout).await?,
            Store::Queue(queue) => queue.list().await?,
        };
        Ok(sorted(letters))
    }

    /// Returns the `wanted` letters for a process that will remove them: if the store supports it, other processes
    /// can't receive them in the meantime. [`Place::release`] must follow.
    pub(super) async fn hold(&mut self, wanted: impl Fn(&DeadLetter) -> bool) -> Result<Vec<DeadLetter>> {
        if let Store::Queue(queue) = &mut self.store {
            return Ok(sorted(queue.hold(wanted).await?));
        }
        let mut letters = self.list().await?;
        letters.retain(wanted);
        Ok(letters)
    }

    /// Releases the letters that are still held.
    pub(super) async fn release(&mut self) {
        if let Store::Queue(queue) = &mut self.store {
            queue.release(|_| true).await;
        }
    }

    /// Reads a letter with its payload.
    ///
    /// # Errors
    /// `Failed` if it no longer exists; those of the store.
    pub async fn open_letter(&mut self, letter: &DeadLetter) -> Result<Opened> {
        match &mut self.store {
            Store::Bucket { clients, bucket } => bucket::open(clients, bucket, letter, &self.layout).await,
            Store::Table(database) => table::open(database, letter, &self.layout).await,
            Store::Queue(queue) => queue.open(letter),
        }
    }

    /// Prepares letters for sending. A consumer skips an event that it marked as failed, so that mark is removed before
    /// the record is sent. The letter stays until the stream has accepted the record.
    pub(super) async fn prepare(&mut self, letters: &[&DeadLetter]) -> Result<()> {
        let Store::Table(database) = &mut self.store else { return Ok(()) };
        let rows: Result<Vec<i64>> = letters.iter().map(|letter| table::row(letter)).collect();
        database.unmark_failures(rows?).await
    }

    pub(super) async fn remove(&mut self, letter: &DeadLetter) -> Result<()> {
        match &mut self.store {
            Store::Bucket { clients, bucket } => buckets::delete(clients, bucket, &letter.key).await,
            Store::Table(database) => database.delete_failures(vec![table::row(letter)?]).await,
            Store::Queue(queue) => queue.delete(letter).await,
        }
    }
}

fn sorted(mut letters: Vec<DeadLetter>) -> Vec<DeadLetter> {
    letters.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
    letters
}

/// All places of a deployment, or one of them.
pub struct Places(pub Vec<Place>);

impl Places {
    /// Opens the places of this deployment, or only the one with this name.
    ///
    /// # Errors
    /// `Usage` if the name is unknown; those of [`Place::of_pipeline`].
    pub async fn open(deployment: &Deployment, only: Option<&str>) -> Result<Self> {
        let mut places = Vec::new();
        for place in deployment.pipeline.route.failures {
            // A deployment by an older version may lack a queue, and a pipeline that other tools made has stores of its
            // own; the other places can still be read.
            let store = match place.store {
                pipelines::Store::Queue(output) | pipelines::Store::Bucket(output) => Some(output),
                pipelines::Store::Table => None,
            };
            let optional = matches!(place.store, pipelines::Store::Queue(_)) || !deployment.exists();
            let mut outputs = store.into_iter().chain([place.target.output()]);
            if optional && outputs.any(|output| deployment.output(output).is_err()) {
                continue;
            }
            places.push(Place::open(deployment, place).await?);
        }
        if let Some(only) = only {
            let names: Vec<&str> = places.iter().map(|place| place.name).collect();
            if !names.contains(&only) {
                let error =
                    Error::new(Kind::Usage, format!("{} has no dead-letter store {only:?}", deployment.pipeline.name));
                return Err(error.hint(format!("places: {}", names.join(", "))));
            }
            places.retain(|place| place.name == only);
        }
        Ok(Self(places))
    }

    /// Returns a description for messages.
    pub fn describe(&self) -> String {
        self.0.iter().map(Place::describe).collect::<Vec<_>>().join(", ")
    }

    /// Returns the letters, the oldest first, without payloads: all of them unless [`Self::unread`] counts more.
    pub async fn list(&mut self) -> Result<Vec<DeadLetter>> {
        let lists = try_join_all(self.0.iter_mut().map(Place::list)).await?;
        Ok(sorted(lists.into_iter().flatten().collect()))
    }

    /// Returns the number of queue messages that other processes had received when the queues were listed; no list
    /// contains them.
    pub fn elsewhere(&self) -> u64 {
        let of = |place: &Place| if let Store::Queue(queue) = &place.store { queue.elsewhere } else { 0 };
        self.0.iter().map(of).sum()
    }

    /// Returns the approximate number of queue messages that could not be read with the others, because a queue has more
    /// than can be held at once; no list contains them.
    pub fn unread(&self) -> u64 {
        self.0.iter().map(Place::unread).sum()
    }

    /// Finds a letter by its short id, event id or key, and reads its payload.
    ///
    /// # Errors
    /// `Usage` if there is none, or more than one; those of [`Place::open_letter`].
    pub async fn find(&mut self, name: &str) -> Result<Opened> {
        let mut found = self.list().await?;
        let mut selection = Selection { ids: vec![name.to_owned()], ..Selection::default() };
        selection.complete(&found)?;
        found.retain(|letter| selection.takes(letter));
        let letter = match found.len() {
            1 => found.remove(0),
            0 => {
                return Err(Error::new(Kind::Usage, format!("dead letter {name} not found in {}", self.describe()))
                    .hint("`outboxctl dlq list` shows them"));
            }
            count => {
                return Err(Error::new(Kind::Usage, format!("{name} matches {count} dead letters"))
                    .hint("use the id from `outboxctl dlq list`"));
            }
        };
        let mut places = self.0.iter_mut();
        let place = places.find(|place| place.name == letter.place);
        place
            .ok_or_else(|| Error::new(Kind::Unexpected, "the dead-letter store of a listed letter is missing"))?
            .open_letter(&letter)
            .await
    }
}

/// Returns the approximate number of letters in a deployment's queues, without receiving any.
///
/// # Errors
/// Those of SQS.
pub async fn in_queues(deployment: &Deployment) -> Result<u64> {
    let stores = deployment.pipeline.route.failures.iter();
    let urls = stores.filter_map(|place| match place.store {
        pipelines::Store::Queue(output) => deployment.output(output).ok(),
        _ => None,
    });
    join_all(urls.map(|url| Queue::count(&deployment.clients, url))).await.into_iter().sum()
}
