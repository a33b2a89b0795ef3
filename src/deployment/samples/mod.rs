//! Writes sample events: into a database, through the pipeline's HTTP API where DynamoDB is behind it, or into the
//! outbox table alone where the sample was left out.

mod api;
mod ordered;
mod outbox;
mod script;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::api::SampleApi;
use self::ordered::Ordered;
use self::outbox::SampleOutbox;
pub use self::script::{Call, call};
use super::Deployment;
use super::database::Database;
use crate::error::Result;
use crate::postgres::admin::{Inserted, SampleRequest};

/// Where sample events are written.
pub enum Writer {
    Database(Database),
    Api(Box<Ordered<SampleApi>>),
    Outbox(Box<Ordered<SampleOutbox>>),
}

impl Writer {
    /// For a pipeline on DynamoDB: through the API of its sample, or without it into the outbox table.
    ///
    /// # Errors
    /// `NotDeployed`.
    pub(super) fn dynamodb(deployment: &Deployment) -> Result<Self> {
        Ok(match deployment.has_sample() {
            true => Self::Api(Box::new(Ordered::new(SampleApi::open(deployment)?))),
            false => Self::Outbox(Box::new(Ordered::new(SampleOutbox::open(deployment)?))),
        })
    }

    /// Writes the events of the request, and reports events to `on_progress` as they are committed. With `rollback`, checks that
    /// nothing is kept. Once cancelled, starts no more writes, waits for those under way, and returns the events that
    /// were written.
    ///
    /// # Errors
    /// What the database, the API or the table says.
    pub async fn insert(
        &mut self,
        request: &SampleRequest,
        cancel: &CancellationToken,
        on_progress: impl FnMut(&[Inserted]) + Send,
    ) -> Result<Vec<Inserted>> {
        match self {
            Self::Database(database) => database.insert_samples(request, cancel, on_progress).await,
            Self::Api(api) => api.insert(request, cancel, on_progress).await,
            Self::Outbox(outbox) => outbox.insert(request, cancel, on_progress).await,
        }
    }
}

/// How long a writer may take to end after a signal, before it is dropped with writes under way.
const STOPPING: Duration = Duration::from_secs(10);

/// Resolves when a writer should have ended: some seconds after the cancellation.
pub async fn overdue(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(STOPPING).await;
}
