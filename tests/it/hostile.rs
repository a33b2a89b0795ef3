//! An event that means harm goes through every command that shows events, on one stack; and commands that run until they
//! are stopped end as documented, by whatever means they are stopped.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::pipeline::Pipeline;
use crate::support::shared::Shared;

/// Sets the title, clears the screen (ESC and C1), turns text around, begins a line, and masks a word in GitHub's log.
const HOSTILE: &str = "a\u{1b}]0;t\u{7}\u{9b}2J\u{202e}\n::add-mask::x##[add-mask]y";

const PATIENCE: Duration = Duration::from_secs(60);

static STACK: Shared = Shared::new();

/// Returns the pipeline of these tests.
async fn pipeline() -> Pipeline {
    Pipeline::shared(&STACK, "hostile", "rds-kinesis").await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_command_lets_an_event_steer() {
    let _turn = STACK.turn().await;
    let pipeline = &pipeline().await;
    let database = pipeline.database().await;
    let payload = serde_json::json!({ "text": HOSTILE, "n": 1 });
    let number = r#""amount": 12345678901234567890.1234567890"#;
    let payload = payload.to_string().replace("\"n\":1", number);
    let append = "SELECT event_id::text FROM outbox_append('car', $1, 'CarCreated', $2::text::jsonb)";
    let row = database.query_one(append, &[&HOSTILE, &payload]).await.expect("an event");
    let id: String = row.get(0);
    let mut letter = id.clone();
    // Given up with a reason that is hostile, too.
    let hook = "printf 'reason \\033]0;t\\007\\n::add-mask::z' >&2; exit 3";
    let consume = ["consume", "--exec", hook, "--attempts", "1", "--idle-timeout", "3s", "--lease-duration", "2s"];
    let seen = &["tail", "kinesis", "--from", "start", "--idle-timeout", "3s"];
    for actions in ["", "true"] {
        for (args, proof) in [
            (&consume[..], if actions.is_empty() { "failed" } else { "" }),
            (&seen[..], "CarCreated"),
            (
                &[&seen[..], &["--format", "{aggregate_id} {record.data.payload}"]].concat(),
                "12345678901234567890.123456789",
            ),
            (&["tail", "processed", "--from", "start", "--idle-timeout", "3s"], ""),
            (&["dlq", "list"], "CarCreated"),
            (&["dlq", "show", letter.as_str()], "CarCreated"),
            (&["dlq", "redrive", "--all", "--dry-run"], ""),
            (&["replay", "--all", "--dry-run"], "CarCreated"),
            (&["replay", "--all"], "CarCreated"),
            (&["reconcile", "--grace", "0"], ""),
            (&["status"], ""),
            (&["doctor"], ""),
            (&["db", "status"], ""),
        ] {
            let mut command = pipeline.command(args);
            command.env("GITHUB_ACTIONS", actions).stdin(Stdio::null());
            let output = command.output().expect("the binary starts");
            let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            let what = format!("GITHUB_ACTIONS={actions} {args:?}: {}\n{stdout}\n---\n{stderr}", output.status);
            assert!(stdout.contains(proof) || stderr.contains(proof), "without {proof:?}: {what}");
            assert!(!format!("{stdout}{stderr}").contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "steers: {what}");
            for line in stdout.lines().chain(stderr.lines()) {
                let begins = line.trim_start();
                assert!(
                    !begins.starts_with("::add-mask") && !begins.starts_with("reason \u{fffd}"),
                    "{line:?} in {what}"
                );
                if actions == "true"
                    && !["::group::", "::endgroup::", "::warning::", "::error "]
                        .iter()
                        .any(|ours| begins.starts_with(ours))
                {
                    assert!(!begins.starts_with("::") && !line.contains("##["), "{line:?} in {what}");
                }
            }
        }
        // The replay is a dead letter as well: the id of the event no longer names one.
        let listed = pipeline.ok(&["dlq", "list"]);
        letter = listed["dead_letters"][0]["id"].as_str().unwrap_or_else(|| panic!("no id: {listed}")).to_owned();
    }
    // Output for programs is exact.
    let output = pipeline.command(&[&seen[..], &["-o", "ndjson"]].concat()).output().expect("the binary starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let items: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(items.iter().any(|item| item["aggregate_id"] == HOSTILE), "{text}");
    // In a pipe nothing is lost, and an item is one line.
    let only = format!("event_id=='{id}'");
    let format = [&seen[..], &["--where", &only, "--count", "1", "--format", "<{aggregate_id}>"]].concat();
    let output = pipeline.command(&format).output().expect("the binary starts");
    let escaped = r"<a\u001b]0;t\u0007\u009b2J\u202e\n::add-mask::x##[add-mask]y>";
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), escaped);
}

/// Without its output, a command has failed, also one that runs until it is stopped.
#[tokio::test(flavor = "multi_thread")]
async fn output_to_a_full_disk_is_a_failure() {
    let _turn = STACK.turn().await;
    let pipeline = &pipeline().await;
    pipeline.ok(&["sample", "insert", "--count", "2"]);
    for args in [
        &["tail", "kinesis", "--from", "start", "--count", "1"][..],
        &["tail", "kinesis", "--from", "start", "--count", "1", "-o", "ndjson"],
        &["tail", "kinesis", "--from", "start", "--count", "1", "--format", "{event_id}"],
        &["consume", "--exec", "true", "--idle-timeout", "3s", "-o", "ndjson"],
        &["sample", "insert"],
        &["replay", "--all", "-o", "ndjson"],
        &["reconcile", "--grace", "1h", "-o", "json"],
        &["status"],
        &["outputs"],
        &["db", "status"],
        &["dms", "status", "-o", "json"],
        &["doctor"],
        &["local", "status"],
        &["local", "env"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let output = pipeline.command(args).stdout(full).output().expect("it starts");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("error: stdout can't be written: "), "{args:?}: {stderr}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_is_the_usual_end() {
    let _turn = STACK.turn().await;
    let pipeline = &pipeline().await;
    for (args, scope, signal, code) in [
        (&["tail", "kinesis"][..], "tail", Signal::INT, 130),
        (&["consume", "--lease-duration", "2s"], "consume", Signal::TERM, 143),
        (&["ui", "--port", "0"], "ui", Signal::INT, 130),
    ] {
        let mut child = pipeline.command(args).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("stderr")).lines().map_while(Result::ok);
        lines.find(|line| line.contains(&format!(" {scope}: "))).unwrap_or_else(|| panic!("{scope} does not begin"));
        kill(&child, signal);
        let rest: Vec<String> = lines.collect();
        assert_eq!(child.wait().expect("it ends").code(), Some(code), "{scope}: {rest:#?}");
        let last = rest.last().map(String::as_str).unwrap_or_default();
        assert!(last.starts_with(&format!("= {scope}: stopped")), "{scope}: {rest:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_signals_at_once_are_one() {
    let pipeline = &pipeline().await;
    let mut tail = Follower::start(pipeline);
    kill(&tail.child, Signal::INT);
    kill(&tail.child, Signal::INT);
    let last = tail.lines.by_ref().map_while(Result::ok).last().expect("a line");
    let last: Value = serde_json::from_str(&last).expect("JSON");
    assert_eq!(tail.end(), Some(130));
    assert_eq!(
        (&last["type"], &last["ok"], &last["exit_code"]),
        (&"result".into(), &true.into(), &130.into()),
        "{last}"
    );
    assert_eq!(last["stopped"], "interrupted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_ends_a_quiet_stream() {
    let pipeline = &pipeline().await;
    let mut tail = Follower::start(pipeline);
    drop(std::mem::replace(&mut tail.lines, closed()));
    assert_eq!(tail.end(), Some(0), "quietly");
}

type Lines = std::io::Lines<BufReader<Box<dyn Read>>>;

fn closed() -> Lines {
    BufReader::new(Box::new(std::io::empty()) as Box<dyn Read>).lines()
}

/// `tail` under way, with nothing to show.
struct Follower {
    child: Child,
    lines: Lines,
}

impl Follower {
    fn start(pipeline: &Pipeline) -> Self {
        let mut command = pipeline.command(&["tail", "kinesis", "-o", "ndjson"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let stdout: Box<dyn Read> = Box::new(child.stdout.take().expect("stdout"));
        let mut lines = BufReader::new(stdout).lines();
        let begun = lines.by_ref().map_while(Result::ok).any(|line| line.contains("following"));
        assert!(begun, "tail does not begin");
        Self { child, lines }
    }

    fn end(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            if begun.elapsed() > PATIENCE {
                self.child.kill().expect("killed");
                panic!("it goes on");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn kill(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("a signal");
}
