//! Splits a byte stream into message frames, without copying them.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::base::error::{Error, Kind, OrFail, Result};

/// Maximum bytes of one read; also the buffer size after a long message.
const CAPACITY: usize = 256 * 1024;
/// PostgreSQL's own limit of a message.
const LONGEST: usize = 0x3fff_ffff;

/// The bytes that were read and not yet consumed.
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// Start of the unconsumed bytes.
    start: usize,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self { buffer: Vec::with_capacity(CAPACITY), start: 0 }
    }

    /// Reads available bytes, at least one. Cancellation safe.
    pub(super) async fn fill(&mut self, from: &mut (impl AsyncRead + Unpin)) -> Result<usize> {
        self.make_room();
        let count = from
            .read_buf(&mut self.buffer)
            .await
            .or_fail(Kind::DatabaseUnreachable, || "the replication connection broke".into())?;
        match count {
            0 => Err(Error::new(Kind::DatabaseUnreachable, "the server closed the replication connection")),
            count => Ok(count),
        }
    }

    /// Returns the number of unconsumed bytes.
    pub(super) fn waiting(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Returns whether a read would have less than half of the buffer to fill.
    pub(super) fn is_nearly_full(&self) -> bool {
        self.waiting() >= CAPACITY / 2
    }

    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start.., 0);
            self.buffer.truncate(self.buffer.len() - self.start);
            self.start = 0;
            if self.buffer.capacity() > CAPACITY && self.buffer.len() < CAPACITY / 2 {
                self.buffer.shrink_to(CAPACITY);
            }
        }
        if self.buffer.len() == self.buffer.capacity() {
            // Only for a message longer than the buffer, which is buffered whole.
            self.buffer.reserve(self.buffer.capacity());
        }
    }

    /// Returns the next whole message: its type and its body.
    pub(super) fn next(&mut self) -> Result<Option<(u8, &[u8])>> {
        let unread = &self.buffer[self.start..];
        let [tag, a, b, c, d, ..] = *unread else { return Ok(None) };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if !(4..=LONGEST).contains(&length) {
            return Err(Error::new(Kind::Unexpected, format!("the server sent a message of {length} bytes")));
        }
        let Some(body) = unread.get(5..=length) else { return Ok(None) };
        self.start += length + 1;
        Ok(Some((tag, body)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag];
        bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
        bytes.extend_from_slice(body);
        bytes
    }

    #[tokio::test]
    async fn messages_of_any_length_in_any_pieces() {
        let bodies: Vec<Vec<u8>> = [0, 1, 10, 300_000, 3, 1_000_000, 2].iter().map(|n| vec![7; *n]).collect();
        let all: Vec<u8> = bodies.iter().flat_map(|body| message(b'd', body)).collect();
        for piece in [1000, 65_536, 1 << 20] {
            let (mut near, far) = tokio::io::duplex(piece);
            let all = all.clone();
            let writer = tokio::spawn(async move {
                let mut far = far;
                tokio::io::AsyncWriteExt::write_all(&mut far, &all).await
            });
            let mut frames = Frames::new();
            let mut seen = Vec::new();
            while seen.len() < bodies.len() {
                while let Some((_, body)) = frames.next().unwrap() {
                    seen.push(body.len());
                }
                if seen.len() < bodies.len() {
                    frames.fill(&mut near).await.unwrap();
                }
            }
            writer.await.unwrap().unwrap();
            assert_eq!(seen, bodies.iter().map(Vec::len).collect::<Vec<_>>());
            assert!(frames.buffer.capacity() <= 2 * CAPACITY + 1_000_000, "{}", frames.buffer.capacity());
        }
    }

    #[tokio::test]
    async fn a_nonsense_length_is_an_error() {
        let mut frames = Frames::new();
        frames.fill(&mut &[b'd', 0, 0, 0, 3][..]).await.unwrap();
        assert!(frames.next().is_err());
    }
}
