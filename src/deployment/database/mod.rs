//! Runs administrative requests: here, against a database that can be reached, or in the pipeline's in-VPC admin
//! function.

mod function;

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use tokio_util::sync::CancellationToken;

use super::Deployment;
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, OrFail, Result};
use crate::pipelines::Output;
use crate::postgres::admin::{
    self, AdminRequest, AdminResponse, CommittedRequest, CommittedRow, FailureRow, FailuresRequest, InitReport,
    Inserted, Overview, OverviewRequest, ProcessedPage, ProcessedRequest, PurgeRequest, Purgeable, SampleRequest,
    StatusReport,
};
use crate::postgres::{MAX_CHUNK, Target, connect};
use crate::streams::processed;
use crate::timing::RateLimit;

/// Sample events of one call where nothing limits the rate.
const CHUNK: u32 = 250;

/// The way to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// Through the admin function, unless the database is public
    Auto,
    /// From this machine, with verified TLS
    Direct,
    /// Through the admin function, inside the pipeline's network
    Function,
}

impl processed::Log for Database {
    async fn page(&mut self, request: &ProcessedRequest) -> Result<ProcessedPage> {
        self.processed(request).await
    }
}

/// A way to the database that was chosen and opened.
pub enum Database {
    Direct(Box<tokio_postgres::Client>),
    Function { clients: Box<Clients>, name: String },
}

impl Database {
    /// Opens the way that the deployment names.
    ///
    /// # Errors
    /// `NotDeployed`, `LocalDown` where the certificate authorities are not known, and those of connecting.
    pub(super) async fn open(deployment: &Deployment) -> Result<Self> {
        let clients = &deployment.clients;
        let direct = match deployment.via {
            Via::Direct => true,
            Via::Function => false,
            Via::Auto => is_public(deployment).await?,
        };
        if direct {
            let target = target(deployment).await?;
            return Ok(Self::Direct(Box::new(connect(&target).await?)));
        }
        Ok(Self::Function {
            clients: Box::new(clients.clone()),
            name: deployment.output(Output::AdminFunction)?.to_owned(),
        })
    }

    /// Runs one request.
    pub async fn execute(&mut self, request: AdminRequest) -> Result<AdminResponse> {
        match self {
            Self::Direct(client) => admin::execute(client, request).await,
            Self::Function { clients, name } => function::invoke(clients, name, &request).await,
        }
    }

    /// Brings schema, roles and publication up to date; `sample` is whether the sample's tables are wanted, too.
    pub async fn init(&mut self, dry_run: bool, sample: bool) -> Result<InitReport> {
        match self.execute(AdminRequest::Init { dry_run, sample }).await? {
            AdminResponse::Init(report) => Ok(report),
            other => Err(unexpected(&other)),
        }
    }

    pub async fn status(&mut self) -> Result<StatusReport> {
        match self.execute(AdminRequest::Status).await? {
            AdminResponse::Status(report) => Ok(report),
            other => Err(unexpected(&other)),
        }
    }

    /// What the page shows.
    pub async fn overview(&mut self, request: OverviewRequest) -> Result<Overview> {
        match self.execute(AdminRequest::Overview(request)).await? {
            AdminResponse::Overview(overview) => Ok(overview),
            other => Err(unexpected(&other)),
        }
    }

    /// Rows of the processed log.
    pub async fn processed(&mut self, request: &ProcessedRequest) -> Result<ProcessedPage> {
        match self.execute(AdminRequest::Processed(request.clone())).await? {
            AdminResponse::Processed(page) => Ok(page),
            other => Err(unexpected(&other)),
        }
    }

    /// Rows of the outbox in the order of its aggregates; none at the end.
    pub async fn committed(&mut self, request: CommittedRequest) -> Result<Vec<CommittedRow>> {
        match self.execute(AdminRequest::Committed(request)).await? {
            AdminResponse::Committed { rows } => Ok(rows),
            other => Err(unexpected(&other)),
        }
    }

    /// Deletes one batch; returns how many rows that were.
    pub async fn purge(&mut self, request: PurgeRequest) -> Result<u64> {
        self.change(AdminRequest::Purge(request)).await
    }

    /// How many rows a purge finds that these consumer groups are done with; all groups, where none is named.
    pub async fn purgeable(&mut self, before: DateTime<Utc>, groups: &[String]) -> Result<Purgeable> {
        match self.execute(AdminRequest::Purgeable { before, groups: groups.to_vec() }).await? {
            AdminResponse::Purgeable(found) => Ok(found),
            other => Err(unexpected(&other)),
        }
    }

    /// Rows of `outbox_failures`.
    pub async fn failures(&mut self, request: FailuresRequest) -> Result<Vec<FailureRow>> {
        match self.execute(AdminRequest::Failures(request)).await? {
            AdminResponse::Failures { rows } => Ok(rows),
            other => Err(unexpected(&other)),
        }
    }

    /// Lets the consumers take events again that they gave up.
    pub async fn unmark_failures(&mut self, ids: Vec<i64>) -> Result<()> {
        self.change(AdminRequest::UnmarkFailures { ids }).await.map(drop)
    }

    pub async fn delete_failures(&mut self, ids: Vec<i64>) -> Result<()> {
        self.change(AdminRequest::DeleteFailures { ids }).await.map(drop)
    }

    /// How many rows were changed.
    async fn change(&mut self, request: AdminRequest) -> Result<u64> {
        match self.execute(request).await? {
            AdminResponse::Changed { rows } => Ok(rows),
            other => Err(unexpected(&other)),
        }
    }

    /// Writes sample events in chunks short enough for one call of the function, and reports each chunk to
    /// `on_progress`. A request may have any number of events. Once cancelled, ends after the chunk under way and returns
    /// the events that were written.
    pub async fn insert_samples(
        &mut self,
        request: &SampleRequest,
        cancel: &CancellationToken,
        mut on_progress: impl FnMut(&[Inserted]),
    ) -> Result<Vec<Inserted>> {
        // A chunk takes about two seconds at most, so that progress shows and the end after a signal is near.
        let by_rate = request.rate.map_or(CHUNK, |rate| (rate * 2.0).clamp(1.0, f64::from(MAX_CHUNK)) as u32);
        let mut all = Vec::with_capacity(request.count as usize);
        let limit = RateLimit::start(request.rate);
        for from in (0..request.count).step_by(by_rate as usize) {
            if cancel.run_until_cancelled(limit.wait(from.into())).await.is_none() {
                break;
            }
            let chunk = SampleRequest {
                first: request.first + u64::from(from),
                count: by_rate.min(request.count - from),
                ..request.clone()
            };
            match self.execute(AdminRequest::SampleInsert(chunk)).await? {
                AdminResponse::SampleInsert { inserted } => {
                    on_progress(&inserted);
                    all.extend(inserted);
                }
                other => return Err(unexpected(&other)),
            }
        }
        Ok(all)
    }
}

fn unexpected(response: &AdminResponse) -> Error {
    Error::new(Kind::Unexpected, format!("the admin function answered something else: {response:?}"))
        .hint("deploy again, so that the function is of this version")
}

/// Whether the instance has a public address. The operator chose that with a template parameter.
async fn is_public(deployment: &Deployment) -> Result<bool> {
    let identifier = deployment.output(Output::DatabaseIdentifier)?;
    let answer = deployment.clients.rds().describe_db_instances().db_instance_identifier(identifier).send().await;
    let answer = answer.aws(format!("describe database {identifier}"))?;
    Ok(answer.db_instances().first().and_then(|instance| instance.publicly_accessible()).unwrap_or(false))
}

/// The owner's way in, from the generated secret.
async fn target(deployment: &Deployment) -> Result<Target> {
    let unknown = || Error::new(Kind::LocalDown, "the certificate authorities of the database are not known");
    let roots = deployment.roots.clone().ok_or_else(unknown)?;
    let arn = deployment.output(Output::DatabaseSecretArn)?;
    let secret = deployment.clients.secrets().get_secret_value().secret_id(arn).send().await;
    let secret = secret.aws(format!("read secret {arn}"))?;
    let port = deployment.output(Output::DatabasePort)?;
    let port = port.parse().or_fail(Kind::Unexpected, || format!("the stack's DatabasePort {port:?} is no port"))?;
    let (host, database) = (deployment.output(Output::DatabaseEndpoint)?, deployment.output(Output::DatabaseName)?);
    Target::from_secret(secret.secret_string().unwrap_or_default(), host, port, database, roots)
}
