//! Runs administrative requests: from this process, against a reachable database, or in the pipeline's in-VPC admin
//! function.

mod function;
mod route;
mod samples;

pub use route::{Address, not_through_the_function};

use chrono::{DateTime, Utc};
use clap::ValueEnum;

use self::route::{is_public, target};
use super::Deployment;
use crate::aws::Clients;
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;
use crate::pipelines::Output;
use crate::postgres::admin::{
    self, AdminRequest, AdminResponse, AppendedPage, AppendedRequest, Behind, CommittedRequest, CommittedRow,
    FailureRow, FailuresRequest, InitReport, Last, Missing, Overview, OverviewRequest, ProcessedPage, ProcessedRequest,
    PurgeRequest, Purgeable, Readiness, SlotRequest, StatusReport, UpgradeState, Writers,
};
use crate::postgres::{Target, connect, refuse_pgpool};
use crate::streams::{outbox, processed};

/// Route to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// Through the admin function, unless the database is public
    Auto,
    /// From this machine, with verified TLS
    Direct,
    /// Through the admin function, inside the pipeline's network
    Function,
}

/// Runs a request, and returns the named part of its response.
macro_rules! ask {
    ($database:ident, $request:expr, $response:pat => $part:expr) => {
        match $database.execute($request).await? {
            $response => Ok($part),
            other => Err(unexpected(&other)),
        }
    };
}

impl processed::Log for Database {
    async fn page(&mut self, request: &ProcessedRequest) -> Result<ProcessedPage> {
        self.processed(request).await
    }
}

impl outbox::Table for Database {
    async fn appended(&mut self, request: &AppendedRequest) -> Result<AppendedPage> {
        ask!(self, AdminRequest::Appended(request.clone()), AdminResponse::Appended(page) => page)
    }
}

/// An opened database with an outbox table.
pub struct Database {
    layout: Box<Layout>,
    route: Route,
}

/// An opened route to the database.
enum Route {
    Direct { client: Box<tokio_postgres::Client>, writers: Box<Writers> },
    Function { clients: Box<Clients>, name: String },
}

impl Database {
    /// Opens the route that the deployment names.
    ///
    /// # Errors
    /// `NotDeployed`, `LocalDown` if the certificate authorities are not known, and those of connecting.
    pub(super) async fn open(deployment: &Deployment) -> Result<Self> {
        let clients = &deployment.clients;
        if let Some(target) = deployment.elsewhere().await? {
            if deployment.via == Via::Function {
                return Err(not_through_the_function(&target));
            }
            return Self::connect(target, deployment.layout.clone()).await;
        }
        let direct = match deployment.via {
            Via::Direct => true,
            Via::Function => false,
            Via::Auto => is_public(deployment).await?,
        };
        if direct {
            let target = target(deployment).await?;
            if deployment.is_existing(Output::DatabaseEndpoint) {
                return Self::connect(target, deployment.layout.clone()).await;
            }
            let client = Box::new(connect(&target).await?);
            return Ok(Self::direct(client, target, deployment.layout.clone()));
        }
        let name = deployment.output(Output::AdminFunction)?.to_owned();
        let route = Route::Function { clients: Box::new(clients.clone()), name };
        Ok(Self { layout: Box::new(deployment.layout.clone()), route })
    }

    /// Connects to a database that outboxctl did not create.
    ///
    /// # Errors
    /// Those of connecting; `Failed` for a connection pooler.
    pub async fn connect(target: Target, layout: Layout) -> Result<Self> {
        let client = connect(&target).await.map_err(|error| match error.kind() {
            Kind::DatabaseUnreachable => {
                error.standing_hint("check its host and port, and the route from this machine")
            }
            _ => error,
        });
        let client = Box::new(client?);
        refuse_pgpool(&client, &target).await?;
        Ok(Self::direct(client, target, layout))
    }

    fn direct(client: Box<tokio_postgres::Client>, target: Target, layout: Layout) -> Self {
        let route = Route::Direct { client, writers: Box::new(Writers::new(target)) };
        Self { layout: Box::new(layout), route }
    }

    /// Returns the outbox table that requests are about.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Runs one request.
    pub async fn execute(&mut self, request: AdminRequest) -> Result<AdminResponse> {
        let request = request.on(&self.layout);
        match &mut self.route {
            Route::Direct { client, writers } => admin::execute_with(writers, client, request).await,
            Route::Function { clients, name } => function::invoke(clients, name, &request).await,
        }
    }

    /// Brings schema, roles and publication up to date; with `sample`, also the sample's tables.
    pub async fn init(&mut self, dry_run: bool, sample: bool) -> Result<InitReport> {
        ask!(self, AdminRequest::Init { dry_run, sample }, AdminResponse::Init(report) => report)
    }

    /// Returns the missing objects of the database; with `sample`, also those of the sample. Changes nothing.
    pub async fn check(&mut self, sample: bool) -> Result<Vec<Missing>> {
        ask!(self, AdminRequest::Check { sample }, AdminResponse::Check { missing } => missing)
    }

    pub async fn status(&mut self) -> Result<StatusReport> {
        ask!(self, AdminRequest::Status, AdminResponse::Status(report) => report)
    }

    /// Returns the prerequisites of a capture.
    pub async fn readiness(&mut self) -> Result<Readiness> {
        ask!(self, AdminRequest::Readiness, AdminResponse::Readiness(found) => found)
    }

    /// Returns the data of the page.
    pub async fn overview(&mut self, request: OverviewRequest) -> Result<Overview> {
        ask!(self, AdminRequest::Overview(request), AdminResponse::Overview(overview) => overview)
    }

    /// Returns rows of the processed log.
    pub async fn processed(&mut self, request: &ProcessedRequest) -> Result<ProcessedPage> {
        ask!(self, AdminRequest::Processed(request.clone()), AdminResponse::Processed(page) => page)
    }

    /// Returns rows of the outbox in the order of its aggregates; none at the end.
    pub async fn committed(&mut self, request: CommittedRequest) -> Result<Vec<CommittedRow>> {
        ask!(self, AdminRequest::Committed(request), AdminResponse::Committed { rows } => rows)
    }

    /// Deletes one batch; returns the number of rows.
    pub async fn purge(&mut self, request: PurgeRequest) -> Result<u64> {
        self.change(AdminRequest::Purge(request)).await
    }

    /// Counts the rows to purge that these consumer groups have processed; all groups if empty.
    pub async fn purgeable(&mut self, before: DateTime<Utc>, groups: &[String]) -> Result<Purgeable> {
        ask!(self, AdminRequest::Purgeable { before, groups: groups.to_vec() }, AdminResponse::Purgeable(found) => found)
    }

    /// Returns rows of `outbox_failures`.
    pub async fn failures(&mut self, request: FailuresRequest) -> Result<Vec<FailureRow>> {
        ask!(self, AdminRequest::Failures(request), AdminResponse::Failures { rows } => rows)
    }

    /// Removes the failure marks of events, so that consumers accept them again.
    pub async fn unmark_failures(&mut self, ids: Vec<i64>) -> Result<()> {
        self.change(AdminRequest::UnmarkFailures { ids }).await.map(drop)
    }

    pub async fn delete_failures(&mut self, ids: Vec<i64>) -> Result<()> {
        self.change(AdminRequest::DeleteFailures { ids }).await.map(drop)
    }

    /// Creates a replication slot, unless it exists. Returns the position from which it has every change; None while
    /// the creation waits for open transactions.
    pub async fn create_slot(&mut self, request: SlotRequest) -> Result<Option<String>> {
        ask!(self, AdminRequest::CreateSlot(request), AdminResponse::Slot { position } => position)
    }

    /// Drops a replication slot; returns false if it does not exist.
    ///
    /// # Errors
    /// `SlotTaken` if it has a reader.
    pub async fn drop_slot(&mut self, name: String) -> Result<bool> {
        self.change(AdminRequest::DropSlot { name }).await.map(|dropped| dropped > 0)
    }

    /// Returns the prerequisites of a major upgrade of the server.
    pub async fn upgrade_state(&mut self) -> Result<UpgradeState> {
        ask!(self, AdminRequest::UpgradeState, AdminResponse::UpgradeState(state) => state)
    }

    /// Returns the aggregates among them that have delivered events which the outbox does not have.
    /// With `known`, only aggregates that the outbox knows.
    pub async fn behind(&mut self, delivered: Vec<Last>, known: bool) -> Result<Vec<Behind>> {
        ask!(self, AdminRequest::Behind { delivered, known }, AdminResponse::Behind { found } => found)
    }

    /// Makes aggregates continue after their delivered sequences; returns the number of rows that got another sequence.
    pub async fn advance(&mut self, aggregates: Vec<Behind>) -> Result<u64> {
        self.change(AdminRequest::Advance { aggregates }).await
    }

    /// Refreshes the statistics of all tables of the database; returns their number. `on_progress` receives the number
    /// after each request.
    pub async fn analyze(&mut self, mut on_progress: impl FnMut(u64)) -> Result<u64> {
        let (mut all, mut after) = (0, 0);
        loop {
            match self.execute(AdminRequest::Analyze { after }).await? {
                AdminResponse::Analyzed { tables, next } => {
                    all += tables;
                    on_progress(all);
                    match next {
                        Some(next) => after = next,
                        None => return Ok(all),
                    }
                }
                other => return Err(unexpected(&other)),
            }
        }
    }

    /// Runs a request; returns the number of changed rows.
    async fn change(&mut self, request: AdminRequest) -> Result<u64> {
        ask!(self, request, AdminResponse::Changed { rows } => rows)
    }
}

fn unexpected(response: &AdminResponse) -> Error {
    Error::new(Kind::Unexpected, format!("unexpected response of the admin function: {response:?}"))
        .hint("deploy again, so that the function has this version")
}
