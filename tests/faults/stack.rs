//! A local stack of the harness's own, steered from outside: by the command line, signals and the gateway's faults.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use outboxctl_test_support::clock::Clock;

use crate::prepare::{Needs, Prepared};
use crate::trouble::{NotRun, Result, trouble, until};

/// The variable that marks the processes of a stack (`OUTBOXCTL_LOCAL_STACK` in the emulator's environment).
const MARK: &str = "OUTBOXCTL_LOCAL_STACK";

pub struct Stack {
    binary: PathBuf,
    home: PathBuf,
    name: String,
    work: tempfile::TempDir,
    pub prepared: Prepared,
}

impl Stack {
    /// A stack that is up, on free ports. Its tools are shared with those of the tests.
    ///
    /// # Errors
    /// [`NotRun`] on a machine that can't prepare it.
    pub async fn up(binary: &Path, name: &str, needs: Needs) -> Result<Self> {
        let home = std::env::var_os("OUTBOXCTL_TEST_HOME")
            .map_or_else(|| std::env::temp_dir().join("outboxctl-test-home"), PathBuf::from);
        std::fs::create_dir_all(&home)?;
        let binary = std::fs::canonicalize(binary).map_err(|e| trouble(format!("{}: {e}", binary.display())))?;
        // The stack before this one may still be going down.
        let name = format!("{}-{name}-{}", needs.letter(), std::process::id());
        let prepared = needs.prepare(&home.join("local").join(&name)).map_err(NotRun)?;
        let stack = Self { binary, home, name, work: tempfile::tempdir()?, prepared };
        stack.start(&["--port", "0", "--postgres-port", "0"]).await?;
        Ok(stack)
    }

    async fn start(&self, ports: &[&str]) -> Result<()> {
        let mut command = self.prepared.started_by(self.command(&[&["local", "up"], ports].concat()));
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
        if output.status.success() {
            return Ok(());
        }
        let said = said(&output);
        if Clock::is_refused(output.status.code()) { Err(NotRun(said).into()) } else { Err(trouble(said)) }
    }

    /// Brings it up again on its ports, after it went down in any way. A daemon that was just killed may still seem to be
    /// up, so its endpoint has to answer.
    pub async fn again(&self) -> Result<()> {
        until("the stack is up again", async || {
            self.start(&[]).await?;
            self.struck().await.map(|_| Some(()))
        })
        .await
    }

    /// The binary with an environment of its own.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(args).env_clear().current_dir(self.work.path()).stdin(Stdio::null());
        let kept = |name: &str| name == "PATH" || name.starts_with("PIP_") || name == "OUTBOXCTL_POSTGRES_BIN";
        command.envs(std::env::vars_os().filter(|(name, _)| kept(&name.to_string_lossy())));
        command
            .env("HOME", self.work.path())
            .env("OUTBOXCTL_HOME", &self.home)
            .env("OUTBOXCTL_LOCAL", "true")
            .env("OUTBOXCTL_LOCAL_NAME", &self.name)
            // What the bus was handed in which order is what is checked; EventBridge itself keeps none.
            .env("OUTBOXCTL_LOCAL_DELIVERY", "ordered");
        if let Prepared::Clock(clock) = &self.prepared {
            command.env("LD_PRELOAD", clock.library());
        }
        command
    }

    /// Data of a command that must succeed.
    pub async fn ok(&self, args: &[&str]) -> Result<Value> {
        let output = self.command(args).args(["--output", "json"]).kill_on_drop(true).output().await?;
        if !output.status.success() {
            return Err(trouble(format!("outboxctl {}: {}", args.join(" "), said(&output))));
        }
        Ok(serde_json::from_slice(&output.stdout).unwrap_or(Value::Null))
    }

    /// Where consumers and others write what they print: not on the disk of the stack, which may be full.
    pub fn log(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }

    pub fn folder(&self) -> PathBuf {
        self.home.join("local").join(&self.name)
    }

    /// state.json: addresses, key and process ids.
    pub fn state(&self) -> Result<Value> {
        let file = self.folder().join("state.json");
        let text = std::fs::read(&file).map_err(|e| trouble(format!("{}: {e}", file.display())))?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Puts faults into the gateway (`faults.rs` there), beside those before.
    pub async fn set_faults(&self, rules: Value) -> Result<()> {
        self.gateway("POST", &json!({ "rules": rules }).to_string()).await.map(drop)
    }

    /// Removes all faults from the gateway; how often they struck.
    pub async fn clear_faults(&self) -> Result<u64> {
        let struck = self.struck().await?;
        self.gateway("DELETE", "").await?;
        Ok(struck)
    }

    pub async fn struck(&self) -> Result<u64> {
        let answer = self.gateway("GET", "").await?;
        let rules = answer["rules"].as_array().cloned().unwrap_or_default();
        Ok(rules.iter().filter_map(|rule| rule["hits"].as_u64()).sum())
    }

    /// One request to the gateway's own endpoint, which AWS does not have.
    async fn gateway(&self, method: &str, body: &str) -> Result<Value> {
        let state = self.state()?;
        let host = state["endpoint"].as_str().and_then(|url| url.strip_prefix("http://")).unwrap_or_default();
        let mut stream = TcpStream::connect(host).await?;
        let head = format!(
            "{method} /_outboxctl/faults HTTP/1.1\r\nhost: {host}\r\nx-outboxctl-key: {}\r\ncontent-length: {}\r\n\
             content-type: application/json\r\nconnection: close\r\n\r\n{body}",
            state["key"]["secret"].as_str().unwrap_or_default(),
            body.len(),
        );
        stream.write_all(head.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if !head.starts_with("HTTP/1.1 200") {
            return Err(trouble(format!("the gateway refused the faults: {answer}")));
        }
        Ok(serde_json::from_str(body)?)
    }

    /// The processes of a Lambda function.
    pub fn function(&self, name: &str) -> Vec<u32> {
        let mark = format!("{MARK}={}", self.folder().display());
        let function = format!("AWS_LAMBDA_FUNCTION_NAME={name}");
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let of_it = |pid: &u32| {
            let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let has = |wanted: &str| environment.split(|&byte| byte == 0).any(|one| one == wanted.as_bytes());
            has(&mark) && has(&function)
        };
        pids.filter(of_it).collect()
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // Also where the harness panics; the last command of a stack can only be reported.
        let down = |arguments: &[&str]| {
            let mut down = std::process::Command::new(&self.binary);
            down.args(arguments).env("OUTBOXCTL_HOME", &self.home).env("OUTBOXCTL_LOCAL_NAME", &self.name);
            match down.output() {
                Ok(output) if output.status.success() => {}
                Ok(output) => eprintln!("{} could not be taken down: {}", self.name, said(&output)),
                Err(error) => eprintln!("{} could not be taken down: {error}", self.name),
            }
        };
        // A folder on which a disk is mounted can't be removed.
        down(&["local", "down"]);
        self.prepared = Prepared::Nothing;
        down(&["local", "down", "--purge"]);
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    format!("{}: {}{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// Sends a signal; false where the process is gone.
pub fn signal(pid: u32, signal: Signal) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
}

pub fn is_running(pid: u32) -> bool {
    // A zombie has no command line.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}
