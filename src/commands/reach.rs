//! Loads the deployed pipeline, and connects to its database.

use std::path::{Path, PathBuf};

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::Context;
use crate::deployment::Deployment;
use crate::deployment::database::{Database, Via, not_through_the_function};
use crate::pipelines::{self, Part};
use crate::postgres::tls::Roots;
use crate::postgres::{self, Target};
use crate::settings::{DATABASE_URL, ExistingKey, Origin, Settings};

/// Path of connections to the database.
#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseArgs {
    /// How to reach the database
    #[arg(long, value_name = "WAY", default_value = "auto")]
    pub via: Via,
}

impl DatabaseArgs {
    pub async fn open(&self, ctx: &Context) -> Result<Database> {
        ctx.need(Part::Database)?;
        match self.connect(ctx).await? {
            Some(database) => Ok(database),
            None => open(ctx, &deployment(ctx).await?.reached(self.via)).await,
        }
    }

    /// Connects to the database of OUTBOXCTL_DATABASE_URL, without AWS; `None` if the variable is not set.
    ///
    /// # Errors
    /// `Usage` for a connection string that can't be used, and with `--via function`; those of connecting.
    pub async fn connect(&self, ctx: &Context) -> Result<Option<Database>> {
        let Some(target) = target(ctx)? else { return Ok(None) };
        if self.via == Via::Function {
            return Err(not_through_the_function(&target));
        }
        connect(ctx, target).await.map(Some)
    }
}

/// Returns the database of OUTBOXCTL_DATABASE_URL; `None` if the variable is not set.
///
/// # Errors
/// `Usage` for a connection string that can't be used, and for another machine's with the local stack.
pub fn target(ctx: &Context) -> Result<Option<Target>> {
    let Some(url) = &ctx.settings.database_url else { return Ok(None) };
    let target = postgres::url_target(url, || match roots(ctx) {
        Err(error) if error.kind() == Kind::LocalDown => Ok(outside(ctx)),
        roots => roots,
    })?;
    if ctx.settings.local && !target.is_here() {
        let text = format!("{DATABASE_URL} names the server {}, and the local stack is chosen", target.host);
        return Err(Error::new(Kind::Usage, text).hint(format!("unset {DATABASE_URL}, or add --no-local to use it")));
    }
    postgres::with_password(target).map(Some)
}

/// Connects to a database that this machine reaches itself, and shows which one it is.
pub async fn connect(ctx: &Context, target: Target) -> Result<Database> {
    ctx.need(Part::Database)?;
    ctx.console.note(format!("database {}, of {DATABASE_URL}", target.describe()));
    let _wait = ctx.console.wait("connection", "to the database");
    Database::connect(target, ctx.settings.outbox.clone().unwrap_or_default()).await
}

/// Loads the deployment of the chosen pipeline.
pub async fn deployment(ctx: &Context) -> Result<Deployment> {
    let clients = ctx.aws().await?;
    let (roots, target) = (roots(ctx)?, target(ctx)?);
    let _wait = ctx.console.wait("stacks", "reading the deployment");
    Ok(Deployment::load(clients, &ctx.settings).await?.trusting(roots).using(target))
}

/// Loads the [`deployment`] with short network timeouts, for commands that only report it.
pub async fn glance(ctx: &Context) -> Result<Deployment> {
    let clients = ctx.aws().await?;
    let (roots, target) = (roots(ctx)?, target(ctx)?);
    Ok(Deployment::glance(clients, &ctx.settings).await?.trusting(roots).using(target))
}

/// Returns the stacks of the chosen pipeline by their short and their CloudFormation name, in the pipeline's order:
/// all, or the `named` ones, without those that existing resources replace.
///
/// # Errors
/// `Usage` for a stack that the pipeline does not have.
pub fn stacks(ctx: &Context, named: &[String]) -> Result<Vec<(&'static str, String)>> {
    let pipeline = pipelines::find(&ctx.settings.pipeline)?;
    let replaced =
        |name: &&String| pipeline.stack(name).is_some_and(|stack| pipelines::replaces(&ctx.settings.existing, stack));
    if let Some(name) = named.iter().find(replaced) {
        let text = format!("stack {name} is not one of this deployment: [existing] names resources in its place");
        return Err(Error::new(Kind::Usage, text));
    }
    if let Some(unknown) = named.iter().find(|name| pipeline.stack(name).is_none()) {
        let known: Vec<_> = pipeline.stacks.iter().map(|stack| stack.name).collect();
        return Err(Error::new(Kind::Usage, format!("pipeline {} has no stack {unknown:?}", pipeline.name))
            .hint(format!("stacks: {}", known.join(", "))));
    }
    let made = pipeline.stacks.iter().filter(|stack| !pipelines::replaces(&ctx.settings.existing, stack));
    let wanted = made.filter(|stack| named.is_empty() || named.iter().any(|name| name == stack.name));
    Ok(wanted.map(|stack| (stack.name, stack.full_name(pipeline, &ctx.settings.stage))).collect())
}

/// Opens the database of this deployment.
pub async fn open(ctx: &Context, deployment: &Deployment) -> Result<Database> {
    let _wait = ctx.console.wait("connection", "to the database");
    deployment.database().await
}

/// Returns the trusted certificate authorities: on the local stack only its own, else those of PGSSLROOTCERT, that of an
/// existing database, or Amazon's.
///
/// # Errors
/// `LocalDown` if the local stack is not running.
pub fn roots(ctx: &Context) -> Result<Roots> {
    if ctx.settings.local {
        return Ok(Roots::File(crate::local::state::running()?.postgres.ca_file));
    }
    Ok(outside(ctx))
}

/// Returns the trusted certificate authorities of a database outside of the local stack.
fn outside(ctx: &Context) -> Roots {
    match (Roots::from_environment(), certificate(&ctx.settings)) {
        (Roots::Rds, Some(path)) => Roots::File(path),
        (roots, _) => roots,
    }
}

/// Returns the file with the root certificate of an existing database. A relative path is below the folder of
/// outboxctl.toml if that file has it, and below the working directory otherwise.
pub fn certificate(settings: &Settings) -> Option<PathBuf> {
    let path = settings.existing.get(ExistingKey::DatabaseCertificate)?;
    let of_file = settings.existing.origin(ExistingKey::DatabaseCertificate) == Origin::File;
    let file = settings.file.as_deref().filter(|_| of_file);
    let folder = file.and_then(Path::parent).unwrap_or(Path::new(""));
    Some(folder.join(path))
}

/// Returns the text of a file with certificates, and checks that it has only those: it may become a parameter of a
/// stack.
///
/// # Errors
/// `Io` if it can't be read, and those of the certificates.
pub fn certificate_text(path: &Path) -> Result<String> {
    Roots::File(path.to_owned()).client_config()?;
    std::fs::read_to_string(path).or_fail(Kind::Io, || format!("can't read {}", path.display()))
}
