//! A user's command: it reads the event from stdin, and its exit code is the result.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Child;

use super::{KEPT, document, reason};
use crate::outbox::Message;

/// Runs through `sh -c` in its own process group, with `OUTBOX_EVENT_ID`, `OUTBOX_EVENT_TYPE`, `OUTBOX_AGGREGATE_TYPE`,
/// `OUTBOX_AGGREGATE_ID` and `OUTBOX_SEQUENCE` in its environment.
#[derive(Debug)]
pub struct Command {
    pub line: String,
    pub timeout: Duration,
}

/// Kills the command and its child processes on drop.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(pid) = self.0.take() {
            // The group may have ended already.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Command {
    pub(super) async fn run(&self, event: &Message) -> Result<(), String> {
        let input = document(event)?;
        let sequence = event.sequence.map(|sequence| sequence.to_string());
        let mut child = tokio::process::Command::new("/bin/sh")
            .envs(sequence.map(|sequence| ("OUTBOX_SEQUENCE", sequence)))
            .args(["-c", &self.line])
            .env("OUTBOX_EVENT_ID", event.id.to_string())
            .env("OUTBOX_EVENT_TYPE", &event.event_type)
            .env("OUTBOX_AGGREGATE_TYPE", &event.aggregate_type)
            .env("OUTBOX_AGGREGATE_ID", &event.aggregate_id)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("/bin/sh does not start: {error}"))?;
        let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
        let ended = tokio::time::timeout(self.timeout, exchange(&mut child, &input)).await;
        match ended {
            Err(_) => Err(format!("the command did not end within {:?}", self.timeout)),
            Ok(Err(error)) => Err(format!("the command's result is unknown: {error}")),
            Ok(Ok((status, said))) => {
                // The command ended by itself: processes that it left running are not killed, and its id may be reused.
                group.0 = None;
                if status.success() { Ok(()) } else { Err(reason(status, &said)) }
            }
        }
    }
}

/// Writes the event to the command, and reads its output and exit status.
async fn exchange(child: &mut Child, input: &[u8]) -> std::io::Result<(std::process::ExitStatus, Vec<u8>)> {
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // A command that does not read its input closes the pipe: only its exit code is the result.
            let _ = stdin.write_all(input).await;
            let _ = stdin.shutdown().await;
        }
    };
    let listen = async {
        let mut said = Vec::new();
        if let Some(mut stderr) = stderr {
            let mut buffer = [0; 4_096];
            while let Ok(length @ 1..) = stderr.read(&mut buffer).await {
                said.extend_from_slice(&buffer[..length]);
                let surplus = said.len().saturating_sub(KEPT);
                said.drain(..surplus);
            }
        }
        said
    };
    // A child of the command may keep its stderr open: the exit of the command is enough.
    let status = async {
        let (status, ()) = tokio::join!(child.wait(), write);
        status
    };
    tokio::pin!(listen, status);
    tokio::select! {
        said = &mut listen => Ok((status.await?, said)),
        ended = &mut status => {
            let said = tokio::time::timeout(Duration::from_millis(200), listen).await.unwrap_or_default();
            Ok((ended?, said))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consumer::event::tests::message;

    async fn run(line: &str) -> Result<(), String> {
        Command { line: line.to_owned(), timeout: Duration::from_millis(500) }.run(&message(1, "p1", 4)).await
    }

    #[tokio::test]
    async fn the_event_is_on_stdin_and_the_exit_code_decides() {
        assert_eq!(run("grep -q '\"type\":\"PersonCreated\"' && test $OUTBOX_SEQUENCE = 4").await, Ok(()));
        assert_eq!(run("true").await, Ok(()), "input need not be read");
        assert_eq!(run("echo why >&2; exit 3").await, Err("exit status: 3: why".into()));
        assert!(run("kill -9 $$").await.expect_err("killed").contains("signal: 9"));
        assert!(run("no-such-command").await.expect_err("missing").starts_with("exit status: 127"));
    }

    #[tokio::test]
    async fn a_command_over_its_time_limit_is_killed_with_its_children() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = folder.path().join("mark");
        let begun = std::time::Instant::now();
        let error = run(&format!("(sleep 1.5; touch {}) & sleep 60", mark.display())).await.expect_err("too long");
        assert!(error.contains("did not end") && begun.elapsed() < Duration::from_secs(5), "{error}");
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert!(!mark.exists());
    }

    #[tokio::test]
    async fn a_remaining_child_does_not_delay_the_event() {
        assert_eq!(run("sleep 3 & exit 0").await, Ok(()));
    }
}
