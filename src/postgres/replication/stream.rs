//! The copy-both phase: receives changes and sends confirmations.

use bytes::{BufMut, BytesMut};

use super::Lsn;
use super::connection::Connection;
use super::fault::ServerError;
use super::pgoutput::EPOCH;
use crate::base::error::{Error, Kind, Result};
use crate::postgres::names::{quote_identifier, quote_literal};

/// A running replication stream.
pub struct Stream {
    connection: Connection,
}

/// A message of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A message of the output plugin, and the position of the change in the log.
    Change { at: Lsn, data: &'a [u8] },
    /// The server has sent everything that the slot holds up to `end`.
    Keepalive { end: Lsn, reply: bool },
    /// The server ended the stream.
    Done,
    /// A notice or a changed parameter.
    Other,
}

impl Connection {
    /// Starts to stream the slot's changes: protocol version 1 sends a transaction once it has committed. Starts at
    /// `from`, or at the last confirmed position if that is later.
    ///
    /// # Errors
    /// `SlotTaken`, `MissingPublication`, and those of the server.
    pub async fn start_replication(mut self, slot: &str, publication: &str, from: Lsn) -> Result<Stream> {
        let names = quote_literal(&quote_identifier(publication));
        let slot = quote_identifier(slot);
        self.send_query(&format!(
            "START_REPLICATION SLOT {slot} LOGICAL {from} (proto_version '1', publication_names {names})"
        ))
        .await?;
        match self.receive().await? {
            (b'W', _) => Ok(Stream { connection: self }),
            (tag, _) => {
                let text = format!("{}: START_REPLICATION answered {:?}", self.name, char::from(tag));
                Err(Error::new(Kind::Unexpected, text))
            }
        }
    }
}

impl Stream {
    /// Reads available bytes, at least one. Cancellation safe.
    ///
    /// # Errors
    /// `DatabaseUnreachable` if the connection is closed.
    pub async fn fill(&mut self) -> Result<usize> {
        self.connection.frames.fill(&mut self.connection.tls).await
    }

    /// Returns the number of bytes that were read and not yet consumed by [`Stream::next`].
    pub fn waiting(&self) -> usize {
        self.connection.frames.waiting()
    }

    /// Returns whether there is little room left to read into.
    pub fn is_nearly_full(&self) -> bool {
        self.connection.frames.is_nearly_full()
    }

    /// Returns the next completely received message. Does not wait.
    ///
    /// # Errors
    /// Those of the server, or an invalid message.
    #[allow(clippy::should_implement_trait)] // the message borrows from the stream
    pub fn next(&mut self) -> Result<Option<Frame<'_>>> {
        let Some((tag, body)) = self.connection.frames.next()? else { return Ok(None) };
        match tag {
            b'd' => frame(body).map(Some),
            b'c' => Ok(Some(Frame::Done)),
            b'E' => Err(ServerError::read(body).into_error(&self.connection.name)),
            _ => Ok(Some(Frame::Other)),
        }
    }

    /// Confirms to the server that everything up to `confirmed` is stored: it never sends that again, and may discard
    /// it.
    ///
    /// # Errors
    /// `DatabaseUnreachable` if the connection is closed.
    pub async fn confirm(&mut self, confirmed: Lsn) -> Result<()> {
        let mut out = BytesMut::with_capacity(64);
        out.put_u8(b'd');
        out.put_u32(4 + 34);
        out.put_u8(b'r');
        // Written, flushed, applied: the slot moves with "flushed".
        for _ in 0..3 {
            out.put_u64(confirmed.0);
        }
        out.put_i64(chrono::Utc::now().timestamp_micros() - EPOCH);
        out.put_u8(0);
        self.connection.send(&out).await
    }

    /// Ends the stream; the server then frees the slot at once.
    pub async fn close(mut self) {
        // CopyDone and Terminate; if they don't arrive, the closed socket has the same effect.
        let _ = self.connection.send(&[b'c', 0, 0, 0, 4, b'X', 0, 0, 0, 4]).await;
        let _ = tokio::io::AsyncWriteExt::shutdown(&mut self.connection.tls).await;
    }
}

fn frame(body: &[u8]) -> Result<Frame<'_>> {
    let u64_at = |at: usize| Some(u64::from_be_bytes(body.get(at..at + 8)?.try_into().ok()?));
    let known = match body.first() {
        Some(b'w') => u64_at(1).zip(body.get(25..)).map(|(at, data)| Frame::Change { at: Lsn(at), data }),
        Some(b'k') => {
            u64_at(1).zip(body.get(17)).map(|(end, reply)| Frame::Keepalive { end: Lsn(end), reply: *reply == 1 })
        }
        _ => None,
    };
    known.ok_or_else(|| Error::new(Kind::Unexpected, "the server sent a replication message that can't be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_distinguished() {
        let mut change = vec![b'w'];
        change.extend([0, 0, 0, 1, 0, 0, 0, 2].iter().chain(&[0; 16]));
        change.push(b'B');
        assert_eq!(frame(&change).unwrap(), Frame::Change { at: Lsn(0x1_0000_0002), data: b"B" });
        let mut keepalive = vec![b'k'];
        keepalive.extend([0, 0, 0, 0, 0, 0, 0, 9].iter().chain(&[0; 8]));
        keepalive.push(1);
        assert_eq!(frame(&keepalive).unwrap(), Frame::Keepalive { end: Lsn(9), reply: true });
    }

    proptest::proptest! {
        #[test]
        fn invalid_bytes_do_not_panic(bytes: Vec<u8>) {
            let _ = frame(&bytes);
        }
    }
}
