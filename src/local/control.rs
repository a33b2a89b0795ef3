//! How commands start, find and end the daemon.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio_util::sync::CancellationToken;

use super::daemon::{self, Ports};
use super::home::Home;
use super::state::State;
use super::{child, child_environment, emulator, lock, orphans, tools};
use crate::error::{Error, Kind, OrFail, Result};
use crate::report::{Event, Expect, Reporter};

/// A daemon that was told to end has PostgreSQL and the emulator to end first.
const END_PATIENCE: Duration = Duration::from_secs(60);

/// How the stack is.
#[derive(Debug)]
pub enum Status {
    Up(Box<State>),
    /// A daemon is there, but not ready yet (or no longer).
    Between {
        pid: Option<u32>,
    },
    /// Why it is down, where it did not go down by request.
    Down {
        reason: Option<String>,
    },
}

/// Looks at the lock and the state file.
pub fn status(home: &Home) -> Status {
    let state = State::read(home);
    match (lock::is_free(home), state) {
        (false, Some(state)) => Status::Up(Box::new(state)),
        (false, None) => Status::Between { pid: lock::holder(home) },
        (true, Some(_)) => Status::Down { reason: Some("its daemon was killed".into()) },
        (true, None) => Status::Down { reason: daemon::last_failure(home) },
    }
}

/// Brings the stack up and returns once it is ready. When cancelled meanwhile, it is brought down again.
///
/// # Errors
/// The daemon's own, or `Interrupted`.
pub async fn up(
    home: &Home,
    (ports, seed): (Ports, Option<u64>),
    reporter: &dyn Reporter,
    cancel: &CancellationToken,
) -> Result<State> {
    home.create()?;
    // Fetched here, where the shell's way to the package index is known: the daemon does not inherit it.
    tokio::select! {
        fetched = tools::ensure(home, reporter) => drop(fetched?),
        () = cancel.cancelled() => return Err(Error::new(Kind::Interrupted, "stopped while tools were fetched")),
    }
    let failed = || "the local stack's daemon can't be started".to_owned();
    let log = home.logs().join("daemon.log");
    let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log);
    let errors = errors.or_fail(Kind::LocalSetup, || format!("{} can't be written", log.display()))?;
    let program = std::env::current_exe().or_fail(Kind::LocalSetup, failed)?;
    let mut command = tokio::process::Command::new(program);
    command.args(["--output", "ndjson", "--progress", "none", "local", "serve"]);
    command.args(["--port", &ports.gateway.to_string(), "--postgres-port", &ports.postgres.to_string()]);
    if let Some(seed) = seed {
        command.args(["--seed", &seed.to_string()]);
    }
    child_environment::for_daemon(command.as_std_mut());
    command.current_dir(home.stack()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    // Ctrl-C on the terminal is for us; we pass it on.
    command.process_group(0);
    let mut daemon = command.spawn().or_fail(Kind::LocalSetup, failed)?;
    let output = daemon.stdout.take().ok_or_else(|| Error::new(Kind::LocalSetup, failed()))?;
    let mut lines = BufReader::new(output).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line.or_fail(Kind::LocalSetup, failed)?,
            () = cancel.cancelled() => {
                if let Some(pid) = daemon.id() {
                    child::terminate(pid);
                }
                // Whatever it ends with, it is over.
                let _ = tokio::time::timeout(END_PATIENCE, daemon.wait()).await;
                return Err(Error::new(Kind::Interrupted, "stopped while the local stack was coming up; it is down again"));
            }
        };
        let Some(line) = line else {
            let status = daemon.wait().await.map_or_else(|e| e.to_string(), |status| status.to_string());
            return Err(Error::new(
                Kind::LocalSetup,
                format!("the local stack's daemon ended without a word ({status})"),
            )
            .hint(format!("its log is {}", log.display())));
        };
        if let Some(state) = heed(&line, reporter)? {
            return Ok(state);
        }
    }
}

/// What a line of the daemon says: events are passed on, its readiness returned, its error raised.
fn heed(line: &str, reporter: &dyn Reporter) -> Result<Option<State>> {
    let Ok(value) = serde_json::from_str::<Value>(line) else { return Ok(None) };
    match value["type"].as_str() {
        Some("ready") => {
            let state = serde_json::from_value(value["state"].clone());
            state.map(Some).or_fail(Kind::Unexpected, || "the daemon's state can't be read".into())
        }
        Some("result") => Err(error_of(&value["error"])),
        _ => {
            if let Ok(event) = serde_json::from_value::<Event>(value) {
                let begun = if let Event::Started { scope, .. } = &event { Some(scope.clone()) } else { None };
                reporter.emit(event);
                if let Some(scope) = begun {
                    reporter.expect(&scope, usual(&scope));
                }
            }
            Ok(None)
        }
    }
}

/// How long a part of the stack takes to come up on a laptop; everything else is fetched.
fn usual(scope: &str) -> Expect {
    match scope {
        "postgres" => Expect::Usually(1, 5),
        "emulator" => Expect::Usually(2, 10),
        _ => Expect::Usually(5, 60),
    }
}

fn error_of(told: &Value) -> Error {
    let code = told["code"].as_str().unwrap_or("");
    let kind = Kind::ALL.iter().copied().find(|kind| kind.name() == code).unwrap_or(Kind::LocalSetup);
    let message = told["message"].as_str().unwrap_or("the local stack did not come up");
    let mut error = Error::new(kind, message);
    let hints = told["hints"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for hint in hints.filter(|hint| kind.hint() != Some(*hint)) {
        error = error.hint(hint);
    }
    let causes: Vec<&str> = told["causes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if causes.is_empty() { error } else { error.with_source(causes.join(": ")) }
}

/// What [`down`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// A daemon was there.
    pub daemon: bool,
    /// Processes that no daemon had in hand.
    pub orphans: usize,
    /// Why the emulator's state could not be saved, if so: stacks, streams and functions are as they were at the last
    /// `up`.
    pub unsaved: Option<String>,
}

/// Ends the daemon and whatever of the stack is left.
///
/// # Errors
/// `Failed` when the daemon does not end.
pub async fn down(home: &Home) -> Result<Ended> {
    let holder = lock::holder(home);
    if let Some(pid) = holder {
        child::terminate(pid);
        let deadline = Instant::now() + END_PATIENCE;
        while !lock::is_free(home) {
            if Instant::now() > deadline {
                let text = format!("the local stack's daemon (process {pid}) does not end");
                return Err(Error::new(Kind::Failed, text).hint(format!(
                    "end it with `kill -9 {pid}`, then run `outboxctl local down` again for what it leaves"
                )));
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    let orphans = orphans::end(home, Duration::from_secs(15)).await;
    // What an earlier end lost was reported then.
    let unsaved = emulator::unsaved(home).filter(|_| holder.is_some() || orphans > 0);
    // Of a daemon that was killed.
    let _ = std::fs::remove_file(home.state_file());
    Ok(Ended { daemon: holder.is_some(), orphans, unsaved })
}

/// Forgets all data of a stack that is down: database, emulator state, logs.
///
/// # Errors
/// `Io` when it can't be removed.
pub fn purge(home: &Home) -> Result<()> {
    remove(&home.stack())
}

/// Removes the fetched tools; the next `up` fetches them again.
///
/// # Errors
/// `Io` when they can't be removed.
pub fn purge_tools(home: &Home) -> Result<()> {
    remove(&home.tools())
}

fn remove(folder: &std::path::Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).or_fail(Kind::Io, || format!("{} can't be removed", folder.display()))
        }
        _ => Ok(()),
    }
}
