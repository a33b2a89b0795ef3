//! The logs of processes without a console: the local stack's daemon, and the functions.

use std::io::{self, Write};

use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

/// Targets that log whole requests below info level, including credentials and session tokens.
const CONFIDENTIAL: [&str; 5] = ["aws_", "h2", "hyper", "lambda_", "tower"];

/// Installs the daemon's log: stderr, which is a file, with the time of each line. `chosen` is the filter of OUTBOX_LOG.
pub fn of_daemon(chosen: Option<String>) {
    let log = fmt()
        .with_env_filter(filter(chosen, "warn"))
        .with_ansi(false)
        // The default layer would report a failed write with another one, which panics: a full disk would end the
        // logging work.
        .log_internal_errors(false)
        .with_writer(|| Lenient(io::stderr()))
        .finish();
    // A second logger in the same process is ignored.
    let _ = log.with(filter_fn(|record| is_harmless(record.level(), record.target()))).try_init();
}

/// Installs a function's log: stdout, whose lines Lambda stores with the time. `chosen` is the filter of OUTBOX_LOG.
pub fn of_function(chosen: Option<String>) {
    let log = fmt().with_env_filter(filter(chosen, "warn,outboxctl=info")).with_ansi(false).without_time();
    let _ = log
        .with_target(false)
        .finish()
        .with(filter_fn(|record| is_harmless(record.level(), record.target())))
        .try_init();
}

/// Returns the chosen filter, else `default`.
fn filter(chosen: Option<String>, default: &str) -> EnvFilter {
    chosen.and_then(|text| EnvFilter::try_new(text).ok()).unwrap_or_else(|| EnvFilter::new(default))
}

/// Returns whether a record can't contain credentials, whatever OUTBOX_LOG requests.
fn is_harmless(level: &Level, target: &str) -> bool {
    *level <= Level::INFO || !CONFIDENTIAL.iter().any(|name| target.starts_with(name))
}

/// Ignores failed writes: on a full disk the work is more important than its log.
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

    #[test]
    fn libraries_that_log_requests_stay_at_info() {
        assert!(!is_harmless(&Level::TRACE, "aws_sigv4::http_request::sign"));
        assert!(!is_harmless(&Level::DEBUG, "hyper_util::client::legacy"));
        assert!(is_harmless(&Level::INFO, "aws_config::profile"));
        assert!(is_harmless(&Level::TRACE, "outboxctl::functions"));
    }

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
    fn a_full_disk_does_not_end_the_work() {
        let log = tracing_subscriber::fmt().log_internal_errors(false).with_writer(|| Lenient(Full)).finish();
        tracing::subscriber::with_default(log, || tracing::error!("lost"));
        assert_eq!(Lenient(Full).write(b"abc").unwrap(), 3);
    }
}
