//! The daemon's log: warnings of background work, on stderr, which is a file.

use std::io::{self, Write};

/// Writes warnings to stderr from now on, or what OUTBOX_LOG asks for.
pub fn warnings() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("OUTBOX_LOG").unwrap_or_else(|_| "warn".into());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        // It would report a failed write by another one, which panics: a full disk would end the work that logs.
        .log_internal_errors(false)
        .with_writer(|| Lenient(io::stderr()));
    // A second one in the same process would be a mistake, and not worth failing for.
    let _ = log.try_init();
}

/// Drops what can't be written: on a full disk the work is worth more than its log.
struct Lenient<W>(W);

impl<W: Write> Write for Lenient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.0.write(bytes).unwrap_or(bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = self.0.flush();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::StorageFull.into())
        }
    }

    #[test]
    fn a_full_disk_does_not_end_the_work_that_logs() {
        let log = tracing_subscriber::fmt().log_internal_errors(false).with_writer(|| Lenient(Full)).finish();
        tracing::subscriber::with_default(log, || tracing::error!("lost"));
        assert_eq!(Lenient(Full).write(b"abc").unwrap(), 3);
    }
}
