//! `tail` and `verify` through the binary, on one stack: what they make they remove, however they end; and what a fault
//! does to a pipeline is what `verify` says of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use chrono::{DateTime, TimeDelta, Utc};
use outboxctl::internals::aws::Clients;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::shared::Shared;
use crate::support::stack::Stack;

static STACK: Shared = Shared::new();

struct World {
    stack: Arc<Stack>,
    clients: Clients,
    bus: String,
    stream: String,
}

impl World {
    async fn deployed() -> Self {
        let stack = STACK.up("follow", |stack| {
            for step in [&["deploy", "--yes"][..], &["db", "init"], &["dms", "start"]] {
                stack.ok(step);
            }
        });
        let outputs = stack.ok(&["outputs"]);
        let clients = stack.clients();
        let text = |name: &str| outputs[name].as_str().unwrap_or_else(|| panic!("no {name}: {outputs}")).to_owned();
        Self { clients, bus: text("BusName"), stream: text("StreamName"), stack }
    }

    /// Names of everything temporary there is: queues, rules, consumers.
    async fn temporary(&self) -> Vec<String> {
        let queues = self.clients.sqs().list_queues().queue_name_prefix("outboxctl-tap-").send().await.expect("queues");
        let mut names: Vec<String> =
            queues.queue_urls().iter().map(|url| format!("queue {}", url.rsplit('/').next().unwrap_or(url))).collect();
        let rules = self.clients.eventbridge().list_rules().event_bus_name(&self.bus).name_prefix("outboxctl-tap-");
        let rules = rules.send().await.expect("rules");
        names.extend(rules.rules().iter().map(|rule| format!("rule {}", rule.name().unwrap_or("?"))));
        let kinesis = self.clients.kinesis();
        let stream = kinesis.describe_stream_summary().stream_name(&self.stream).send().await.expect("the stream");
        let arn = stream.stream_description_summary().expect("a summary").stream_arn().to_owned();
        let consumers = kinesis.list_stream_consumers().stream_arn(arn).send().await.expect("consumers");
        names.extend(consumers.consumers().iter().map(|consumer| format!("consumer {}", consumer.consumer_name())));
        names
    }

    async fn assert_clean(&self, after: &str) {
        let left = self.temporary().await;
        assert!(left.is_empty(), "left behind after {after}: {left:?}");
    }

    fn tail(&self, args: &[&str]) -> Tail {
        let mut command = self.stack.command(&[&["tail"], args].concat());
        Tail::start(command.args(["--output", "ndjson"]))
    }

    fn fault(&self, rules: &Value) {
        self.stack.fault(rules);
    }

    fn heal(&self) {
        self.stack.heal();
    }
}

/// A command under way, by the lines it prints.
struct Tail {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Tail {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        Self { child, lines }
    }

    /// The next line like this; fails with the command's own last words where none comes.
    fn until(&mut self, what: &str, like: impl Fn(&Value) -> bool) -> Value {
        for line in self.lines.by_ref() {
            let line: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
            if like(&line) {
                return line;
            }
            assert_ne!(line["type"], "result", "it ended before {what}: {line}");
        }
        panic!("it ended before {what}");
    }

    fn live(mut self) -> Self {
        self.until("it was live", |line| line["scope"] == "tail" && line["type"] == "finished");
        self
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("an id")).expect("a process");
        kill_process(pid, signal).expect("a signal");
    }

    /// Exit code and final line.
    fn end(mut self) -> (Option<i32>, Value) {
        let last = self.lines.by_ref().map(|line| line.expect("text")).last();
        let last = last.map_or(Value::Null, |line| serde_json::from_str(&line).expect("JSON"));
        (self.child.wait().expect("it ends").code(), last)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tail_removes_its_temporary_resources() {
    let _turn = STACK.turn().await;
    let world = &World::deployed().await;
    // By either signal, with its exit code.
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let tail = world.tail(&["--enhanced-fan-out"]).live();
        assert_eq!(world.temporary().await.len(), 3, "{:?}", world.temporary().await);
        tail.signal(signal);
        let (exit, last) = tail.end();
        assert_eq!((exit, &last["type"]), (Some(code), &json!("result")), "{last}");
        world.assert_clean(&format!("{signal:?}")).await;
    }

    // By an error: another program deleted the queue.
    let tail = world.tail(&["events"]).live();
    let queues = world.clients.sqs().list_queues().queue_name_prefix("outboxctl-tap-").send().await.expect("queues");
    world.clients.sqs().delete_queue().queue_url(&queues.queue_urls()[0]).send().await.expect("deleted");
    let (exit, last) = tail.end();
    assert_eq!((exit, &last["ok"]), (Some(1), &json!(false)), "{last}");
    world.assert_clean("an error").await;

    // By kill -9 nothing is removed, until the next run finds it by its tags.
    let mut killed = world.tail(&["--enhanced-fan-out"]).live();
    killed.child.kill().expect("killed");
    killed.child.wait().expect("dead");
    assert_eq!(world.temporary().await.len(), 3);
    // A living one's are left alone.
    let living = world.tail(&["events"]).live();
    assert_eq!(world.temporary().await.len(), 3, "the dead one's consumer, the living one's queue and rule");
    let other = world.tail(&["kinesis", "events", "--enhanced-fan-out"]).live();
    assert_eq!(world.temporary().await.len(), 5, "{:?}", world.temporary().await);
    for tail in [other, living] {
        tail.signal(Signal::TERM);
        tail.end();
    }
    world.assert_clean("kill -9 and two more runs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tail_shows_the_requested_events() {
    let _turn = STACK.turn().await;
    let world = &World::deployed().await;
    let mut polled = world.tail(&["kinesis", "events", "--count", "6", "--where", "content=='event'"]).live();
    let mut pushed =
        world.tail(&["kinesis", "--enhanced-fan-out", "--count", "3", "--where", "content=='event'"]).live();
    let inserted = world.stack.ok(&["sample", "insert", "--count", "3", "--aggregates", "1"]);
    let ids: Vec<&Value> = inserted["event_ids"].as_array().expect("ids").iter().collect();
    for id in &ids {
        let item = pushed.until("three items", |line| line["type"] == "item");
        assert_eq!((&item["hop"], &item["event_id"]), (&json!("stream"), *id), "{item}");
    }
    assert_eq!(pushed.end().0, Some(0));
    let mut seen: Vec<(String, String)> = (0..6)
        .map(|_| polled.until("six items", |line| line["type"] == "item"))
        .map(|item| (item["hop"].to_string(), item["event_id"].to_string()))
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6, "three events at two hops each: {seen:?}");
    assert_eq!(
        polled.end(),
        (Some(0), json!({"type": "result", "ok": true, "exit_code": 0, "changed": null, "data": {"shown": 6}, "v": 2}))
    );
    world.assert_clean("--count").await;

    // The same again from the past, as text.
    let output = world.stack.run(&[
        "tail",
        "kinesis",
        "--from",
        "start",
        "--idle-timeout",
        "3",
        "--where",
        "content=='event'",
        "--format",
        "{hop}\\t{sequence}\\t{event_id}\\t{record.data.aggregate_type}",
    ]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let expected: Vec<String> = ids
        .iter()
        .enumerate()
        .map(|(n, id)| format!("stream\t{}\t{}\tcar", n + 1, id.as_str().expect("text")))
        .collect();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);

    for (wrong, part) in [
        (&["tail", "--format", "{nonsense}"][..], "unknown field"),
        (&["tail", "--output", "json"], "--output ndjson"),
        (&["tail", "--from", "+5m"], "future"),
        (&["tail", "--from", "-5m", "--until", "-10m"], "before --from"),
        (&["tail", "--until", "-1m"], "in the past"),
        (&["tail", "--where", "a=="], "--where"),
        (&["tail", "events", "--enhanced-fan-out"], "not among the followed hops"),
    ] {
        let output = world.stack.run(wrong);
        let out = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{wrong:?}: {out}");
        assert!(out.contains(part), "{wrong:?}: {out}");
    }
}

/// EventBridge retries a delivery to the log for up to 24 hours; the event keeps the time of the first attempt.
#[tokio::test(flavor = "multi_thread")]
async fn tail_shows_events_that_reach_the_log_late() {
    let _turn = STACK.turn().await;
    let world = &World::deployed().await;
    let outputs = world.stack.ok(&["outputs"]);
    let (group, stream) = (outputs["EventLogGroup"].as_str().expect("a group"), "late");
    let logs = world.clients.logs();
    logs.create_log_stream().log_group_name(group).log_stream_name(stream).send().await.expect("a log stream");
    let put = async |id: &str, time: DateTime<Utc>| {
        let message = json!({"id": id, "source": "test", "detail-type": "Late", "detail": {}}).to_string();
        let event = InputLogEvent::builder().timestamp(time.timestamp_millis()).message(message).build();
        let event = event.expect("an event");
        let request = logs.put_log_events().log_group_name(group).log_stream_name(stream).log_events(event);
        request.send().await.expect("it is logged");
    };
    let mut tail = world.tail(&["log", "--where", "record.source=='test'", "--idle-timeout", "60"]).live();
    // The second one is from before the start of `tail`.
    let now = Utc::now();
    for (id, minutes) in [("new", 0), ("late", 4), ("later", 20)] {
        put(id, now - TimeDelta::minutes(minutes)).await;
        let item = tail.until(id, |line| line["type"] == "item");
        assert_eq!(item["record"]["id"], id, "{item}");
    }
    tail.signal(Signal::TERM);
    tail.end();
    logs.delete_log_stream().log_group_name(group).log_stream_name(stream).send().await.expect("deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_counts_losses_and_duplicates_of_injected_faults() {
    let _turn = STACK.turn().await;
    let world = &World::deployed().await;
    let junit = tempfile::NamedTempFile::new().expect("a file");
    let file = junit.path().to_str().expect("text");
    let written = || std::fs::read_to_string(file).expect("a JUnit file");

    let report = world.stack.ok(&["verify", "--count", "10", "--junit", file]);
    assert_eq!(report["hops"][0]["from_commit"]["histogram"].as_array().map(|steps| steps.is_empty()), Some(false));
    assert!(written().contains(r#"failures="0""#), "{}", written());
    let soak = world.stack.ok(&["verify", "--duration", "3", "--rate", "20"]);
    assert!(
        soak["committed"].as_u64().is_some_and(|count| count >= 40) && soak["verdict"]["delivered"] == true,
        "{soak}"
    );
    world.assert_clean("verify").await;

    // Refused for a while: later, and nothing else.
    let report = verify(
        world,
        &["--count", "20", "--rate", "20"],
        &json!([
            {"service": "events", "operation": "PutEvents", "kind": "throttle", "next": 2},
        ]),
    );
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["data"]["hops"][2]["arrived"], 20, "{report}");

    // Put, and the answer lost: put again.
    let late = json!([{"service": "events", "operation": "PutEvents", "kind": "late", "next": 1}]);
    let report = verify(world, &["--count", "20", "--rate", "20"], &late);
    assert_eq!((&report["exit_code"], &report["data"]["verdict"]["once"]), (&json!(5), &json!(false)), "{report}");
    assert_eq!(report["data"]["hops"][0]["duplicated"], 0, "the stream has each once: {report}");
    assert!(report["data"]["hops"][1]["duplicated"].as_u64() > Some(0), "{report}");
    let report = verify(world, &["--count", "20", "--rate", "20", "--allow-duplicates"], &late);
    assert_eq!(report["ok"], true, "{report}");

    // Never put: it counts as lost when the time is over.
    let report = verify(
        world,
        &["--count", "40", "--rate", "20", "--timeout", "4", "--junit", file],
        &json!([
            {"service": "events", "operation": "PutEvents", "kind": "error"},
        ]),
    );
    assert_eq!((&report["exit_code"], &report["error"]["code"]), (&json!(5), &json!("verify")), "{report}");
    let lost = report["data"]["last_seen"]["stream"].as_u64().expect("lost after the stream");
    assert_eq!(report["data"]["hops"][1]["lost"], lost, "{report}");
    assert!(lost > 0 && report["error"]["message"].to_string().contains(&format!("{lost} in the stream")), "{report}");
    assert!(report["error"]["hints"].to_string().contains("outboxctl dms status"), "{report}");
    assert!(written().contains("bus: every event arrives") && !written().contains(r#"failures="0""#), "{}", written());
    world.assert_clean("a failed verify").await;
    world.heal();
}

/// Verifies, with faults from when it begins to write until it ends; its final line.
fn verify(world: &World, args: &[&str], faults: &Value) -> Value {
    let mut command = world.stack.command(&[&["verify"], args].concat());
    let mut run = Tail::start(command.args(["--output", "ndjson"]));
    run.until("it wrote", |line| line["scope"] == "verify" && line["message"].to_string().contains("writing"));
    world.fault(faults);
    let (_, last) = run.end();
    world.heal();
    // Events held back in the meantime arrive before the next request.
    let begun = Instant::now();
    while world.stack.run(&["verify", "--count", "1"]).status.code() != Some(0) {
        assert!(begun.elapsed() < Duration::from_secs(120), "the pipeline did not recover");
    }
    last
}

/// Every command that a hint after `verify` names exists.
#[test]
fn hints_name_commands_that_there_are() {
    let mut definition = outboxctl::internals::cli::definition();
    definition.build();
    for pipeline in outboxctl::internals::pipelines::ALL {
        let hint = outboxctl::internals::commands::verify::hint(pipeline);
        let commands: Vec<&str> = hint.split("`outboxctl ").skip(1).filter_map(|rest| rest.split('`').next()).collect();
        assert!(!commands.is_empty(), "{hint}");
        for named in commands {
            let found = named.split(' ').try_fold(&definition, |command, word| command.find_subcommand(word));
            assert!(found.is_some(), "{}: there is no `outboxctl {named}`", pipeline.name);
        }
        let has_database = pipeline.stack("database").is_some();
        assert_eq!(hint.contains("db status"), has_database, "{}: {hint}", pipeline.name);
    }
}
