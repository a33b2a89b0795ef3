//! Processes of the local stack that are killed, and commands that start or stop it at the same time.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::ShardIteratorType;
use serde_json::Value;

use crate::support::stack::Stack;

const UP: [&str; 6] = ["local", "up", "--port", "0", "--postgres-port", "0"];

fn kill(signal: &str, pid: u32) {
    let killed = Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill");
    assert!(killed.success(), "no process {pid}");
}

/// Waits for a condition, on a busy machine.
fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(90);
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Kills the emulator; returns the reason that `local status` then shows.
fn kill_emulator(stack: &Stack) -> String {
    kill("-9", stack.state().emulator_pid);
    let status = || stack.ok(&["local", "status"]);
    wait_until("the stack is down", || status()["up"] == false);
    status()["reason"].as_str().expect("a reason").to_owned()
}

/// Starts the stack; returns what it wrote for people.
fn up(stack: &Stack) -> String {
    let output = stack.run(&UP);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn create_queue(stack: &Stack) {
    stack.clients().sqs().create_queue().queue_name("q").send().await.expect("a queue");
}

async fn has_queue(stack: &Stack) -> bool {
    stack.clients().sqs().get_queue_url().queue_name("q").send().await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_emulator_keeps_what_was_saved_while_it_ran() {
    let stack = Stack::up("killed-saved");
    let kinesis = stack.clients().kinesis();
    kinesis.create_stream().stream_name("s").shard_count(1).send().await.expect("a stream");
    let put = kinesis.put_record().stream_name("s").partition_key("k").data(Blob::new("kept"));
    let number = put.send().await.expect("stored").sequence_number;
    create_queue(&stack).await;
    wait_until("everything is saved", || stack.ok(&["local", "status"])["saved"] == true);
    let reason = kill_emulator(&stack);
    assert!(reason.contains("SIGKILL") && reason.ends_with("its state is saved"), "{reason}");
    let warnings = up(&stack);
    assert!(!warnings.contains("could not save"), "{warnings}");
    assert!(has_queue(&stack).await, "the queue is still there");
    let kinesis = stack.clients().kinesis();
    let iterator = kinesis.get_shard_iterator().stream_name("s").shard_id("shardId-000000000000");
    let iterator = iterator.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.expect("an iterator");
    let read = kinesis.get_records().set_shard_iterator(iterator.shard_iterator).send().await.expect("records");
    let read: Vec<_> = read.records().iter().map(|record| (record.sequence_number(), record.data().as_ref())).collect();
    assert_eq!(read, [(number.as_str(), &b"kept"[..])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_emulator_had_not_saved_is_reported() {
    let stack = Stack::up("killed-unsaved");
    // In the way of the next snapshot, as a full disk would be.
    let obstacle = stack.folder().join("emulator/state.new");
    std::fs::write(&obstacle, "").expect("a file");
    create_queue(&stack).await;
    let reason = kill_emulator(&stack);
    assert!(reason.contains("changes after 20") && reason.ends_with("are lost"), "{reason}");
    std::fs::remove_file(&obstacle).expect("out of the way");
    let warnings = up(&stack);
    assert!(warnings.contains("changes after 20") && warnings.contains("outboxctl reconcile"), "{warnings}");
    assert!(!has_queue(&stack).await, "it was not saved");
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_state_is_not_replaced() {
    let stack = Stack::up("killed-damaged");
    create_queue(&stack).await;
    stack.ok(&["local", "down"]);
    let file = stack.folder().join("emulator/state/sqs.json");
    let whole = std::fs::read(&file).expect("the saved queues");
    std::fs::write(&file, &whole[..whole.len() / 2]).expect("as after a power cut");
    let error = stack.fails(1, &UP)["error"].to_string();
    assert!(error.contains("state/sqs.json can't be read"), "{error}");
    assert!(error.contains("down --purge`") && !error.contains("--purge-tools"), "its packages are in order: {error}");
    assert_eq!(std::fs::read(&file).expect("still there").len(), whole.len() / 2);
    std::fs::write(&file, whole).expect("restored from a backup");
    stack.ok(&UP);
    assert!(has_queue(&stack).await);
}

/// Continues a stopped process, also if the test fails before.
struct Stopped(u32);

impl Stopped {
    fn new(pid: u32) -> Self {
        kill("-STOP", pid);
        Self(pid)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        kill("-CONT", self.0);
    }
}

#[test]
fn a_daemon_that_does_not_respond_does_not_count_as_up() {
    let stack = Stack::up("killed-silent");
    let stopped = Stopped::new(stack.state().pid);
    let status = stack.ok(&["local", "status"]);
    assert_eq!(status["up"], false, "{status}");
    assert!(status["reason"].as_str().is_some_and(|reason| reason.contains("does not respond")), "{status}");
    let error = stack.fails(1, &UP)["error"].to_string();
    assert!(error.contains("does not respond") && error.contains("kill -CONT"), "{error}");
    drop(stopped);
    assert_eq!(stack.ok(&["local", "status"])["up"], true);

    // As if its port were closed, which ends other commands at once.
    let (file, mut state) = (stack.folder().join("state.json"), stack.state());
    let whole = std::fs::read(&file).expect("the state");
    state.endpoint = "http://127.0.0.1:1".into();
    std::fs::write(&file, serde_json::to_vec(&state).expect("JSON")).expect("written");
    let error = stack.fails(1, &["status"])["error"].to_string();
    std::fs::write(&file, whole).expect("written");
    assert!(error.contains("local status` shows whether") && !error.contains("--endpoint-url"), "{error}");
}

/// Starts `local up` in the background.
fn begin_up(stack: &Stack) -> Child {
    let command = &mut stack.command(&UP);
    command
        .args(["--output", "ndjson"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts")
}

/// Returns the result of a command, which must succeed.
fn result(child: Child) -> Value {
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    serde_json::from_str(text.lines().last().expect("a final line")).expect("JSON")
}

#[test]
fn commands_that_start_one_stack_at_the_same_time_share_it() {
    let stack = Stack::new("killed-both");
    let [one, other] = [begin_up(&stack), begin_up(&stack)].map(result);
    let mut changed = [&one, &other].map(|result| result["changed"] == true);
    changed.sort_unstable();
    assert_eq!(changed, [false, true], "{one} {other}");
    assert_eq!(one["data"]["state"]["endpoint"], other["data"]["state"]["endpoint"]);

    // It stops meanwhile, and its lock is taken until the last process has ended.
    let (pid, state) = (stack.state().pid, stack.folder().join("state.json"));
    kill("-TERM", pid);
    wait_until("it counts as down while it stops", || !state.exists());
    let again = result(begin_up(&stack));
    assert_ne!(again["data"]["state"]["pid"], pid, "{again}");
}
