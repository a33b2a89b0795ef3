//! Temporary files. They are unnamed, and disappear with the process.

use std::fs::File;
use std::io::{BufWriter, IntoInnerError};

use crate::base::error::{Kind, OrFail, Result};

/// Write buffer of a file in bytes.
const BUFFER: usize = 32 << 10;

/// Creates an empty file.
///
/// # Errors
/// `Io` if temporary files can't be created.
pub fn file() -> Result<File> {
    tempfile::tempfile().or_fail(Kind::Io, || "a temporary file can't be created".into())
}

/// Creates `count` files with write buffers of 32 KB.
///
/// # Errors
/// As [`file()`].
pub fn writers(count: usize) -> Result<Vec<BufWriter<File>>> {
    (0..count).map(|_| Ok(BufWriter::with_capacity(BUFFER, file()?))).collect()
}

/// Returns the file, completely written.
///
/// # Errors
/// `Io`, for example on a full disk.
pub fn written(file: BufWriter<File>) -> Result<File> {
    file.into_inner().map_err(IntoInnerError::into_error).or_fail(Kind::Io, not_written)
}

/// Returns the message of a failed write.
pub fn not_written() -> String {
    "a temporary file can't be written".into()
}

/// Returns the message of a failed read.
pub fn not_read() -> String {
    "a temporary file can't be read back".into()
}
