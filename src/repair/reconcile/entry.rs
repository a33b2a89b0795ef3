//! An event on one side, in the form of the temporary files.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Buckets of each side, each an open file: macOS allows 256 per process. Their write buffers take 4 MB in total.
pub(super) const BUCKETS: usize = 64;
/// Bytes of an entry in a file.
pub(super) const SIZE: usize = 41;

/// One event on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub id: u128,
    pub digest: u128,
    /// Microseconds since 1970.
    pub at: i64,
    /// Bits: 1 if there is a digest, 2 for a replay.
    flags: u8,
}

impl Entry {
    /// Creates an entry; `digest` is `None` if the content is unknown.
    pub fn new(id: Uuid, at: DateTime<Utc>, digest: Option<u128>, replay: bool) -> Self {
        let flags = u8::from(digest.is_some()) | (u8::from(replay) << 1);
        Self { id: id.as_u128(), digest: digest.unwrap_or_default(), at: at.timestamp_micros(), flags }
    }

    pub fn has_digest(&self) -> bool {
        self.flags & 1 != 0
    }

    pub fn is_replay(&self) -> bool {
        self.flags & 2 != 0
    }

    pub(super) fn write(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[..16].copy_from_slice(&self.id.to_be_bytes());
        bytes[16..32].copy_from_slice(&self.digest.to_be_bytes());
        bytes[32..40].copy_from_slice(&self.at.to_be_bytes());
        bytes[40] = self.flags;
        bytes
    }

    pub(super) fn read(bytes: &[u8; SIZE]) -> Self {
        let mut wide = [[0; 16]; 2];
        wide[0].copy_from_slice(&bytes[..16]);
        wide[1].copy_from_slice(&bytes[16..32]);
        let mut at = [0; 8];
        at.copy_from_slice(&bytes[32..40]);
        let [id, digest] = wide.map(u128::from_be_bytes);
        Self { id, digest, at: i64::from_be_bytes(at), flags: bytes[40] }
    }
}

/// Returns the bucket of an event. Ids of version 7 begin with the time, others may count: only a mix of all bits
/// spreads them evenly.
pub(super) fn bucket(id: u128) -> usize {
    let folded = (id >> 64) as u64 ^ id as u64;
    let mixed = (folded ^ (folded >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    ((mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 58) as usize
}
