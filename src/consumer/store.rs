//! Storage of marks: the [`Store`] trait, and PostgreSQL behind it, with a connection that is replaced when it breaks.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use tokio::sync::Mutex;
use uuid::Uuid;

use crate::aws::{Clients, rds_token};
use crate::base::error::Result;
use crate::outbox::Layout;
use crate::postgres::tls::Roots;
use crate::postgres::{CONSUMER, Failure, Inbox, Mark, Secret, Target, connect};

/// Stores which events are processed. Marking is idempotent.
pub trait Store: Send + Sync {
    /// Returns which of these were marked before.
    fn known(&self, events: &[Uuid]) -> impl Future<Output = Result<HashSet<Uuid>>> + Send;
    /// Marks all events or none, in this order; returns those that were not marked before.
    fn mark(&self, marks: &[Mark]) -> impl Future<Output = Result<HashSet<Uuid>>> + Send;
    /// Stores a failed record with its payload.
    fn fail(&self, failure: &Failure) -> impl Future<Output = Result<()>> + Send;
}

/// The database, and how to sign in.
#[derive(Debug, Clone)]
pub enum Login {
    /// `outbox_consumer`, with an IAM token.
    Token { host: String, port: u16, database: String, roots: Roots },
    /// The user of a connection string or of a secret.
    Password(Box<Target>),
}

/// The database with the marks.
pub struct PostgresStore {
    clients: Clients,
    login: Login,
    stream: String,
    group: String,
    layout: Layout,
    inbox: Mutex<Option<Arc<Inbox>>>,
}

impl PostgresStore {
    /// Creates a store that marks the rows of `layout` for a consumer group.
    pub fn new(clients: Clients, login: Login, stream: &str, group: &str, layout: Layout) -> Self {
        let (stream, group) = (stream.to_owned(), group.to_owned());
        Self { clients, login, stream, group, layout, inbox: Mutex::new(None) }
    }

    /// Returns the connection, which sends statements in parallel. A new connection gets a new token; they last 15
    /// minutes.
    ///
    /// # Errors
    /// `Credentials`, and those of connecting.
    pub async fn inbox(&self) -> Result<Arc<Inbox>> {
        let mut kept = self.inbox.lock().await;
        if let Some(inbox) = kept.as_ref().filter(|inbox| !inbox.is_closed()) {
            return Ok(inbox.clone());
        }
        let target = match self.login.clone() {
            Login::Token { host, port, database, roots } => {
                let token = rds_token::sign(&self.clients, &host, port, CONSUMER).await?;
                Target { host, port, database, user: CONSUMER.to_owned(), password: Secret::new(token), roots }
            }
            Login::Password(target) => *target,
        };
        let inbox = Arc::new(Inbox::new(connect(&target).await?, &self.group, &self.layout));
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
