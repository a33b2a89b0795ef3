//! The lock of a stack's only daemon. The kernel frees the lock of a killed process.

use std::fs::{File, OpenOptions, Permissions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use super::home::Home;
use super::process;
use crate::base::error::{Kind, OrFail, Result};
use crate::base::report::Reporter;

/// A lock on a file, held for as long as it lives.
pub struct FileLock(File);

impl FileLock {
    /// Takes the lock; returns `None` if another process has it.
    ///
    /// # Errors
    /// `LocalSetup` if the file can't be opened.
    pub fn take(path: &Path) -> Result<Option<Self>> {
        let failed = || format!("{} can't be locked", path.display());
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
        let file = file.or_fail(Kind::LocalSetup, failed)?;
        // Older versions made it readable; every user who can open the file can lock it.
        file.set_permissions(Permissions::from_mode(0o600)).or_fail(Kind::LocalSetup, failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error).or_fail(Kind::LocalSetup, failed),
        }
    }

    /// Waits until the lock is free.
    ///
    /// # Errors
    /// `LocalSetup` if the file can't be opened.
    pub async fn wait(path: &Path, reporter: &dyn Reporter) -> Result<Self> {
        let mut noted = false;
        loop {
            if let Some(lock) = Self::take(path)? {
                return Ok(lock);
            }
            if !noted {
                reporter.note("another outboxctl is fetching the same tools; waiting for it");
                noted = true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Takes the stack's lock, and writes our process id and start time into it. Returns `None` if another daemon has it.
///
/// # Errors
/// `LocalSetup` if the lock file can't be opened or written.
pub fn take(home: &Home) -> Result<Option<FileLock>> {
    let mut taken = None;
    for _ in 0..20 {
        taken = FileLock::take(&home.file("lock"))?;
        if taken.is_some() {
            break;
        }
        // `is_free` also takes the lock for a moment.
        std::thread::sleep(Duration::from_millis(10));
    }
    let Some(mut lock) = taken else { return Ok(None) };
    let pid = std::process::id();
    let text = format!("{pid} {}", process::started(pid).unwrap_or(0));
    lock.0
        .set_len(0)
        .and_then(|()| lock.0.write_all(text.as_bytes()))
        .or_fail(Kind::LocalSetup, || "the lock".into())?;
    Ok(Some(lock))
}

/// Returns the daemon's process id while it holds the lock. A reused process id does not count.
pub fn holder(home: &Home) -> Option<u32> {
    if is_free(home) {
        return None;
    }
    let text = std::fs::read_to_string(home.file("lock")).ok()?;
    let mut numbers = text.split_whitespace();
    let pid = numbers.next()?.parse().ok()?;
    // Locks of earlier versions have no time, and only Linux has /proc.
    let same = match (numbers.next().and_then(|time| time.parse::<u64>().ok()), process::started(pid)) {
        (Some(wrote), Some(now)) => wrote == now,
        _ => process::exists(pid),
    };
    same.then_some(pid)
}

/// Returns whether no daemon holds the lock.
pub fn is_free(home: &Home) -> bool {
    match File::open(home.file("lock")) {
        Ok(file) => file.try_lock_shared().is_ok(),
        Err(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_has_one_holder() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path(), "t");
        assert!(is_free(&home));
        home.create().unwrap();
        let lock = take(&home).unwrap();
        assert!(lock.is_some() && !is_free(&home) && take(&home).unwrap().is_none());
        assert_eq!(holder(&home), Some(std::process::id()));
        let mode = std::fs::metadata(home.file("lock")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "another user can't take it");
        std::fs::write(home.file("lock"), format!("{} 1", std::process::id())).unwrap();
        assert_eq!(holder(&home), None, "another process has that number now");
        drop(lock);
        assert!(is_free(&home) && take(&home).unwrap().is_some());
    }
}
