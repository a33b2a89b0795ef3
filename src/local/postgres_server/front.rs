//! The proxy in front of PostgreSQL: TLS, as RDS has it with rds.force_ssl=1, and IAM database authentication.
//!
//! Behaves as the server at this point of the protocol (PostgreSQL documentation, "SSL Session Encryption" and
//! "Start-up"): answers the request for TLS, or accepts TLS from the first byte on, refuses all other connections, and
//! passes the rest on. The server lets members of rds_iam in without a password (`settings.rs`); they reach only the
//! proxy, which requires a token first. A function that the security groups do not admit gets no answer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional_with_sizes};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::server::TlsStream;

use super::settings::SUPERUSER;
use super::tokens::Tokens;
use super::wire::{self, Opening};
use crate::base::error::{Kind, OrFail, Result};
use crate::listener;
use crate::local::state::Postgres;

/// First byte of a TLS handshake record.
const TLS_HANDSHAKE: u8 = 0x16;
/// Time limit for each step of a client's authentication, as PostgreSQL's authentication_timeout.
const PATIENCE: Duration = Duration::from_secs(60);
const BUFFER: usize = 64 * 1024;
/// Response of RDS to an invalid token, whatever the reason: its servers ask PAM, whose failures have the SQLSTATE
/// 28000 (`auth_failed` in PostgreSQL's auth.c).
const REFUSED: &str = "28000";

/// Stops listening when dropped.
pub struct Front(#[expect(dead_code, reason = "dropping it is what counts")] JoinSet<()>);

/// Settings shared by the connections.
#[derive(Clone)]
struct Shared {
    acceptor: TlsAcceptor,
    server: Postgres,
    tokens: Tokens,
}

impl Shared {
    fn socket(&self) -> PathBuf {
        self.server.socket.join(format!(".s.PGSQL.{}", self.server.port))
    }
}

/// Accepts connections and passes them on to the server's socket.
///
/// # Errors
/// `LocalSetup` if the certificate can't be used.
pub fn start(
    listeners: Vec<std::net::TcpListener>,
    folder: &Path,
    server: &Postgres,
    tokens: &Tokens,
) -> Result<Front> {
    let failed = || "TLS for the local PostgreSQL can't be set up".to_owned();
    let certificates: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(folder.join("server.pem")).or_fail(Kind::LocalSetup, failed)?.collect();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).or_fail(Kind::LocalSetup, failed)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .or_fail(Kind::LocalSetup, failed)?
        .with_no_client_auth()
        .with_single_cert(certificates.or_fail(Kind::LocalSetup, failed)?, key)
        .or_fail(Kind::LocalSetup, failed)?;
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    let listeners = listener::watched(listeners);
    let listeners = listeners.or_fail(Kind::LocalSetup, || format!("port {} can't be opened", server.port))?;
    let shared =
        Shared { acceptor: TlsAcceptor::from(Arc::new(config)), server: server.clone(), tokens: tokens.clone() };
    Ok(Front(listeners.into_iter().map(|listener| accept(listener, shared.clone())).collect()))
}

async fn accept(listener: TcpListener, shared: Shared) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => drop(tokio::spawn(connection(client, shared.clone()))),
            // Out of file descriptors, most likely: other connections end in the meantime.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(client: TcpStream, shared: Shared) {
    let passed = async {
        client.set_nodelay(true)?;
        let (visitor, here) = (client.peer_addr()?, client.local_addr()?);
        if let Some(reason) = shared.tokens.unreachable(&shared.server, visitor, here).await {
            tracing::warn!("{reason}");
            return ignore(client).await;
        }
        let Some(client) = tokio::time::timeout(PATIENCE, wants_tls(client)).await?? else { return Ok(()) };
        let mut client = tokio::time::timeout(PATIENCE, shared.acceptor.accept(client)).await??;
        if let Some(mut server) = tokio::time::timeout(PATIENCE, authenticate(&mut client, &shared)).await?? {
            copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await?;
        }
        Ok::<_, io::Error>(())
    };
    if let Err(error) = passed.await {
        tracing::debug!(%error, "a connection to PostgreSQL ended");
    }
}

/// Sends nothing until the client closes the connection: security groups drop packets, so that on AWS clients time out.
async fn ignore(mut client: TcpStream) -> io::Result<()> {
    tokio::io::copy(&mut client, &mut tokio::io::sink()).await.map(drop)
}

/// Returns the client once it has asked for TLS; `None` if it did not and was refused.
async fn wants_tls(mut client: TcpStream) -> io::Result<Option<TcpStream>> {
    loop {
        let mut first = [0];
        if client.peek(&mut first).await? == 1 && first[0] == TLS_HANDSHAKE {
            return Ok(Some(client));
        }
        let length = client.read_u32().await?;
        let code = client.read_u32().await?;
        match (length, code) {
            (8, wire::SSL_REQUEST) => {
                client.write_all(b"S").await?;
                return Ok(Some(client));
            }
            (8, wire::GSS_REQUEST) => client.write_all(b"N").await?,
            _ => {
                let text = "no pg_hba.conf entry for host \"127.0.0.1\", no encryption";
                client.write_all(&wire::fatal(REFUSED, text)).await?;
                return Ok(None);
            }
        }
    }
}

/// Returns the connection to the server, after the server has accepted the client or asks for its password; `None` if
/// the client was refused.
async fn authenticate(client: &mut TlsStream<TcpStream>, shared: &Shared) -> io::Result<Option<UnixStream>> {
    let (opening, bytes) = wire::opening(client).await?;
    let connected = async {
        let mut server = UnixStream::connect(shared.socket()).await?;
        server.write_all(&bytes).await?;
        Ok::<_, io::Error>(server)
    };
    let user = match opening {
        Opening::Cancel => return connected.await.map(Some),
        Opening::Start { user, database } if user == SUPERUSER => {
            let text = format!(
                "pg_hba.conf rejects connection for host \"127.0.0.1\", user \"{user}\", database \"{database}\", SSL \
                 encryption"
            );
            return refuse(client, &text).await;
        }
        Opening::Start { user, .. } => user,
    };
    let mut server = connected.await?;
    let (answer, without_password) = wire::authentication(&mut server).await?;
    if !without_password {
        client.write_all(&answer).await?;
        client.flush().await?;
        return Ok(Some(server));
    }
    let Some(before) = answer.strip_suffix(&wire::OK) else { return Ok(None) };
    client.write_all(&[before, &wire::ASK_PASSWORD].concat()).await?;
    client.flush().await?;
    let token = wire::password(client).await?;
    match shared.tokens.verify(&shared.server, &user, &token).await {
        Ok(()) => {
            client.write_all(&wire::OK).await?;
            client.flush().await?;
            Ok(Some(server))
        }
        Err(reason) => {
            tracing::warn!("IAM database authentication of {user:?} failed: {reason}");
            server.write_all(&wire::TERMINATE).await?;
            refuse(client, &format!("PAM authentication failed for user \"{user}\"")).await
        }
    }
}

async fn refuse(client: &mut TlsStream<TcpStream>, text: &str) -> io::Result<Option<UnixStream>> {
    client.write_all(&wire::fatal(REFUSED, text)).await?;
    client.shutdown().await?;
    Ok(None)
}
