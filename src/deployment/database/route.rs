//! The ways to a database: which one a deployment needs, and the credentials.

use crate::aws::databases;
use crate::base::error::{AwsContext, Error, Kind, OrFail, Result};
use crate::deployment::Deployment;
use crate::pipelines::Output;
use crate::postgres::Target;
use crate::postgres::tls::Roots;

/// Returns whether the server has a public address, which a template parameter selects. An existing database is reached
/// directly until the admin function exists.
pub(super) async fn is_public(deployment: &Deployment) -> Result<bool> {
    if deployment.is_existing(Output::DatabaseEndpoint) {
        return Ok(deployment.output(Output::AdminFunction).is_err());
    }
    match deployment.server() {
        Some(server) => databases::is_public(&deployment.clients, server).await,
        None => deployment.output(Output::DatabaseEndpoint).map(|_| false),
    }
}

/// Returns the error of a request that the admin function can't run, because it reaches the deployed database only.
pub fn not_through_the_function(target: &Target) -> Error {
    let text = format!("--via function reaches only the deployed database, and {} is another one", target.describe());
    Error::new(Kind::Usage, text).hint("omit --via: this machine connects to the database itself")
}

/// The address of a deployed database.
#[derive(Debug, Clone, Copy)]
pub struct Address<'a> {
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
}

impl Deployment {
    /// Returns the address of the deployed database.
    ///
    /// # Errors
    /// `NotDeployed`.
    pub fn address(&self) -> Result<Address<'_>> {
        let port = self.output(Output::DatabasePort)?;
        let port =
            port.parse().or_fail(Kind::Unexpected, || format!("the stack's DatabasePort {port:?} is not a port"))?;
        let (host, database) = (self.output(Output::DatabaseEndpoint)?, self.output(Output::DatabaseName)?);
        Ok(Address { host, port, database })
    }

    /// Returns the database that commands use in place of the deployed one, if there is one.
    ///
    /// # Errors
    /// Those of Secrets Manager, and `WrongSecret` if a secret alone does not name its server.
    pub async fn elsewhere(&self) -> Result<Option<Target>> {
        match &self.target {
            Some(target) => Ok(Some(target.as_ref().clone())),
            None if self.has_secret_alone() => {
                let (secret, roots) = secret(self).await?;
                Target::from_whole_secret(&secret, roots).map(Some)
            }
            None => Ok(None),
        }
    }
}

/// Returns the text of the database's secret, and the authorities of its server.
async fn secret(deployment: &Deployment) -> Result<(String, Roots)> {
    let unknown = || Error::new(Kind::LocalDown, "the certificate authorities of the database are not known");
    let roots = deployment.roots.clone().ok_or_else(unknown)?;
    let arn = deployment.output(Output::DatabaseSecretArn)?;
    let secret = deployment.clients.secrets().get_secret_value().secret_id(arn).send().await;
    let secret = secret.aws(format!("read secret {arn}"))?;
    Ok((secret.secret_string.unwrap_or_default(), roots))
}

/// Returns the owner's connection, from the generated secret.
pub(super) async fn target(deployment: &Deployment) -> Result<Target> {
    let (secret, roots) = secret(deployment).await?;
    let Address { host, port, database } = deployment.address()?;
    Target::from_secret(&secret, host, port, database, roots)
}
