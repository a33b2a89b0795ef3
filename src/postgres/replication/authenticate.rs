//! Authentication of a new connection: SCRAM-SHA-256, bound to the server's certificate if both sides support it.

use bytes::BytesMut;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256};
use postgres_protocol::message::frontend;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::connection::Connection;
use crate::error::{Error, Kind, OrFail, Result};
use crate::postgres::tls::server_end_point;

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
    let hash = session.peer_certificates().and_then(|chain| chain.first()).and_then(|leaf| server_end_point(leaf));
    match hash {
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
