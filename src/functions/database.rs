//! The functions' database connection: kept across invocations, replaced when it breaks.

use std::future::Future;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};
use tokio::sync::Mutex;
use tokio_postgres::Client;

use super::environment::{required, required_as, roots};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::postgres::{Secret, Target, connect, without_rows};

/// Address of the database and the function's user, from `DATABASE_HOST`, `_PORT`, `_NAME` and `_USER`.
pub struct Database {
    config: SdkConfig,
    host: String,
    port: u16,
    name: String,
    user: String,
    idle: Mutex<Option<Client>>,
}

/// A failure of work on a connection.
pub enum Fault {
    /// Nothing can have been committed: it may be retried on a new connection.
    Before(Error),
    /// The work may have been committed, or a retry would fail the same way.
    Final(Error),
}

impl Database {
    /// # Errors
    /// `Config`, naming the variable that is missing or malformed.
    pub fn from_environment(config: &SdkConfig) -> Result<Self> {
        let (host, port) = (required("DATABASE_HOST")?, required_as("DATABASE_PORT")?);
        Ok(Self::new(config, host, port, required("DATABASE_NAME")?, required("DATABASE_USER")?))
    }

    /// Returns a database without a connection; the first piece of work connects.
    pub fn new(config: &SdkConfig, host: String, port: u16, name: String, user: String) -> Self {
        Self { config: config.clone(), host, port, name, user, idle: Mutex::new(None) }
    }

    /// Runs `work` on the kept connection, and once more on a new one if the kept one is broken. `patience` is the time
    /// limit of each attempt: after an environment was frozen for hours, the connection may be gone without notice.
    ///
    /// # Errors
    /// Those of connecting and of `work`; `DatabaseUnreachable` if `patience` runs out.
    pub async fn run<T, W>(&self, patience: Duration, mut work: impl FnMut(Client) -> W) -> Result<T>
    where
        W: Future<Output = Result<(Client, T), Fault>>,
    {
        let mut idle = self.idle.lock().await;
        if let Some(client) = idle.take().filter(|client| !client.is_closed()) {
            match tokio::time::timeout(patience, work(client)).await {
                Ok(Ok((client, value))) => {
                    *idle = Some(client);
                    return Ok(value);
                }
                Ok(Err(Fault::Final(error))) => return Err(error),
                Ok(Err(Fault::Before(error))) => tracing::warn!("the kept connection broke: {}", without_rows(&error)),
                // It may have been committed: it is not retried.
                Err(_) => return Err(self.silent(patience)),
            }
        }
        let attempt = async {
            let client = connect(&self.target().await?).await?;
            work(client).await.map_err(|fault| match fault {
                Fault::Before(error) | Fault::Final(error) => error,
            })
        };
        let (client, value) = tokio::time::timeout(patience, attempt).await.map_err(|_| self.silent(patience))??;
        *idle = Some(client);
        Ok(value)
    }

    fn silent(&self, patience: Duration) -> Error {
        Error::new(Kind::DatabaseUnreachable, format!("{} did not answer within {patience:?}", self.host))
    }

    /// Connects with an IAM authentication token as the password: it is signed locally, so it needs neither a secret
    /// nor a request ("IAM database authentication for MariaDB, MySQL, and PostgreSQL" in the RDS user guide).
    async fn target(&self) -> Result<Target> {
        let request = Config::builder().hostname(&self.host).port(self.port.into()).username(&self.user).build();
        let token = match request {
            Ok(request) => AuthTokenGenerator::new(request).auth_token(&self.config).await,
            Err(error) => Err(error),
        };
        let token =
            token.or_fail(Kind::Credentials, || "the database authentication token could not be signed".into())?;
        Ok(Target {
            host: self.host.clone(),
            port: self.port,
            database: self.name.clone(),
            user: self.user.clone(),
            password: Secret::new(token.as_str()),
            roots: roots(),
        })
    }
}
