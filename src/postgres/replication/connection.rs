//! A connection in replication mode: commands with their results. `login.rs` opens it.

use bytes::BytesMut;
use postgres_protocol::message::frontend;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::Lsn;
use super::fault::ServerError;
use super::frames::Frames;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::postgres::names::quote_identifier;

/// An idle connection in replication mode (`replication=database`).
pub struct Connection {
    pub(super) tls: TlsStream<TcpStream>,
    pub(super) frames: Frames,
    /// `user@host:port/database`, for messages.
    pub(super) name: String,
}

/// A newly created slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The slot contains every transaction that commits after this position.
    pub consistent_point: Lsn,
    /// For SET TRANSACTION SNAPSHOT: the data committed before. Valid until the connection's next command.
    pub snapshot: String,
}

impl Connection {
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let broke = || "the replication connection broke".into();
        self.tls.write_all(bytes).await.or_fail(Kind::DatabaseUnreachable, broke)?;
        self.tls.flush().await.or_fail(Kind::DatabaseUnreachable, broke)
    }

    /// Returns the next message, or the server's error as our error; notices and parameters are skipped.
    pub(super) async fn receive(&mut self) -> Result<(u8, Vec<u8>)> {
        loop {
            match self.frames.next()? {
                Some((b'E', body)) => return Err(ServerError::read(body).into_error(&self.name)),
                Some((b'N' | b'S' | b'K', _)) => continue,
                Some((tag, body)) => return Ok((tag, body.to_vec())),
                None => {}
            }
            self.frames.fill(&mut self.tls).await?;
        }
    }

    /// Runs one command of the replication grammar, or SQL; returns the rows' columns as text.
    ///
    /// # Errors
    /// Those of the server, by SQLSTATE.
    pub async fn query(&mut self, command: &str) -> Result<Vec<Vec<Option<String>>>> {
        self.send_query(command).await?;
        let mut rows = Vec::new();
        let mut failure = None;
        loop {
            match self.receive().await {
                Ok((b'Z', _)) => return failure.map_or(Ok(rows), Err),
                Ok((b'D', body)) => rows.push(data_row(&body)),
                Ok(_) => {}
                // The server sends ReadyForQuery after its error, too.
                Err(error) if error.kind() != Kind::DatabaseUnreachable => failure = Some(error),
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) async fn send_query(&mut self, command: &str) -> Result<()> {
        let mut out = BytesMut::new();
        frontend::query(command, &mut out).or_fail(Kind::Unexpected, || "a command contains a zero byte".into())?;
        self.send(&out).await
    }

    /// Creates a logical slot for pgoutput. Waits for open transactions to end.
    ///
    /// # Errors
    /// `SlotTaken` if all slots are in use; those of the server.
    pub async fn create_slot(&mut self, slot: &str) -> Result<Slot> {
        let command = format!("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput EXPORT_SNAPSHOT", quote_identifier(slot));
        let rows = self.query(&command).await?;
        let column = |n: usize| rows.first().and_then(|row| row.get(n)).cloned().flatten();
        let point = column(1).and_then(|text| text.parse().ok());
        match (point, column(2)) {
            (Some(consistent_point), Some(snapshot)) => Ok(Slot { consistent_point, snapshot }),
            _ => Err(Error::new(Kind::Unexpected, format!("{}: unreadable answer to {command}", self.name))),
        }
    }
}

fn data_row(body: &[u8]) -> Vec<Option<String>> {
    let mut columns = Vec::new();
    let mut rest = body.get(2..).unwrap_or_default();
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = i32::from_be_bytes(*length);
        match usize::try_from(length).ok().and_then(|length| after.split_at_checked(length)) {
            Some((text, after)) => {
                columns.push(Some(String::from_utf8_lossy(text).into_owned()));
                rest = after;
            }
            None => {
                columns.push(None);
                rest = after;
            }
        }
    }
    columns
}
