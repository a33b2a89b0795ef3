//! One endpoint for every AWS service: our own services and resource types first, the emulator for the rest.
//!
//! `api.rs` and `service.rs` are the interface for services; `server.rs` takes requests, whose bodies `content.rs` reads;
//! `access.rs` and `signature.rs` refuse those of web pages and those without the stack's key or a session of a role
//! (`sessions.rs`; `refusal.rs` has the codes, `protocol.rs` the forms of errors); `identify.rs` finds service and
//! operation; `emulator.rs` passes requests on; `resources.rs` serves CloudFormation; `faults.rs` makes requests fail on
//! purpose; `records.rs` records requests for tests. Imports the same rooms as [`super`].

mod access;
mod api;
mod content;
mod emulator;
mod encoding;
mod faults;
mod identify;
mod protocol;
mod records;
mod refusal;
mod resources;
mod server;
mod service;
mod sessions;
mod signature;

pub use access::KEY_HEADER;
pub use api::{ApiRequest, ApiResponse};
pub use emulator::{Emulator, MAPPING_HEADER, SERVICE_HEADER, UNREACHABLE_HEADER, as_header};
pub use encoding::fields as query_fields;
pub use records::Records;
pub use server::serve;
pub use service::{Made, Resource, ResourceProvider, ResourceRequest, Service};
pub use sessions::Right;

use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use sessions::Sessions;

use super::home::Home;
use super::state::Postgres;
use crate::aws::{AccessKey, Clients};

/// Shared state of the services behind the gateway.
pub struct Gateway {
    pub home: Home,
    pub postgres: Postgres,
    pub emulator: Emulator,
    parts: Parts,
    sessions: Sessions,
    /// See [`Gateway::clients_in`]. Their requests pass the gateway: faults apply to them, and our own services answer.
    clients: Clients,
    /// Cancelled when the stack stops, before the emulator and PostgreSQL end: background work then ends, its state on
    /// disk.
    pub cancel: CancellationToken,
    /// Counts writes to streams: readers that wait for records read at once, without polling all the time.
    pub stream_writes: watch::Sender<u64>,
    faults: faults::Faults,
    tasks: Mutex<JoinSet<()>>,
}

/// The parts that a gateway adds to the emulator, each in the order of priority.
pub struct Parts {
    /// Key that requests must be signed with.
    pub key: AccessKey,
    /// Set if requests are recorded.
    pub records: Option<Arc<Records>>,
    /// Services that answer some or all of an API's operations.
    pub services: Vec<Arc<dyn Service>>,
    /// CloudFormation resource types that the emulator lacks.
    pub providers: Vec<Arc<dyn ResourceProvider>>,
}

impl Gateway {
    /// Returns SDK clients that work in a region: regions are separate, as on AWS.
    pub fn clients_in(&self, region: &str) -> Clients {
        self.clients.in_region(region)
    }

    pub fn new(home: Home, postgres: Postgres, emulator: Emulator, clients: Clients, parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            home,
            postgres,
            emulator,
            parts,
            sessions: Sessions::default(),
            clients,
            cancel: CancellationToken::new(),
            stream_writes: watch::Sender::default(),
            faults: faults::Faults::default(),
            tasks: Mutex::new(JoinSet::new()),
        })
    }

    /// Runs work in the background; the stack waits for it when it stops, so it must watch [`Gateway::cancel`].
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock();
        // Ended tasks are removed, or the set would grow for as long as the stack runs.
        while let Some(ended) = tasks.try_join_next() {
            if let Err(panic) = ended {
                tracing::error!("background work failed: {panic}");
            }
        }
        tasks.spawn(work);
    }

    /// Waits until all background work has ended. For the daemon, after cancelling; may be called again after a
    /// timeout.
    pub async fn drain(&self) {
        let ended = |context: &mut std::task::Context<'_>| {
            let mut tasks = self.tasks.lock();
            loop {
                match tasks.poll_join_next(context) {
                    std::task::Poll::Ready(None) => return std::task::Poll::Ready(()),
                    std::task::Poll::Ready(Some(_)) => {}
                    std::task::Poll::Pending => return std::task::Poll::Pending,
                }
            }
        };
        std::future::poll_fn(ended).await;
    }

    /// Continues the work that was in progress when the stack stopped.
    ///
    /// # Errors
    /// The error of the first service that can't.
    pub async fn start(self: &Arc<Self>) -> crate::base::error::Result<()> {
        for service in &self.parts.services {
            service.start(self).await?;
        }
        Ok(())
    }

    fn provider(&self, resource_type: &str) -> Option<&Arc<dyn ResourceProvider>> {
        self.parts.providers.iter().find(|p| p.types().contains(&resource_type))
    }
}
