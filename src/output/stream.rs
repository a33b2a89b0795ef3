//! The only module that writes to stdout and stderr.
//!
//! A reader of stdout that exits (`| head`) ends the output quietly. Any other failed write, such as for a full disk,
//! is kept for the end of the command ([`failure`]): lost data must not look like success.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::sync::{LazyLock, OnceLock};

use tokio::io::Interest;
use tokio::net::unix::pipe;
use tokio::sync::Notify;

use super::{inert, terminal, wrap};
use crate::base::report::clean_styled;

/// The reason why stdout is closed.
enum Ended {
    /// The reader closed its end of the pipe.
    Unread,
    Failed(std::io::Error),
}

static ENDED: OnceLock<Ended> = OnceLock::new();
static ENDING: Notify = Notify::const_new();

/// The output becomes part of a log that GitHub's runner reads for workflow commands. A regular file, such as the one
/// that $GITHUB_OUTPUT names, is not.
static LOGGED: LazyLock<bool> =
    LazyLock::new(|| inert::on_actions() && !stdout_file().is_some_and(|file| file.is_file()));

/// Writes a line of data. Returns false once stdout is closed (`outboxctl tail | head`).
pub fn data(line: &str) -> bool {
    let line = clean_styled(line);
    let line = if *LOGGED { inert::lines(&line) } else { line };
    write(|| {
        let mut out = anstream::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush())
    })
}

/// Writes whole lines of JSON, which has no escape codes to remove. Returns false once stdout is closed.
pub fn lines(json: &[u8]) -> bool {
    let json = inert::json(json);
    write(|| {
        let mut out = std::io::stdout().lock();
        out.write_all(&json).and_then(|()| out.flush())
    })
}

/// Writes a question, and leaves the cursor after it for the answer.
pub fn prompt(question: &str) {
    let mut err = anstream::stderr().lock();
    // A question that can't be shown is not answered.
    let _ = write!(err, "{} ", clean_styled(question)).and_then(|()| err.flush());
}

/// Writes a message. Escape codes are removed if stderr is not a terminal or NO_COLOR is set; on a terminal, lines are
/// broken between words.
pub fn message(text: &str) {
    let text = clean_styled(text);
    let text = if inert::on_actions() { inert::lines(&text) } else { text };
    if std::io::stderr().is_terminal() {
        workflow_command(&wrap::hanging(&text, terminal::stderr_size().1));
    } else {
        workflow_command(&text);
    }
}

/// Writes a line for GitHub's runner unchanged.
pub fn workflow_command(line: &str) {
    // There is no other stream to report a failure on.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

fn write(writing: impl FnOnce() -> std::io::Result<()>) -> bool {
    if ENDED.get().is_some() {
        return false;
    }
    let Err(error) = writing() else { return true };
    end(if error.kind() == ErrorKind::BrokenPipe { Ended::Unread } else { Ended::Failed(error) });
    false
}

fn end(ended: Ended) {
    // Only the first reason is kept.
    let _ = ENDED.set(ended);
    ENDING.notify_waiters();
}

/// Returns the failure of a write to stdout; also None if the reader has exited, which is not a failure.
pub fn failure() -> Option<&'static std::io::Error> {
    match ENDED.get() {
        Some(Ended::Failed(error)) => Some(error),
        Some(Ended::Unread) | None => None,
    }
}

/// Resolves once stdout is closed: after a failed write, or as soon as the reader of a pipe exits, even while nothing
/// is written.
pub async fn ended() {
    let ending = ENDING.notified();
    if ENDED.get().is_some() {
        return;
    }
    tokio::select! {
        () = ending => {}
        () = hang_up() => end(Ended::Unread),
    }
}

/// Resolves once the reader of a pipe on stdout has closed it; never for other files.
async fn hang_up() {
    let pipe = stdout_file().is_some_and(|file| file.file_type().is_fifo());
    // Nothing is written through it: it reports an error once the other end is closed (poll(2)). The unchecked
    // constructor leaves the pipe in blocking mode, which other processes may share.
    if pipe
        && let Some(file) = stdout_copy()
        && let Ok(stdout) = pipe::Sender::from_file_unchecked(file)
    {
        let _ = stdout.ready(Interest::ERROR).await;
    } else {
        std::future::pending::<()>().await;
    }
}

fn stdout_file() -> Option<std::fs::Metadata> {
    stdout_copy()?.metadata().ok()
}

/// Returns the same stream with another descriptor, which can be closed without closing stdout.
fn stdout_copy() -> Option<File> {
    Some(std::io::stdout().as_fd().try_clone_to_owned().ok()?.into())
}
