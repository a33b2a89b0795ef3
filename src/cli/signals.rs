//! SIGINT and SIGTERM.

use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::base::error::{Error, Kind};
use crate::output::Console;

/// Signals closer together than this count as one: `timeout` of GNU coreutils sends its signal to the process and then
/// to the process group.
const ONE: Duration = Duration::from_secs(1);

/// Time limit for the result line of a process that ends at once, in case the reader of stdout is slow.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Cancels on the first signal and returns its kind. Another one, at least a second later, ends the process at once,
/// without clean-up.
pub async fn watch(cancel: CancellationToken, console: Console) -> Kind {
    let (Ok(interrupt), Ok(terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return std::future::pending().await;
    };
    let mut signals = Signals { interrupt, terminate };
    let first = signals.next().await;
    let since = Instant::now();
    cancel.cancel();
    tokio::spawn(async move {
        let mut next = signals.next().await;
        while since.elapsed() < ONE {
            next = signals.next().await;
        }
        end_at_once(next, console);
    });
    first
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    async fn next(&mut self) -> Kind {
        tokio::select! {
            _ = self.interrupt.recv() => Kind::Interrupted,
            _ = self.terminate.recv() => Kind::Terminated,
        }
    }
}

fn end_at_once(signal: Kind, console: Console) {
    let (written, waits) = std::sync::mpsc::channel();
    // On its own thread: a reader that does not read must not block the exit.
    std::thread::spawn(move || {
        console.abandon(Error::new(signal, "stopped by a second signal, before everything was cleaned up"));
        let _ = written.send(());
    });
    let _ = waits.recv_timeout(LAST_WORDS);
    std::process::exit(i32::from(signal.exit_code()));
}
