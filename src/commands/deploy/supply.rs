//! Inputs of a deploy besides templates: the functions' package, the database's root certificate, facts of the account.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::aws::package::{Package, Runs, Uploaded, upload};
use crate::aws::{Clients, account, dms};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::cloudformation::{Outputs, Supply};
use crate::commands::{Context, reach, running_executable};
use crate::deployment::Deployment;
use crate::local;
use crate::outbox::Layout;
use crate::output::Console;
use crate::pipelines::{Artifact, Output};
use crate::postgres::tls::regional_root;

pub struct Artifacts {
    clients: Clients,
    console: Console,
    pub package: Arc<Package>,
    local: bool,
    /// File with the root certificate of an existing database.
    certificate: Option<PathBuf>,
    /// ARN of an existing replication instance.
    replication_instance: Option<String>,
    /// The outbox table that the capture follows.
    layout: Layout,
    /// Prevents uploads.
    dry_run: bool,
    /// Shared by the stacks that need the package at the same time.
    uploaded: OnceCell<()>,
}

impl Artifacts {
    /// Reads and checks the executable, before the first stack changes.
    pub async fn new(
        ctx: &Context,
        clients: &Clients,
        binary: Option<PathBuf>,
        deployment: &Deployment,
        dry_run: bool,
    ) -> Result<Self> {
        let path = binary.map_or_else(running_executable, Ok)?;
        let local = ctx.settings.local;
        let runs = if local { Runs::Here } else { Runs::OnLambda };
        let package = tokio::task::spawn_blocking(move || Package::read(&path, runs))
            .await
            .or_fail(Kind::Unexpected, || "reading the executable was interrupted".into())??;
        Ok(Self {
            clients: clients.clone(),
            console: ctx.console.clone(),
            package: Arc::new(package),
            local,
            certificate: reach::certificate(&ctx.settings),
            replication_instance: deployment.given().value(Output::ReplicationInstanceArn).map(str::to_owned),
            layout: deployment.layout.clone(),
            dry_run,
            uploaded: OnceCell::new(),
        })
    }

    async fn package_key(&self, outputs: &Outputs) -> Result<String> {
        let key = self.package.key.clone();
        if self.dry_run {
            return Ok(key);
        }
        let bucket = outputs
            .get(Output::CodeBucket.name())
            .ok_or_else(|| Error::new(Kind::NotDeployed, "the bucket for the functions' package was not found"))?;
        self.uploaded.get_or_try_init(|| self.upload(bucket)).await?;
        Ok(key)
    }

    async fn upload(&self, bucket: &str) -> Result<()> {
        self.console.started("package", format!("to {bucket}"));
        let put = upload(&self.clients, self.package.clone(), bucket).await;
        let put = self.console.report_failure("package", put)?;
        let message = match put {
            Uploaded::New => "uploaded",
            Uploaded::Found => "already uploaded",
            Uploaded::Replaced => "uploaded in place of another object under its key",
        };
        if put == Uploaded::Replaced {
            self.console.warn(format!(
                "s3://{bucket}/{} was not the package that outboxctl makes of this executable: find out who wrote it \
                 (CloudTrail, PutObject)",
                self.package.key
            ));
        }
        self.console.finished("package", message, put != Uploaded::Found);
        Ok(())
    }

    /// Returns the identifier of the existing replication instance; empty without one.
    async fn replication_instance_name(&self) -> Result<String> {
        let Some(arn) = &self.replication_instance else { return Ok(String::new()) };
        let found = dms::describe::instance(&self.clients.dms(), arn).await?;
        let found = found.ok_or_else(|| {
            Error::new(Kind::NotDeployed, format!("replication instance {arn} was not found"))
                .hint("correct replication_instance in [existing] of outboxctl.toml")
        })?;
        Ok(found.replication_instance_identifier.unwrap_or_default())
    }

    fn database_certificate(&self) -> Result<String> {
        if self.local {
            return local::state::running()?.postgres.ca_pem();
        }
        if let Some(path) = &self.certificate {
            return reach::certificate_text(path);
        }
        let region = self.clients.region();
        regional_root(region).ok_or_else(|| {
            Error::new(Kind::Region, format!("no RDS root certificate is embedded for region {region}")).hint(
                "set DatabaseCertificate in [parameters] of outboxctl.toml to the region's `Root CA RSA2048 G1` in PEM",
            )
        })
    }
}

impl Supply for Artifacts {
    fn artifact<'a>(&'a self, artifact: Artifact, outputs: &'a Outputs) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            match artifact {
                Artifact::PackageKey => self.package_key(outputs).await,
                Artifact::Architecture => Ok(self.package.architecture.as_str().to_owned()),
                Artifact::DatabaseCertificate => self.database_certificate(),
                Artifact::ReplicationInstanceName => self.replication_instance_name().await,
                Artifact::OutboxLayout => Ok(self.layout.to_string()),
                Artifact::Outbox(part) => Ok(part.of(&self.layout)),
            }
        })
    }

    fn role_missing<'a>(&'a self, role: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move { Ok(!account::has_role(&self.clients, role).await?) })
    }
}
