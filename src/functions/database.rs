//! The functions' database connection: kept across invocations, made anew when it broke.

use std::future::Future;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_rds::auth_token::{AuthTokenGenerator, Config};
use tokio::sync::Mutex;
use tokio_postgres::Client;

use super::environment::{required, roots};
use crate::error::{Error, Kind, OrFail, Result};
use crate::postgres::{Secret, Target, connect, without_rows};

/// Where the database is and who the function is there, from `DATABASE_HOST`, `_PORT`, `_NAME` and `_USER`.
pub struct Database {
    config: SdkConfig,
    host: String,
    port: u16,
    name: String,
    user: String,
    idle: Mutex<Option<Client>>,
}

/// How a piece of work on a connection ended badly.
pub enum Fault {
    /// Nothing can have been committed: with a fresh connection it may be tried again.
    Before(Error),
    /// It may have been committed, or trying again would end the same.
    Final(Error),
}

impl Database {
    /// # Errors
    /// `Config`, naming the variable that is missing or malformed.
    pub fn from_environment(config: &SdkConfig) -> Result<Self> {
        let port = required("DATABASE_PORT")?;
        let port = port.parse().or_fail(Kind::Config, || format!("DATABASE_PORT is {port:?}, not a port"))?;
        let (host, name, user) = (required("DATABASE_HOST")?, required("DATABASE_NAME")?, required("DATABASE_USER")?);
        Ok(Self::new(config, host, port, name, user))
    }

    /// Nothing is connected before the first piece of work.
    pub fn new(config: &SdkConfig, host: String, port: u16, name: String, user: String) -> Self {
        Self { config: config.clone(), host, port, name, user, idle: Mutex::new(None) }
    }

    /// Runs `work` on the kept connection, and once more on a fresh one where the kept one turned out to be broken.
    /// `patience` is the limit for each of the two: an environment that was frozen for hours wakes up with a
    /// connection that nobody has told is gone.
    ///
    /// # Errors
    /// Those of connecting and of `work`; `DatabaseUnreachable` when `patience` runs out.
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
                // Whether it committed is not known: it is not tried again.
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

    /// With an IAM authentication token for a password: signed here, so it needs neither a secret nor a request
    /// ("IAM database authentication for MariaDB, MySQL, and PostgreSQL" in the RDS user guide).
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
