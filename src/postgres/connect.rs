//! Connects to a database over verified TLS; a server of this machine also without.

use std::time::Duration;

use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, NoTls, Socket};

use super::tls::{Connector, Roots};
use super::{Target, fault, pooler, session};
use crate::base::error::{Kind, OrFail, Result};

/// Opens a connection. Its driver runs on the current runtime until the client is dropped.
///
/// # Errors
/// `DatabaseUnreachable`, `UntrustedCertificate`, `WrongSecret`, or `UnknownDatabase`.
pub async fn connect(target: &Target) -> Result<Client> {
    pooler::check(target)?;
    match target.roots {
        Roots::NoTls => open(target, SslMode::Disable, NoTls).await,
        _ => open(target, SslMode::Require, Connector(target.roots.client_config()?)).await,
    }
}

async fn open<T>(target: &Target, mode: SslMode, tls: T) -> Result<Client>
where
    T: MakeTlsConnect<Socket, Stream: Send + 'static>,
{
    let mut config = Config::new();
    config
        .host(&target.host)
        .port(target.port)
        .dbname(&target.database)
        .user(&target.user)
        .password(target.password.expose())
        .application_name("outboxctl")
        .options(session::options())
        .ssl_mode(mode)
        .connect_timeout(Duration::from_secs(10))
        .tcp_user_timeout(Duration::from_secs(30))
        .keepalives_idle(Duration::from_secs(30));
    if let Ok(address) = target.address().0.parse() {
        config.hostaddr(address);
    }
    // The time limit also covers TLS and authentication, unlike connect_timeout.
    let (client, connection) = tokio::time::timeout(Duration::from_secs(20), config.connect(tls))
        .await
        .or_fail(Kind::DatabaseUnreachable, || {
            format!("{} accepted the connection and then sent nothing for 20 s", target.describe())
        })?
        .map_err(|error| fault::connecting(error, target))?;
    let limited = session::has_transaction_timeout(&connection);
    tokio::spawn(async move {
        // Callers learn of a broken connection through their own calls.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the database connection ended");
        }
    });
    if limited {
        session::lift_transaction_timeout(&client).await?;
    }
    Ok(client)
}

/// Checks that the server is not Pgpool-II, which passes everything else on: it answers `SHOW pool_version` itself
/// (Pgpool-II documentation, "SHOW pool_version"). PostgreSQL does not know that setting, and writes the error into its
/// log.
///
/// # Errors
/// `Failed`, with the pooler's name; `DatabaseUnreachable` if the connection breaks.
pub async fn refuse_pgpool(client: &Client, target: &Target) -> Result<()> {
    match client.simple_query("SHOW pool_version").await {
        Ok(_) => Err(pooler::Pooler::Pgpool.error(&target.describe())),
        Err(error) if error.as_db_error().is_some() => Ok(()),
        Err(error) => Err(fault::failed("ask the server for its kind")(error)),
    }
}
