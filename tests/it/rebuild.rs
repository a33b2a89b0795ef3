//! A capture without its slot: each command names it, and `dms rebuild` replaces it, however often it is killed.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use outboxctl::internals::local::postgres_server::superuser;
use serde_json::Value;
use tokio_postgres::Client;

use crate::support::api::eventually;
use crate::support::page::shows_the_capture_as_broken;
use crate::support::pipeline::Pipeline;
use crate::support::stack::Stack;

const AGGREGATES: [&str; 2] = ["rebuilt-1", "rebuilt-2"];

/// Makes the server remove the log that the slot needs, as it does when `max_slot_wal_keep_size` is exceeded. Returns the slot.
pub async fn invalidate(stack: &Stack) -> String {
    let server = superuser(&stack.state().postgres, "outbox").await.expect("superuser");
    let set = |statement: &'static str| server.batch_execute(statement);
    set("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'").await.expect("set");
    set("SELECT pg_reload_conf()").await.expect("reloaded");
    let lost = eventually("the slot is lost", async || {
        // A checkpoint removes the segments that no slot may keep.
        set("SELECT pg_logical_emit_message(false, 'test', 'x')").await.expect("a record");
        set("SELECT pg_switch_wal()").await.expect("a segment");
        set("CHECKPOINT").await.expect("a checkpoint");
        let slot = "SELECT slot_name::text FROM pg_replication_slots WHERE wal_status = 'lost'";
        server.query_opt(slot, &[]).await.expect("the slots").map(|row| row.get::<_, String>(0))
    });
    let lost = lost.await;
    set("ALTER SYSTEM RESET max_slot_wal_keep_size").await.expect("reset");
    set("SELECT pg_reload_conf()").await.expect("reloaded");
    lost
}

/// Appends an event to each aggregate.
async fn append(database: &Client) {
    for aggregate in AGGREGATES {
        let appended = "SELECT outbox_append('car', $1, 'CarUpdated', '{}')";
        database.execute(appended, &[&aggregate]).await.expect("appended");
    }
}

/// Runs `dms rebuild`, and kills it at the first line that contains the text. Returns the line.
fn kill_at(pipeline: &Pipeline, text: &str) -> String {
    let mut command = pipeline.command(&["dms", "rebuild", "--yes", "--settle", "2s", "--output", "ndjson"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines().map(|line| line.expect("text"));
    let mut seen = Vec::new();
    let found = lines.by_ref().inspect(|line| seen.push(line.clone())).find(|line| line.contains(text));
    child.kill().expect("killed");
    child.wait().expect("its end");
    found.unwrap_or_else(|| panic!("it ended before {text:?}:\n{}", seen.join("\n")))
}

/// The sequences of an aggregate on the bus, each once, in the order of their first delivery.
async fn delivered(pipeline: &Pipeline, aggregate: &str) -> Vec<String> {
    let mut known = HashSet::new();
    let events = pipeline.log().await.into_iter().filter(|event| event["subject"] == aggregate);
    let sequences = events.filter_map(|event| event["sequence"].as_str().map(str::to_owned));
    sequences.filter(|sequence| known.insert(sequence.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_that_is_killed_at_each_step_loses_nothing_and_keeps_the_order() {
    let pipeline = Pipeline::deployed("rebuild", "rds-eventbridge").await;
    let database = pipeline.database().await;
    append(&database).await;
    eventually("the first events are delivered", async || {
        let first = delivered(&pipeline, AGGREGATES[0]).await.len() + delivered(&pipeline, AGGREGATES[1]).await.len();
        (first == 2).then_some(())
    })
    .await;
    pipeline.ok(&["dms", "stop"]);
    append(&database).await;
    let lost = invalidate(&pipeline.stack).await;

    // The slot can't be created before this transaction ends.
    let application = pipeline.database().await;
    application.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.expect("an open transaction");
    let pid: i32 = application.query_one("SELECT pg_backend_pid()", &[]).await.expect("a process").get(0);
    let mut events = 2;
    for step in ["dropped", "creating slot", "waiting for the transaction of process"] {
        append(&database).await;
        events += 1;
        let line = kill_at(&pipeline, step);
        if step == "dropped" {
            assert!(line.contains(&format!("slot {lost} dropped")), "{line}");
        }
        if step.starts_with("waiting") {
            assert!(line.contains(&format!("process {pid}")) && line.contains(" s)"), "{line}");
        }
    }
    application.batch_execute("COMMIT").await.expect("commit");

    // A start would let later events overtake the missing ones.
    let refused = pipeline.fails(1, &["dms", "start"])["error"].to_string();
    assert!(refused.contains("rebuild of the capture was interrupted") && refused.contains("dms rebuild"), "{refused}");
    let doctor = pipeline.stack.run_ndjson(&["doctor", "--pipeline", "rds-eventbridge"]);
    assert!(doctor["data"]["findings"].to_string().contains("a rebuild of the capture was interrupted"), "{doctor}");

    let steps = ["has every change from", "comparing the outbox", "were not captured: delivering"];
    for step in steps.into_iter().chain(["testing the connection", "requesting start-replication"]) {
        append(&database).await;
        events += 1;
        kill_at(&pipeline, step);
    }
    append(&database).await;
    events += 1;
    let report = pipeline.ok(&["dms", "rebuild", "--yes", "--settle", "2s"]);
    assert_eq!((&report["missing"], &report["out_of_order"]), (&0.into(), &0.into()), "{report}");
    append(&database).await;
    events += 1;
    let sequences: Vec<String> = (1..=events).map(|sequence: i32| sequence.to_string()).collect();
    for aggregate in AGGREGATES {
        eventually("every event is delivered", async || {
            (delivered(&pipeline, aggregate).await.len() == sequences.len()).then_some(())
        })
        .await;
        assert_eq!(delivered(&pipeline, aggregate).await, sequences, "{aggregate}");
    }
    let slots = database.query("SELECT slot_name::text FROM pg_replication_slots", &[]).await.expect("the slots");
    let slots: Vec<String> = slots.into_iter().map(|row| row.get(0)).collect();
    assert_eq!(slots, [report["slot"].as_str().expect("a slot")], "one slot, which the task reads");
    assert!(
        !pipeline.stack.changed(&["dms", "rebuild", "--pipeline", "rds-eventbridge"]),
        "there is nothing to rebuild"
    );
    pipeline.ok(&["reconcile", "--grace", "0", "--allow-duplicates"]);

    // Skipping events on purpose is still possible: the slot has another position then.
    pipeline.ok(&["dms", "stop"]);
    append(&database).await;
    pipeline.ok(&["dms", "start", "--fresh"]);
    assert_eq!(pipeline.fails(5, &["reconcile", "--grace", "0", "--allow-duplicates"])["data"]["missing"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_slot_is_named_by_every_command_that_shows_the_capture() {
    let pipeline = Pipeline::deployed("lost-slot", "rds-eventbridge").await;
    pipeline.ok(&["dms", "stop"]);
    let lost = invalidate(&pipeline.stack).await;
    let named = format!("replication slot {lost} is lost");
    for command in ["status", "doctor"] {
        let report = pipeline.stack.run_ndjson(&[command, "--pipeline", "rds-eventbridge"]);
        let findings = report["data"]["findings"].as_array().cloned().unwrap_or_default();
        let found: Vec<&Value> = findings.iter().filter(|finding| finding["check"] == "replication slot").collect();
        let [finding] = found[..] else { panic!("{command}: {findings:?}") };
        assert_eq!(finding["state"], "failed", "{finding}");
        assert!(finding["message"].to_string().contains(&named), "{finding}");
        assert!(finding["remedy"].to_string().contains("outboxctl dms rebuild"), "{finding}");
    }
    shows_the_capture_as_broken(&pipeline, &named).await;
    let status = pipeline.command(&["dms", "status"]).output().expect("the binary starts");
    let text = format!("{}{}", String::from_utf8_lossy(&status.stdout), String::from_utf8_lossy(&status.stderr));
    assert!(text.contains(&lost) && text.contains("outboxctl dms rebuild"), "{text}");
    assert!(pipeline.ok(&["dms", "status"])["slot"].to_string().contains(&named));
    let failed = pipeline.fails(1, &["dms", "start"])["error"]["hints"].to_string();
    assert!(failed.contains(&named) && failed.contains("outboxctl dms rebuild"), "{failed}");

    // Without a terminal nothing is dropped unasked, and the question names the slot.
    let question = pipeline.fails(2, &["dms", "rebuild", "--no-input"])["error"].to_string();
    assert!(question.contains(&lost), "{question}");
    let report = pipeline.ok(&["capture", "rebuild", "--yes", "--settle", "0"]);
    assert_eq!((&report["dropped"][0], &report["missing"]), (&lost.into(), &0.into()), "{report}");
    assert_eq!(pipeline.ok(&["dms", "status"])["slot"], Value::Null);
}

/// Without a consumer nothing is processed: captured events wait in the stream, and are not put into it again.
#[tokio::test(flavor = "multi_thread")]
async fn events_that_wait_in_the_stream_for_a_consumer_are_not_delivered_again() {
    let pipeline = Pipeline::deployed("rebuild-stream", "rds-kinesis").await;
    let database = pipeline.database().await;
    append(&database).await;
    append(&database).await;
    let in_stream = |wanted: usize| {
        let now = chrono::Utc::now().to_rfc3339();
        let args = ["tail", "stream", "--from", "start", "--until", &now, "--where", "content=='event'"];
        let lines = pipeline.lines(&args);
        let events: Vec<String> =
            lines.iter().filter_map(|line| line["event_id"].as_str().map(str::to_owned)).collect();
        (events.len() >= wanted).then_some(events)
    };
    eventually("the events are captured", async || in_stream(4)).await;
    pipeline.ok(&["dms", "stop"]);
    append(&database).await;
    database
        .execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots", &[])
        .await
        .expect("dropped");

    let report = pipeline.ok(&["dms", "rebuild", "--yes"]);
    assert_eq!((&report["delivered"], &report["missing"], &report["in_stream"]), (&2.into(), &0.into(), &6.into()));
    append(&database).await;
    let events = eventually("the new slot is read", async || in_stream(8)).await;
    let distinct: HashSet<&String> = events.iter().collect();
    assert_eq!((events.len(), distinct.len()), (8, 8), "each event is in the stream once");
}
