//! TLS in front of a PostgreSQL that was built without it, as the one from the Python package index is.
//!
//! Does what the server does in the same place of the protocol (docs: PostgreSQL, "SSL session encryption"): answers
//! the request for TLS, or takes TLS from the first byte on, refuses everybody else, and passes the rest on.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional_with_sizes};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use crate::error::{Kind, OrFail, Result};
use crate::listener;

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;
/// First byte of a TLS handshake record.
const TLS_HANDSHAKE: u8 = 0x16;
/// How long a client may take to ask for TLS, as PostgreSQL's authentication_timeout.
const PATIENCE: Duration = Duration::from_secs(60);
const BUFFER: usize = 64 * 1024;

/// Ends the listening when dropped.
pub struct Front(#[expect(dead_code, reason = "dropping it is what counts")] JoinSet<()>);

/// Listens on `port` of this machine's loopback addresses and passes on to `server_port`.
///
/// # Errors
/// `LocalSetup` when the certificate can't be used or the port not be opened.
pub async fn start(folder: &Path, port: u16, server_port: u16) -> Result<Front> {
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
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listeners = listener::bind(port).and_then(listener::watched).or_fail(Kind::LocalSetup, failed)?;
    Ok(Front(listeners.into_iter().map(|listener| accept(listener, acceptor.clone(), server_port)).collect()))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, server_port: u16) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => drop(tokio::spawn(connection(client, acceptor.clone(), server_port))),
            // Out of file descriptors, most likely: others end meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

async fn connection(client: TcpStream, acceptor: TlsAcceptor, server_port: u16) {
    let passed = async {
        client.set_nodelay(true)?;
        let Some(client) = tokio::time::timeout(PATIENCE, wants_tls(client)).await?? else { return Ok(()) };
        let mut client = tokio::time::timeout(PATIENCE, acceptor.accept(client)).await??;
        let mut server = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, server_port))).await?;
        server.set_nodelay(true)?;
        copy_bidirectional_with_sizes(&mut client, &mut server, BUFFER, BUFFER).await?;
        Ok::<_, io::Error>(())
    };
    if let Err(error) = passed.await {
        tracing::debug!(%error, "a connection to PostgreSQL ended");
    }
}

/// The client once it has asked for TLS. None when it did not and was told so.
async fn wants_tls(mut client: TcpStream) -> io::Result<Option<TcpStream>> {
    loop {
        let mut first = [0];
        if client.peek(&mut first).await? == 1 && first[0] == TLS_HANDSHAKE {
            return Ok(Some(client));
        }
        let length = client.read_u32().await?;
        let code = client.read_u32().await?;
        match (length, code) {
            (8, SSL_REQUEST) => {
                client.write_all(b"S").await?;
                return Ok(Some(client));
            }
            (8, GSS_REQUEST) => client.write_all(b"N").await?,
            _ => {
                client.write_all(&refusal()).await?;
                return Ok(None);
            }
        }
    }
}

/// ErrorResponse with what the server says to a client that its hostssl lines leave out.
fn refusal() -> Vec<u8> {
    let mut fields = Vec::new();
    for (code, text) in [
        (b'S', "FATAL"),
        (b'V', "FATAL"),
        (b'C', "28000"),
        (b'M', "no pg_hba.conf entry for host \"127.0.0.1\", no encryption"),
    ] {
        fields.push(code);
        fields.extend_from_slice(text.as_bytes());
        fields.push(0);
    }
    fields.push(0);
    let length = u32::try_from(fields.len() + 4).unwrap_or(u32::MAX);
    [&[b'E'][..], &length.to_be_bytes(), &fields].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_is_one_message() {
        let message = refusal();
        assert_eq!(message[0], b'E');
        let length = u32::from_be_bytes([message[1], message[2], message[3], message[4]]);
        assert_eq!(length as usize, message.len() - 1);
        assert!(message.ends_with(&[0, 0]));
    }
}
