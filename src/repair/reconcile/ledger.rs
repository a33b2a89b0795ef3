//! Both sides in temporary files, distributed over buckets by event id.
//!
//! A fact has 41 bytes: ten million events on both sides take 820 MB in the folder for temporary files, and one bucket
//! of them 15 MB of memory. The files are unnamed and disappear with the process.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::compare::{Counts, Finding, compare};
use crate::error::{Kind, OrFail, Result};

/// Buckets of each side, each an open file: macOS allows 256 per process.
const BUCKETS: usize = 64;
/// Write buffer in bytes, per bucket and side: 4 MB in total.
const GATHERED: usize = 32 << 10;
const SIZE: usize = 41;

/// The committed or the delivered events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Committed,
    Delivered,
}

/// One event on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    pub id: u128,
    pub digest: u128,
    /// Microseconds since 1970.
    pub at: i64,
    /// Bits: 1 if there is a digest, 2 for a replay.
    flags: u8,
}

impl Fact {
    /// Creates a fact; `digest` is `None` if the content is unknown.
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

    fn write(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        bytes[..16].copy_from_slice(&self.id.to_be_bytes());
        bytes[16..32].copy_from_slice(&self.digest.to_be_bytes());
        bytes[32..40].copy_from_slice(&self.at.to_be_bytes());
        bytes[40] = self.flags;
        bytes
    }

    fn read(bytes: &[u8; SIZE]) -> Self {
        let mut wide = [[0; 16]; 2];
        wide[0].copy_from_slice(&bytes[..16]);
        wide[1].copy_from_slice(&bytes[16..32]);
        let mut at = [0; 8];
        at.copy_from_slice(&bytes[32..40]);
        let [id, digest] = wide.map(u128::from_be_bytes);
        Self { id, digest, at: i64::from_be_bytes(at), flags: bytes[40] }
    }
}

/// Returns the bucket of an event. Ids of version 7 begin with the time, others may count: only a mix of all bits spreads
/// them evenly.
fn bucket(id: u128) -> usize {
    let folded = (id >> 64) as u64 ^ id as u64;
    let mixed = (folded ^ (folded >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    ((mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 58) as usize
}

/// The facts of both sides.
pub struct Ledger {
    sides: [Vec<BufWriter<File>>; 2],
    counts: [u64; 2],
}

impl Ledger {
    /// # Errors
    /// `Io` if temporary files can't be created.
    pub fn new() -> Result<Self> {
        let file = || {
            let file = tempfile::tempfile().or_fail(Kind::Io, || "a temporary file can't be created".into())?;
            Ok(BufWriter::with_capacity(GATHERED, file))
        };
        let side = || (0..BUCKETS).map(|_| file()).collect::<Result<Vec<_>>>();
        Ok(Self { sides: [side()?, side()?], counts: [0, 0] })
    }

    /// # Errors
    /// `Io`, for example on a full disk.
    pub fn add(&mut self, side: Side, fact: &Fact) -> Result<()> {
        self.counts[side as usize] += 1;
        let file = &mut self.sides[side as usize][bucket(fact.id)];
        file.write_all(&fact.write()).or_fail(Kind::Io, || "a temporary file can't be written".into())
    }

    /// Returns the number of facts on a side.
    pub fn count(&self, side: Side) -> u64 {
        self.counts[side as usize]
    }

    /// Compares bucket by bucket. `on_finding` receives every committed event, and delivered ones within `window` that
    /// were not committed.
    ///
    /// # Errors
    /// `Io`, and those of `on_finding`.
    pub fn compare(
        self,
        window: (Option<DateTime<Utc>>, DateTime<Utc>),
        mut on_finding: impl FnMut(Uuid, Finding) -> Result<()>,
    ) -> Result<Counts> {
        let (mut counts, mut comparison) = (Counts::default(), self.comparison(window));
        while comparison.next(&mut counts, &mut on_finding)? {}
        Ok(counts)
    }

    /// Returns the comparison, for callers that have work to do between the buckets.
    pub fn comparison(self, window: (Option<DateTime<Utc>>, DateTime<Utc>)) -> Comparison {
        let from = window.0.map_or(i64::MIN, |from| from.timestamp_micros());
        let [committed, delivered] = self.sides.map(Vec::into_iter);
        Comparison { committed, delivered, compared: Vec::new(), window: from..window.1.timestamp_micros() }
    }
}

/// The committed events that were compared, in their temporary files.
#[derive(Debug, Clone, Default)]
pub struct Compared(Arc<Vec<File>>);

impl Compared {
    /// Returns those of the events that were compared. The others were committed after the comparison had read their
    /// place, or are outside its window.
    ///
    /// # Errors
    /// `Io`.
    pub fn among(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
        let mut wanted: HashMap<usize, HashSet<u128>> = HashMap::new();
        for id in ids.iter().map(Uuid::as_u128) {
            wanted.entry(bucket(id)).or_default().insert(id);
        }
        let mut found = HashSet::new();
        for (bucket, wanted) in wanted {
            let Some(file) = self.0.get(bucket) else { continue };
            let facts = read(file)?.into_iter().filter(|fact| wanted.contains(&fact.id));
            found.extend(facts.map(|fact| Uuid::from_u128(fact.id)));
        }
        Ok(found)
    }
}

/// The remaining buckets.
pub struct Comparison {
    committed: std::vec::IntoIter<BufWriter<File>>,
    delivered: std::vec::IntoIter<BufWriter<File>>,
    /// Files of the committed side that were compared.
    compared: Vec<File>,
    window: Range<i64>,
}

impl Comparison {
    /// Compares the next bucket; returns false if none is left.
    ///
    /// # Errors
    /// `Io`, and those of `on_finding`.
    pub fn next(
        &mut self,
        counts: &mut Counts,
        on_finding: &mut impl FnMut(Uuid, Finding) -> Result<()>,
    ) -> Result<bool> {
        let (Some(committed), Some(delivered)) = (self.committed.next(), self.delivered.next()) else {
            return Ok(false);
        };
        let committed = written(committed)?;
        let mut facts = read(&committed)?;
        compare(&mut facts, &mut read(&written(delivered)?)?, &self.window, counts, on_finding)?;
        self.compared.push(committed);
        Ok(true)
    }

    /// Returns the committed events, after the last bucket.
    pub fn into_compared(self) -> Compared {
        Compared(Arc::new(self.compared))
    }
}

/// Returns the file, completely written.
fn written(file: BufWriter<File>) -> Result<File> {
    let written = file.into_inner().map_err(std::io::IntoInnerError::into_error);
    written.or_fail(Kind::Io, || "a temporary file can't be written".into())
}

fn read(mut file: &File) -> Result<Vec<Fact>> {
    let failed = || "a temporary file can't be read back".to_owned();
    let size = file.seek(SeekFrom::End(0)).or_fail(Kind::Io, failed)?;
    file.rewind().or_fail(Kind::Io, failed)?;
    let count = usize::try_from(size).unwrap_or(usize::MAX) / SIZE;
    let (mut file, mut facts) = (BufReader::new(file), Vec::with_capacity(count));
    let mut bytes = [0; SIZE];
    for _ in 0..count {
        file.read_exact(&mut bytes).or_fail(Kind::Io, failed)?;
        facts.push(Fact::read(&bytes));
    }
    Ok(facts)
}
