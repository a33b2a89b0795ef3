//! Payloads in an unnamed temporary file, which disappears with the process: a queue can't be queried for a single
//! message again.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use crate::error::{Kind, OrFail, Result};

/// Position of a text in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    start: u64,
    bytes: usize,
}

pub struct Spool {
    file: File,
    end: u64,
}

impl Spool {
    /// # Errors
    /// `Io` if temporary files can't be created.
    pub fn new() -> Result<Self> {
        let file = tempfile::tempfile().or_fail(Kind::Io, || "a temporary file can't be created".into())?;
        Ok(Self { file, end: 0 })
    }

    /// # Errors
    /// `Io`, for example on a full disk.
    pub fn write(&mut self, text: &[u8]) -> Result<Spot> {
        let failed = || "a temporary file can't be written".to_owned();
        let spot = Spot { start: self.end, bytes: text.len() };
        self.file.seek(SeekFrom::Start(self.end)).or_fail(Kind::Io, failed)?;
        self.file.write_all(text).or_fail(Kind::Io, failed)?;
        self.end += text.len() as u64;
        Ok(spot)
    }

    /// # Errors
    /// `Io`.
    pub fn read(&mut self, spot: Spot) -> Result<Vec<u8>> {
        let failed = || "a temporary file can't be read back".to_owned();
        let mut text = vec![0; spot.bytes];
        self.file.seek(SeekFrom::Start(spot.start)).or_fail(Kind::Io, failed)?;
        self.file.read_exact(&mut text).or_fail(Kind::Io, failed)?;
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_in_any_order() {
        let mut spool = Spool::new().expect("a file");
        let texts: [&[u8]; 4] = [b"one", b"", b"\xff\0", b"four"];
        let spots = texts.map(|text| spool.write(text).expect("written"));
        for at in [2, 0, 3, 1] {
            assert_eq!(spool.read(spots[at]).expect("read"), texts[at]);
        }
        let later = spool.write(b"later").expect("written");
        assert_eq!(spool.read(later).expect("read"), b"later");
    }
}
