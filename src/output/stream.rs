//! The only place that writes to stdout and stderr. A closed pipe on the other side is quiet.

use std::io::{ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes a line of data. Returns false once the reader has gone (`outboxctl tail | head`).
pub fn data(line: &str) -> bool {
    if STDOUT_CLOSED.load(Ordering::Relaxed) {
        return false;
    }
    let mut out = anstream::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    if written.is_err_and(|e| e.kind() == ErrorKind::BrokenPipe) {
        STDOUT_CLOSED.store(true, Ordering::Relaxed);
        return false;
    }
    true
}

/// Writes whole lines of JSON, which has no escape codes to drop. Returns false once the reader has gone.
pub fn lines(bytes: &[u8]) -> bool {
    if STDOUT_CLOSED.load(Ordering::Relaxed) {
        return false;
    }
    let mut out = std::io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    if written.is_err_and(|e| e.kind() == ErrorKind::BrokenPipe) {
        STDOUT_CLOSED.store(true, Ordering::Relaxed);
        return false;
    }
    true
}

/// Writes a question, and leaves the cursor behind it for the answer.
pub fn prompt(question: &str) {
    let mut err = anstream::stderr().lock();
    let _ = write!(err, "{question} ").and_then(|()| err.flush());
}

/// Writes a line of talk. Escape codes are dropped where stderr is no terminal or NO_COLOR is set.
pub fn talk(line: &str) {
    // Nobody is left to be told when this fails.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}
