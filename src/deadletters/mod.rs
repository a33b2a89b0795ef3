//! What a pipeline could not deliver: looking at it, and sending it on its way again. Imports `aws`, `cloudformation`,
//! `database`, `dms`, `dynamodb`, `error`, `outbox`, `postgres`, `redelivery`.
//!
//! A [`Place`] is where a pipeline keeps its dead letters: the failure bucket, where the publisher puts what the bus
//! refuses and Lambda the batches that it gives up (`document.rs` reads both forms); or the table `outbox_failures`, where
//! the consumers of `rds-kinesis` put what their hook refuses. [`redrive()`] hands records to the pipeline's own
//! publisher, or puts them back into the stream, in the order of their aggregates (`plan.rs`, pure), and removes a letter
//! only once all of it was accepted there: a kill in between repeats what was in flight and loses nothing.

mod bucket;
mod document;
mod letter;
mod plan;
mod redrive;
mod table;
mod view;

use crate::aws::Clients;
use crate::cloudformation::Deployment;
use crate::database::{Database, Via};
use crate::error::{Error, Kind, Result};
use crate::postgres::tls::Roots;

pub use letter::{DeadLetter, Opened, Record, causes};
pub use plan::Selection;
pub use redrive::{Options, Report, Step, redrive};
pub use view::View;

/// Where a pipeline keeps what it could not deliver.
pub enum Place {
    Bucket { clients: Box<Clients>, bucket: String },
    Table(Database),
}

impl Place {
    /// The place of this deployment. `via` and `roots` are for a pipeline that keeps its dead letters in its database.
    ///
    /// # Errors
    /// `NotDeployed`, and what connecting can end in.
    pub async fn open(clients: &Clients, deployment: &Deployment, via: Via, roots: Roots) -> Result<Self> {
        if deployment.pipeline.stack("leases").is_some() {
            return Ok(Self::Table(Database::open(clients, deployment, via, roots).await?));
        }
        Ok(Self::bucket(clients, deployment.output("FailureBucket")?))
    }

    /// A failure bucket.
    pub fn bucket(clients: &Clients, bucket: &str) -> Self {
        Self::Bucket { clients: Box::new(clients.clone()), bucket: bucket.to_owned() }
    }

    /// For people.
    pub fn describe(&self) -> String {
        match self {
            Self::Bucket { bucket, .. } => format!("bucket {bucket}"),
            Self::Table(_) => "table outbox_failures".into(),
        }
    }

    /// Everything there is, the oldest first, without payloads.
    pub async fn list(&mut self) -> Result<Vec<DeadLetter>> {
        let mut letters = match self {
            Self::Bucket { clients, bucket } => bucket::list(clients, bucket, None).await?,
            Self::Table(database) => table::list(database).await?,
        };
        letters.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
        Ok(letters)
    }

    /// The newest `limit` of a bucket and how many there are in all; `known` keeps what was read before.
    pub async fn newest(&mut self, limit: usize, known: &mut Known) -> Result<(Vec<DeadLetter>, usize)> {
        match self {
            Self::Bucket { clients, bucket } => bucket::newest(clients, bucket, limit, known).await,
            Self::Table(database) => {
                let mut letters = table::list(database).await?;
                letters.sort_by(|a, b| (b.at, &b.key).cmp(&(a.at, &a.key)));
                let total = letters.len();
                letters.truncate(limit);
                Ok((letters, total))
            }
        }
    }

    /// The one of this name: the short id, the event's id, or the key.
    ///
    /// # Errors
    /// `Usage` where there is none, or more than one.
    pub async fn find(&mut self, name: &str) -> Result<DeadLetter> {
        let mut found = self.list().await?;
        found.retain(|letter| letter.is_called(name));
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(Error::new(Kind::Usage, format!("{} has no dead letter {name}", self.describe()))
                .hint("`outboxctl dlq list` shows them")),
            count => Err(Error::new(Kind::Usage, format!("{count} dead letters are called {name}"))
                .hint("take the id from `outboxctl dlq list`")),
        }
    }

    /// A letter with its payload.
    ///
    /// # Errors
    /// It can't be read; `Failed` where it is not there any more.
    pub async fn open_letter(&mut self, letter: &DeadLetter) -> Result<Opened> {
        match self {
            Self::Bucket { clients, bucket } => bucket::open(clients, bucket, letter).await,
            Self::Table(database) => table::open(database, letter).await,
        }
    }
}

/// What was read of a bucket before: an object by key, size and time of writing.
#[derive(Debug, Default)]
pub struct Known(std::collections::HashMap<(String, i64, i64), DeadLetter>);
