//! Payloads in an unnamed temporary file, which disappears with the process: a queue can't be queried for a single
//! message again.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use crate::base::error::{Kind, OrFail, Result};
use crate::repair::temporary::{self, not_read, not_written};

/// Position of a text in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
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
        Ok(Self { file: temporary::file()?, end: 0 })
    }

    /// # Errors
    /// `Io`, for example on a full disk.
    pub fn write(&mut self, text: &[u8]) -> Result<Span> {
        let span = Span { start: self.end, bytes: text.len() };
        self.file.seek(SeekFrom::Start(self.end)).or_fail(Kind::Io, not_written)?;
        self.file.write_all(text).or_fail(Kind::Io, not_written)?;
        self.end += text.len() as u64;
        Ok(span)
    }

    /// # Errors
    /// `Io`.
    pub fn read(&mut self, span: Span) -> Result<Vec<u8>> {
        let mut text = vec![0; span.bytes];
        self.file.seek(SeekFrom::Start(span.start)).or_fail(Kind::Io, not_read)?;
        self.file.read_exact(&mut text).or_fail(Kind::Io, not_read)?;
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
        let spans = texts.map(|text| spool.write(text).expect("written"));
        for at in [2, 0, 3, 1] {
            assert_eq!(spool.read(spans[at]).expect("read"), texts[at]);
        }
        let later = spool.write(b"later").expect("written");
        assert_eq!(spool.read(later).expect("read"), b"later");
    }
}
