//! Where effects are marked: the [`Store`] trait, and PostgreSQL behind it with a connection that is made anew when it
//! broke.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use tokio::sync::Mutex;
use uuid::Uuid;

use crate::aws::{Clients, rds_token};
use crate::error::Result;
use crate::postgres::tls::Roots;
use crate::postgres::{CONSUMER, Failure, Inbox, Mark, Secret, Target, connect};

/// Remembers what took effect. Marking twice counts once.
pub trait Store: Send + Sync {
    /// Which of these were marked before.
    fn known(&self, events: &[Uuid]) -> impl Future<Output = Result<HashSet<Uuid>>> + Send;
    /// Marks in this order, all or none; returns those that were not marked before.
    fn mark(&self, marks: &[Mark]) -> impl Future<Output = Result<HashSet<Uuid>>> + Send;
    /// Keeps a record that is given up, with its payload.
    fn fail(&self, failure: &Failure) -> impl Future<Output = Result<()>> + Send;
}

/// Where the database is, and that `outbox_consumer` signs in with an IAM token.
#[derive(Debug, Clone)]
pub struct Login {
    pub host: String,
    pub port: u16,
    pub database: String,
    pub roots: Roots,
}

/// The pipeline's database, as `outbox_consumer`.
pub struct PostgresStore {
    clients: Clients,
    login: Login,
    stream: String,
    group: String,
    inbox: Mutex<Option<Arc<Inbox>>>,
}

impl PostgresStore {
    pub fn new(clients: Clients, login: Login, stream: impl Into<String>, group: impl Into<String>) -> Self {
        Self { clients, login, stream: stream.into(), group: group.into(), inbox: Mutex::new(None) }
    }

    /// The connection: its statements go out side by side. A new one gets a new token; they last 15 minutes.
    ///
    /// # Errors
    /// `Credentials`, and what connecting can end in.
    pub async fn inbox(&self) -> Result<Arc<Inbox>> {
        let mut kept = self.inbox.lock().await;
        if let Some(inbox) = kept.as_ref().filter(|inbox| !inbox.is_closed()) {
            return Ok(inbox.clone());
        }
        let Login { host, port, database, roots } = self.login.clone();
        let token = rds_token::sign(&self.clients, &host, port, CONSUMER).await?;
        let target = Target { host, port, database, user: CONSUMER.to_owned(), password: Secret::new(token), roots };
        let inbox = Arc::new(Inbox::new(connect(&target).await?, &self.group));
        inbox.check().await?;
        *kept = Some(inbox.clone());
        Ok(inbox)
    }
}

impl Store for PostgresStore {
    async fn known(&self, events: &[Uuid]) -> Result<HashSet<Uuid>> {
        self.inbox().await?.known(events).await
    }

    async fn mark(&self, marks: &[Mark]) -> Result<HashSet<Uuid>> {
        self.inbox().await?.mark(marks).await
    }

    async fn fail(&self, failure: &Failure) -> Result<()> {
        self.inbox().await?.fail(&self.stream, failure).await
    }
}
