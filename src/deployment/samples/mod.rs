//! Writes sample events: into a database, through the pipeline's HTTP API on DynamoDB, or into the outbox table if the
//! sample was excluded.

mod api;
mod ordered;
mod outbox;
mod script;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use self::api::SampleApi;
use self::ordered::Ordered;
use self::outbox::SampleOutbox;
pub use self::script::call;
use super::database::Database;
use crate::aws::Clients;
use crate::aws::api_gateway::Api;
use crate::base::error::Result;
use crate::pipelines::Sample;
pub use crate::postgres::admin::{Domain, Inserted, SampleRequest};

/// Target of sample events.
pub enum Writer {
    Database(Database),
    Api(Box<Ordered<SampleApi>>),
    Outbox(Box<Ordered<SampleOutbox>>),
}

impl Writer {
    /// Writes through the API of a sample.
    ///
    /// # Errors
    /// `Unexpected` if the address is not a URL.
    pub(super) fn api(clients: &Clients, url: &str, sample: Sample) -> Result<Self> {
        Ok(Self::Api(Box::new(Ordered::new(SampleApi { api: Api::new(clients, url)?, sample }))))
    }

    /// Writes into an outbox table in DynamoDB.
    pub(super) fn outbox(clients: &Clients, table: &str) -> Self {
        Self::Outbox(Box::new(Ordered::new(SampleOutbox::new(clients, table))))
    }

    /// Writes the events of the request, and reports events to `on_progress` as they are committed. With `rollback`, checks that
    /// nothing is kept. Once cancelled, starts no more writes, waits for those under way, and returns the events that
    /// were written.
    ///
    /// # Errors
    /// Those of the database, the API or the table.
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

/// Maximum time of a writer to end after a signal, before it is dropped with writes in progress.
const STOPPING: Duration = Duration::from_secs(10);

/// Resolves when a writer should have ended: some seconds after the cancellation.
pub async fn overdue(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(STOPPING).await;
}
