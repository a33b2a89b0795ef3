//! Opens a connection in replication mode: TLS, and authentication by SCRAM-SHA-256, bound to the server's certificate
//! if both sides support it.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256};
use postgres_protocol::message::frontend;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::connection::Connection;
use super::frames::Frames;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::postgres::session::SETTINGS;
use crate::postgres::tls::channel_binding;
use crate::postgres::{Target, pooler};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

const APPLICATION: (&str, &str) = ("application_name", "outboxctl replicator");

impl Connection {
    /// Connects and signs in.
    ///
    /// # Errors
    /// `DatabaseUnreachable`, `UntrustedCertificate`, `WrongSecret`, `UnknownDatabase`.
    pub async fn open(target: &Target) -> Result<Self> {
        tokio::time::timeout(CONNECT_TIMEOUT, Self::connect(target)).await.or_fail(Kind::DatabaseUnreachable, || {
            format!("{} did not answer within {} s", target.describe(), CONNECT_TIMEOUT.as_secs())
        })?
    }

    async fn connect(target: &Target) -> Result<Self> {
        pooler::check(target)?;
        let name = target.describe();
        let unreachable = || format!("{name}: no connection");
        let mut socket = TcpStream::connect(target.address()).await.or_fail(Kind::DatabaseUnreachable, unreachable)?;
        socket.set_nodelay(true).or_fail(Kind::DatabaseUnreachable, unreachable)?;
        let mut out = BytesMut::new();
        frontend::ssl_request(&mut out);
        socket.write_all(&out).await.or_fail(Kind::DatabaseUnreachable, unreachable)?;
        if socket.read_u8().await.or_fail(Kind::DatabaseUnreachable, unreachable)? != b'S' {
            return Err(Error::new(Kind::UntrustedCertificate, format!("{name}: the server does not speak TLS"))
                .hint("set ssl = on and a certificate in the server's configuration"));
        }
        let host = ServerName::try_from(target.host.clone())
            .or_fail(Kind::DatabaseUnreachable, || format!("{} is not a host name", target.host))?;
        let connector = TlsConnector::from(Arc::clone(&target.roots.client_config()?));
        let tls = connector.connect(host, socket).await.map_err(|error| handshake_failed(&name, error))?;

        let mut connection = Self { tls, frames: Frames::new(), name };
        let login = [("user", target.user.as_str()), ("database", &target.database), ("replication", "database")];
        let mut out = BytesMut::new();
        frontend::startup_message(login.into_iter().chain(SETTINGS.iter().copied()).chain([APPLICATION]), &mut out)
            .or_fail(Kind::Unexpected, || "the user or database name can't be sent".into())?;
        connection.send(&out).await?;
        authenticate(&mut connection, target.password.expose()).await?;
        while connection.receive().await?.0 != b'Z' {}
        Ok(connection)
    }
}

fn handshake_failed(name: &str, error: std::io::Error) -> Error {
    let invalid = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match invalid {
        Some(rustls::Error::InvalidCertificate(reason)) => {
            Error::new(Kind::UntrustedCertificate, format!("{name}: the server's certificate is not trusted: {reason}"))
        }
        _ => Error::new(Kind::DatabaseUnreachable, format!("{name}: the TLS handshake failed")).with_source(error),
    }
}

/// Answers the server's requests until AuthenticationOk.
pub(super) async fn authenticate(connection: &mut Connection, password: &str) -> Result<()> {
    let mut scram: Option<ScramSha256> = None;
    loop {
        let body = match connection.receive().await? {
            (b'R', body) => body,
            (tag, _) => return Err(unexpected(tag)),
        };
        let Some((kind, rest)) = body.split_first_chunk::<4>() else { return Err(unexpected(b'R')) };
        let mut out = BytesMut::new();
        match (u32::from_be_bytes(*kind), scram.as_mut()) {
            (0, _) => return Ok(()),
            // A clear-text password is for IAM tokens; the certificate was verified before.
            (3, _) => frontend::password_message(password.as_bytes(), &mut out).or_fail(Kind::Unexpected, encoding)?,
            (10, _) => {
                let (mechanism, binding) = choose(rest, &connection.tls)?;
                let started = ScramSha256::new(password.as_bytes(), binding);
                frontend::sasl_initial_response(mechanism, started.message(), &mut out)
                    .or_fail(Kind::Unexpected, encoding)?;
                scram = Some(started);
            }
            (11, Some(scram)) => {
                scram.update(rest).or_fail(Kind::WrongSecret, || "the SCRAM exchange failed".into())?;
                frontend::sasl_response(scram.message(), &mut out).or_fail(Kind::Unexpected, encoding)?;
            }
            (12, Some(scram)) => {
                scram
                    .finish(rest)
                    .or_fail(Kind::WrongSecret, || "the server can't prove that it knows the password".into())?;
                continue;
            }
            (kind, _) => {
                let text = format!("the server asks for authentication of kind {kind}, which is not supported");
                return Err(Error::new(Kind::WrongSecret, text)
                    .hint("set password_encryption = 'scram-sha-256', then set the user's password again"));
            }
        }
        connection
            .tls
            .write_all(&out)
            .await
            .or_fail(Kind::DatabaseUnreachable, || "the connection was closed during authentication".into())?;
    }
}

fn choose(offered: &[u8], tls: &TlsStream<TcpStream>) -> Result<(&'static str, ChannelBinding)> {
    let offers = |name: &str| offered.split(|byte| *byte == 0).any(|offer| offer == name.as_bytes());
    let (_, session) = tls.get_ref();
    match channel_binding(session) {
        Some(hash) if offers(SCRAM_SHA_256_PLUS) => {
            Ok((SCRAM_SHA_256_PLUS, ChannelBinding::tls_server_end_point(hash)))
        }
        Some(_) if offers(SCRAM_SHA_256) => Ok((SCRAM_SHA_256, ChannelBinding::unrequested())),
        None if offers(SCRAM_SHA_256) => Ok((SCRAM_SHA_256, ChannelBinding::unsupported())),
        _ => Err(Error::new(Kind::WrongSecret, "the server offers no SASL mechanism that is supported")),
    }
}

fn encoding() -> String {
    "the password can't be sent".into()
}

fn unexpected(tag: u8) -> Error {
    Error::new(Kind::Unexpected, format!("the server sent {:?} during authentication", char::from(tag)))
}
