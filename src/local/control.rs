//! Starting, finding and stopping the daemon, for commands.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use super::daemon::{self, Ports};
use super::home::{Home, remove_folder};
use super::state::State;
use super::{child, child_environment, emulator, lock, orphans, tools};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::report::{Event, Expect, Reporter};
use crate::base::timing::Wait;

/// Time limit for the daemon to stop, PostgreSQL and the emulator included.
const END_PATIENCE: Duration = Duration::from_secs(60);

/// Time limit for another daemon to start, which may download its tools first.
const OTHER_PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Time limit for an answer of the daemon, which otherwise counts as one that does not respond.
const ANSWER: Duration = Duration::from_secs(5);

/// State of the stack.
#[derive(Debug)]
pub enum Status {
    Up(Box<State>),
    /// Its daemon is running, and does not respond: it was stopped by a signal or a debugger, or hangs.
    Silent(Box<State>),
    /// A daemon is running, but not ready yet, or stopping; with the reason, if it stops by itself.
    Between {
        pid: Option<u32>,
        reason: Option<String>,
    },
    /// Stopped; the reason, if not on request.
    Down {
        reason: Option<String>,
    },
}

/// Reads the lock and the state file, and sends a request to the daemon.
pub async fn status(home: &Home) -> Status {
    let state = State::read(home);
    match (lock::is_free(home), state) {
        (false, Some(state)) if responds(&state.endpoint).await => Status::Up(Box::new(state)),
        (false, Some(state)) => Status::Silent(Box::new(state)),
        (false, None) => Status::Between { pid: lock::holder(home), reason: daemon::last_failure(home) },
        (true, Some(_)) => Status::Down { reason: Some("its daemon was killed".into()) },
        (true, None) => Status::Down { reason: daemon::last_failure(home) },
    }
}

/// Returns whether the endpoint sends a response, whatever it says. The kernel accepts connections to a stopped process.
async fn responds(endpoint: &str) -> bool {
    let host = endpoint.strip_prefix("http://").unwrap_or(endpoint);
    let asked = async {
        let mut stream = TcpStream::connect(host).await?;
        let request = format!("GET /_outboxctl/ HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        stream.read_u8().await
    };
    matches!(tokio::time::timeout(ANSWER, asked).await, Ok(Ok(_)))
}

/// Returns the message for a daemon that does not respond, and its remedy.
pub fn silence(pid: u32) -> (String, String) {
    let limit = ANSWER.as_secs();
    let text = format!("the local stack does not respond: no answer from its daemon (process {pid}) within {limit} s");
    let remedy = format!(
        "if a signal stopped it, continue it with `kill -CONT {pid}`; otherwise end it with `kill -9 {pid}`, then run \
         `outboxctl local down`, which ends the remaining processes"
    );
    (text, remedy)
}

/// Starts the stack, unless it is up, and returns once it is ready, with whether it was started. Waits for another
/// command that starts or stops it. Stops it again if cancelled before it is ready.
///
/// # Errors
/// The daemon's error, or `Interrupted`.
pub async fn up(
    home: &Home,
    wanted: (Ports, Option<u64>),
    reporter: &dyn Reporter,
    cancel: &CancellationToken,
) -> Result<(State, bool)> {
    loop {
        if let Some(state) = settled(home, reporter, cancel).await? {
            return Ok((state, false));
        }
        match start(home, wanted, reporter, cancel).await {
            // Two commands have waited for the same end.
            Err(error) if error.message() == daemon::BUSY => {}
            started => return started.map(|state| (state, true)),
        }
    }
}

/// Waits while another daemon starts or stops; returns the state of the stack if it is up then.
async fn settled(home: &Home, reporter: &dyn Reporter, cancel: &CancellationToken) -> Result<Option<State>> {
    let mut noted = false;
    let wait = Wait::new(Duration::from_millis(100), OTHER_PATIENCE);
    loop {
        let pid = match status(home).await {
            Status::Up(state) => return Ok(Some(*state)),
            Status::Silent(state) => {
                let (text, remedy) = silence(state.pid);
                return Err(Error::new(Kind::LocalSetup, text).hint(remedy));
            }
            Status::Down { .. } => return Ok(None),
            Status::Between { pid, .. } => pid,
        };
        if !noted {
            noted = true;
            let daemon = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
            reporter.note(format!("the local stack is starting or stopping{daemon}; waiting"));
        }
        match cancel.run_until_cancelled(wait.next()).await {
            None => return Err(Error::new(Kind::Interrupted, "interrupted while another command starts or stops it")),
            Some(false) => return Err(Error::new(Kind::LocalSetup, daemon::BUSY)),
            Some(true) => {}
        }
    }
}

/// Starts the daemon and returns once the stack is ready.
async fn start(
    home: &Home,
    (ports, seed): (Ports, Option<u64>),
    reporter: &dyn Reporter,
    cancel: &CancellationToken,
) -> Result<State> {
    home.create()?;
    // Fetched here, where the shell's settings for the package index are known: the daemon does not inherit them.
    tokio::select! {
        fetched = tools::ensure(home, reporter) => drop(fetched?),
        () = cancel.cancelled() => return Err(Error::new(Kind::Interrupted, "stopped while tools were fetched")),
    }
    let mut daemon = start_daemon(home, ports, seed)?;
    let output = daemon.stdout.take().ok_or_else(|| Error::new(Kind::LocalSetup, NOT_STARTED))?;
    let mut lines = BufReader::new(output).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line.or_fail(Kind::LocalSetup, || NOT_STARTED.to_owned())?,
            () = cancel.cancelled() => {
                if let Some(pid) = daemon.id() {
                    child::signal(pid, Signal::TERM);
                }
                // The command fails in any case; the daemon's exit status does not matter.
                let _ = tokio::time::timeout(END_PATIENCE, daemon.wait()).await;
                return Err(Error::new(Kind::Interrupted, "interrupted while the local stack was starting; it is stopped"));
            }
        };
        let Some(line) = line else {
            let status = daemon.wait().await.map_or_else(|e| e.to_string(), |status| status.to_string());
            return Err(Error::new(
                Kind::LocalSetup,
                format!("the local stack's daemon ended without an error message ({status})"),
            )
            .hint(format!("its log is {}", log_of_daemon(home).display())));
        };
        if let Some(state) = handle_line(&line, reporter)? {
            return Ok(state);
        }
    }
}

const NOT_STARTED: &str = "the local stack's daemon can't be started";

fn log_of_daemon(home: &Home) -> PathBuf {
    home.logs().join("daemon.log")
}

/// Starts the daemon in a process group of its own, which writes its events to stdout and its log to a file.
fn start_daemon(home: &Home, ports: Ports, seed: Option<u64>) -> Result<Child> {
    let (failed, log) = (|| NOT_STARTED.to_owned(), log_of_daemon(home));
    let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log);
    let errors = errors.or_fail(Kind::LocalSetup, || format!("{} can't be written", log.display()))?;
    let program = std::env::current_exe().or_fail(Kind::LocalSetup, failed)?;
    let mut command = Command::new(program);
    command.args(["--output", "ndjson", "--progress", "none", "local", "serve"]);
    command.args(["--port", &ports.gateway.to_string(), "--postgres-port", &ports.postgres.to_string()]);
    if let Some(seed) = seed {
        command.args(["--seed", &seed.to_string()]);
    }
    child_environment::for_daemon(command.as_std_mut());
    command.current_dir(home.stack()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
    // Ctrl-C on the terminal reaches this process only, which passes it on.
    command.process_group(0);
    command.spawn().or_fail(Kind::LocalSetup, failed)
}

/// Handles one line of the daemon's output: passes events on, returns its readiness, raises its error.
fn handle_line(line: &str, reporter: &dyn Reporter) -> Result<Option<State>> {
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

/// Returns the usual time in which a part of the stack starts on a laptop, once all tools were fetched.
fn usual(scope: &str) -> Expect {
    match scope {
        "postgres" => Expect::Usually(1, 5),
        "emulator" => Expect::Usually(2, 10),
        _ => Expect::Usually(5, 60),
    }
}

fn error_of(value: &Value) -> Error {
    let code = value["code"].as_str().unwrap_or("");
    let kind = Kind::ALL.iter().copied().find(|kind| kind.name() == code).unwrap_or(Kind::LocalSetup);
    let message = value["message"].as_str().unwrap_or("the local stack did not start");
    let mut error = Error::new(kind, message);
    let hints = value["hints"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for hint in hints.filter(|hint| kind.hint() != Some(*hint)) {
        error = error.hint(hint);
    }
    let causes: Vec<&str> = value["causes"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if causes.is_empty() { error } else { error.with_source(causes.join(": ")) }
}

/// Result of [`down`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// A daemon was running.
    pub daemon: bool,
    /// Number of ended processes that no daemon supervised.
    pub orphans: usize,
    /// Reason why the emulator's state could not be saved, if so: stacks, streams and functions are then as they were
    /// at the last `up`.
    pub unsaved: Option<String>,
}

/// Ends the daemon and all remaining processes of the stack. Without `keep` nothing is saved: the caller removes the data.
///
/// # Errors
/// `Failed` if the daemon does not end.
pub async fn down(home: &Home, keep: bool) -> Result<Ended> {
    let holder = lock::holder(home);
    if let Some(pid) = holder {
        daemon::discard(home, !keep);
        child::signal(pid, Signal::TERM);
        if !Wait::new(Duration::from_millis(25), END_PATIENCE).until(|| lock::is_free(home)).await {
            let text = format!("the local stack's daemon (process {pid}) does not end");
            return Err(Error::new(Kind::Failed, text).hint(format!(
                "end it with `kill -9 {pid}`, then run `outboxctl local down` again, which ends the remaining processes"
            )));
        }
    }
    let orphans = orphans::end(home, Duration::from_secs(15)).await;
    // A loss at an earlier stop was reported then.
    let unsaved = emulator::unsaved(home).filter(|_| keep && (holder.is_some() || orphans > 0));
    // Processes of a daemon that was killed.
    let _ = std::fs::remove_file(home.state_file());
    Ok(Ended { daemon: holder.is_some(), orphans, unsaved })
}

/// Removes all data of a stopped stack: database, emulator state, logs.
///
/// # Errors
/// `Io` if it can't be removed.
pub fn purge(home: &Home) -> Result<()> {
    remove_folder(&home.stack(), Kind::Io)
}

/// Removes the fetched tools; the next `up` fetches them again.
///
/// # Errors
/// `Io` if they can't be removed.
pub fn purge_tools(home: &Home) -> Result<()> {
    remove_folder(&home.tools(), Kind::Io)
}
