//! Free space on the disk of a stack.

use std::path::Path;

/// Free bytes without which PostgreSQL can't run: it creates segments of 16 MiB for its write-ahead log, also while it
/// recovers.
pub const NEEDED: u64 = 32 << 20;

/// Returns the bytes that are free on the disk of a folder for users other than root; None if the system does not know.
pub fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Returns whether the disk of a folder is too full for PostgreSQL.
pub fn is_full(folder: &Path) -> bool {
    free(folder).is_some_and(|free| free < NEEDED)
}
