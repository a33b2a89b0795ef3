//! Reports a panic as an error of kind `unexpected` with exit code 1, so that NDJSON and JSON output have their result.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::OnceLock;

use crate::base::error::{Error, Kind, Result};
use crate::output;

/// Message and location of the first panic of the process.
static FIRST: OnceLock<String> = OnceLock::new();

/// Replaces the report that Rust prints of every panic: the first is stored for the end of the process. The backtrace
/// is printed only if RUST_BACKTRACE asks for it.
pub fn install() {
    std::panic::set_hook(Box::new(|info| {
        let report = report(info);
        tracing::error!(report, "panic");
        let _ = FIRST.set(report);
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            output::print_error(&backtrace.to_string());
        }
    }));
}

fn report(info: &PanicHookInfo) -> String {
    let message = info.payload_as_str().unwrap_or("no message");
    info.location().map_or_else(|| message.to_owned(), |place| format!("{message} ({place})"))
}

/// Runs `work`. A panic in it, or in one of its background tasks, becomes an error.
pub fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    // Values that `work` used are not read after a panic.
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
    fn panics_are_errors_of_kind_unexpected() {
        let result: Result<()> = caught(|| panic!("no such thing"));
        let error = result.expect_err("a panic");
        assert_eq!((error.kind(), error.exit_code()), (Kind::Unexpected, 1));
        assert!(error.message().starts_with("a bug in outboxctl: "), "{error}");
        assert!(caught(|| Ok(())).is_ok());
    }
}
