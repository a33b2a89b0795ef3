//! A panic is a bug of ours, and still an ending: it is reported as an error of kind `unexpected`, exit code 1, and NDJSON
//! and JSON get their result.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::OnceLock;

use crate::error::{Error, Kind, Result};
use crate::output;

/// What the first panic of the process said, and where.
static FIRST: OnceLock<String> = OnceLock::new();

/// Replaces the report that Rust prints of every panic: the first is kept for the end of the process. The backtrace is
/// printed only where RUST_BACKTRACE asks for it.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let report = report(info);
        tracing::error!(report, "panic");
        let _ = FIRST.set(report);
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            output::complain(&backtrace.to_string());
        }
    }));
}

fn report(info: &PanicHookInfo) -> String {
    let message = info.payload_as_str().unwrap_or("no message");
    info.location().map_or_else(|| message.to_owned(), |place| format!("{message} ({place})"))
}

/// Runs `work`. A panic in it, or in one of its background tasks while it seemed to succeed, becomes an error.
pub fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // Nothing of what `work` had in hand is looked at after a panic.
    let result = catch_unwind(AssertUnwindSafe(work));
    match (result, FIRST.get()) {
        (Ok(Ok(_)) | Err(_), Some(report)) => Err(bug(report)),
        (Ok(result), _) => result,
        (Err(_), None) => Err(bug("a panic")),
    }
}

fn bug(report: &str) -> Error {
    Error::new(Kind::Unexpected, format!("a bug in outboxctl: {report}"))
        .hint("RUST_BACKTRACE=1 adds where it came from")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_of_kind_unexpected() {
        let result: Result<()> = caught(|| panic!("no such thing"));
        let error = result.expect_err("a panic");
        assert_eq!((error.kind(), error.exit_code()), (Kind::Unexpected, 1));
        assert!(error.message().starts_with("a bug in outboxctl: "), "{error}");
        assert!(caught(|| Ok(())).is_ok());
    }
}
