//! The copy-both phase: changes come in, confirmations go out.

use bytes::{BufMut, BytesMut};

use super::Lsn;
use super::connection::Connection;
use super::fault::ServerError;
use crate::error::{Error, Kind, Result};

/// PostgreSQL's epoch (2000-01-01) in Unix microseconds.
const EPOCH: i64 = 946_684_800_000_000;

/// A running replication stream.
pub struct Stream {
    connection: Connection,
}

/// One message of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// A message of the output plugin, and the position of the change in the log.
    Change { at: Lsn, data: &'a [u8] },
    /// Everything that the slot holds up to `end` was sent.
    Keepalive { end: Lsn, reply: bool },
    /// The server ended the stream.
    Done,
    /// A notice or a changed parameter.
    Other,
}

impl Stream {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Reads what the server has sent, at least one byte. Cancelling loses nothing.
    ///
    /// # Errors
    /// `DatabaseUnreachable` when the connection is gone.
    pub async fn fill(&mut self) -> Result<usize> {
        self.connection.frames.fill(&mut self.connection.tls).await
    }

    /// Bytes that were read and not yet taken by [`Stream::next`].
    pub fn waiting(&self) -> usize {
        self.connection.frames.waiting()
    }

    /// Whether there is little room left to read into.
    pub fn is_nearly_full(&self) -> bool {
        self.connection.frames.is_nearly_full()
    }

    /// The next message that has arrived whole. Does not wait.
    ///
    /// # Errors
    /// What the server says, or a message that is none.
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

    /// Tells the server that everything up to `confirmed` is safe: it never sends that again, and may discard it.
    ///
    /// # Errors
    /// `DatabaseUnreachable` when the connection is gone.
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
        // CopyDone and Terminate; when they don't arrive, the closed socket says the same.
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
    fn frames_are_told_apart() {
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
        fn garbage_is_no_panic(bytes: Vec<u8>) {
            let _ = frame(&bytes);
        }
    }
}
