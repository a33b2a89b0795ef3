//! A bus that refuses events, dead letters, a kill in the middle, a lost event, a replay, a purge.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use aws_sdk_lambda::types::Environment;
use serde_json::Value;

use crate::support::pipeline::Pipeline;
use crate::support::terminal;

/// The limit of the bus that the publisher is configured with, in bytes; None for the real one.
async fn limit(pipeline: &Pipeline, bytes: Option<&str>) {
    let function = pipeline.output("PublisherFunction");
    let lambda = pipeline.clients.lambda();
    let now = lambda.get_function_configuration().function_name(function).send().await.expect("the function");
    let mut variables = now.environment.and_then(|environment| environment.variables).expect("variables");
    variables.remove("OUTBOX_MAX_REQUEST_BYTES");
    variables.extend(bytes.map(|bytes| ("OUTBOX_MAX_REQUEST_BYTES".to_owned(), bytes.to_owned())));
    let environment = Environment::builder().set_variables(Some(variables)).build();
    let changed = lambda.update_function_configuration().function_name(function).environment(environment).send().await;
    changed.expect("a new configuration");
}

/// Commits one event in a transaction of its own; returns its id.
async fn commit(database: &tokio_postgres::Client, aggregate: &str, bytes: usize) -> String {
    let query = "SELECT event_id::text FROM outbox_append('car', $1, 'CarCreated', jsonb_build_object('n', 1.10, 'text', repeat('x', $2)))";
    let size = i32::try_from(bytes).expect("a size");
    database.query_one(query, &[&aggregate, &size]).await.expect("an event").get(0)
}

fn sequences(events: &[Value], aggregate: &str, replays: bool) -> Vec<String> {
    let of = events.iter().filter(|event| event["subject"] == aggregate && event["replay"].is_string() == replays);
    of.map(|event| event["sequence"].as_str().expect("a sequence").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_the_bus_rejects_are_stored_redriven_and_reconciled() {
    let pipeline = Pipeline::deployed("repair", "rds-eventbridge").await;
    let database = pipeline.database().await;

    // Four events are too large for the bus.
    limit(&pipeline, Some("2000")).await;
    for (aggregate, bytes) in [("a", 10), ("a", 4_000), ("a", 10), ("b", 4_000), ("a", 4_000), ("c", 4_000)] {
        commit(&database, aggregate, bytes).await;
    }
    let listed = pipeline.until(&["dlq", "list"], |data| data["total"] == 4);
    assert_eq!(listed["by_cause"]["EventTooLarge"], 4, "{listed}");
    let letters = pipeline.ok(&["dlq", "list"])["dead_letters"].as_array().expect("letters").clone();
    let of = |aggregate: &str| letters.iter().find(|letter| letter["aggregate_id"] == aggregate).expect("a letter");
    let shown = pipeline.ok(&["dlq", "show", of("b")["id"].as_str().expect("an id")]);
    assert!(shown["payloads"][0]["json"]["data"]["payload"].as_str().is_some_and(|text| text.len() > 4_000), "{shown}");
    assert_eq!((&shown["event_type"], &shown["sequence"]), (&"CarCreated".into(), &1.into()), "{shown}");

    // Nothing is sent by mistake, by a dry run, or while it would be refused again.
    assert_eq!(pipeline.fails(2, &["dlq", "redrive"])["error"]["code"], "usage");
    assert_eq!(pipeline.ok(&["dlq", "redrive", "--all", "--dry-run"])["selected"], 4);
    let refused = pipeline.fails(1, &["dlq", "redrive", "--all"]);
    assert_eq!((&refused["data"]["refused"], &refused["data"]["sent"]), (&4.into(), &0.into()), "{refused}");
    let before = pipeline.fails(5, &["reconcile", "--grace", "0"]);
    let counts = ["committed", "missing", "dead_letters"].map(|name| before["data"][name].as_u64());
    assert_eq!(counts, [Some(6), Some(4), Some(4)], "{before}");
    let purge = pipeline.ok(&["db", "purge", "--older-than", "0s", "--dry-run"]);
    assert_eq!((&purge["old"], &purge["purged"], &purge["kept"]), (&6.into(), &2.into(), &4.into()), "{purge}");

    // One is lost for good: its dead letter was deleted.
    let key = of("b")["key"].as_str().expect("a key");
    let bucket = pipeline.output("FailureBucket");
    pipeline.clients.s3().delete_object().bucket(bucket).key(key).send().await.expect("deleted");

    // The limit is mended; the first redrive is killed in the middle.
    limit(&pipeline, None).await;
    let redrive = ["dlq", "redrive", "--all", "--rate", "1", "--output", "ndjson"];
    let mut killed = pipeline.command(&redrive).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let lines = BufReader::new(killed.stdout.take().expect("stdout")).lines();
    let sent = lines.map_while(Result::ok).find(|line| line.contains("\"sent\""));
    assert!(sent.is_some(), "the redrive ended before it sent anything");
    killed.kill().expect("killed");
    killed.wait().expect("gone");
    let left = pipeline.ok(&["dlq", "list"])["total"].as_u64().expect("a count");
    assert!((1..=2).contains(&left), "{left} of 3 are left");
    assert_eq!(pipeline.ok(&["dlq", "redrive", "--all"])["sent"], left);
    assert_eq!(pipeline.ok(&["dlq", "list"])["total"], 0);

    // The lost one is found, and only that is delivered.
    let reconcile = ["reconcile", "--grace", "0", "--allow-duplicates"];
    let found = pipeline.until(&reconcile, |data| data["missing"] == 1);
    assert_eq!(
        found["findings"].as_array().map(|all| all.iter().filter(|f| f["finding"] == "missing").count()),
        Some(1)
    );
    let unasked = pipeline.fails(2, &[&reconcile[..], &["--repair", "--no-input"]].concat());
    assert_eq!(unasked["error"]["code"], "needs-input", "{unasked}");
    let repaired = pipeline.ok(&[&reconcile[..], &["--repair", "--yes"]].concat());
    assert_eq!((&repaired["repair"]["sent"], &repaired["repair"]["refused"]), (&1.into(), &0.into()), "{repaired}");
    let whole = pipeline.until(&reconcile, |data| data["missing"] == 0 && data["committed"] == 6);
    assert_eq!((&whole["altered"], &whole["unknown"]), (&0.into(), &0.into()), "{whole}");
    let mut arrived = sequences(&pipeline.log().await, "a", false);
    arrived.retain(|sequence| sequence == "2" || sequence == "4");
    arrived.dedup();
    assert_eq!(arrived, ["2", "4"], "dead letters of an aggregate go in its order");

    // A replay says that it is one, keeps ids and order, and is no duplicate.
    for nothing in [&["replay"][..], &["replay", "--from", "+5m"], &["replay", "--from", "-5m", "--until", "-10m"]] {
        assert_eq!(pipeline.fails(2, nothing)["error"]["code"], "usage", "{nothing:?}");
    }
    assert_eq!(pipeline.fails(2, &["reconcile", "--from", "+1h"])["error"]["code"], "usage");
    assert_eq!(pipeline.ok(&["replay", "--all", "--dry-run"])["selected"], 6);
    let replayed = pipeline.ok(&["replay", "--aggregate", "a"]);
    assert_eq!(replayed["sent"], 4, "{replayed}");
    pipeline.until(&reconcile, |data| data["replayed"] == 4 && data["missing"] == 0);
    let events = pipeline.log().await;
    assert_eq!(sequences(&events, "a", true), ["1", "2", "3", "4"]);
    let of_first = |replay: bool| {
        events.iter().find(|e| e["subject"] == "a" && e["sequence"] == "1" && e["replay"].is_string() == replay)
    };
    let (first, again) = (of_first(false).expect("delivered"), of_first(true).expect("replayed"));
    assert_eq!((&again["id"], &again["data"], &again["replay"]), (&first["id"], &first["data"], &replayed["replay"]));

    a_killed_replay_is_resumed(&pipeline).await;
    a_replay_on_a_terminal_is_counted(&pipeline);

    // Everything was delivered, so everything may go.
    let status = pipeline.ok(&["db", "status"]);
    assert_eq!((&status["outbox"]["rows"], &status["outbox"]["exact"]), (&6.into(), &true.into()), "{status}");
    assert_eq!(pipeline.ok(&["db", "purge", "--older-than", "1h"])["purged"], 0);
    assert_eq!(pipeline.ok(&["db", "purge", "--older-than", "0s"])["purged"], 6);
    assert_eq!(pipeline.ok(&["db", "status"])["outbox"]["rows"], 0);

    // The event log still has the events that were purged from the outbox, each once, though it was replayed before.
    assert_eq!(pipeline.ok(&["replay", "--all"])["selected"], 0);
    let replayed = pipeline.ok(&["replay", "--event-type", "CarCreated", "--source", "log"]);
    assert_eq!((&replayed["selected"], &replayed["sent"]), (&6.into(), &6.into()), "{replayed}");
    let name = &replayed["replay"];
    let mut events = pipeline.log().await;
    while events.iter().filter(|event| event["replay"] == *name).count() < 6 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        events = pipeline.log().await;
    }
    events.retain(|event| event["replay"] == *name);
    assert_eq!(sequences(&events, "a", true), ["1", "2", "3", "4"]);
}

/// On a terminal, the events are counted and the name of the replay is whole; in a pipe, each event has a line.
#[tokio::test(flavor = "multi_thread")]
async fn events_older_than_the_event_log_are_not_compared() {
    let pipeline = Pipeline::deployed("repair-expired", "rds-eventbridge").await;
    let database = pipeline.database().await;
    commit(&database, "a", 10).await;
    pipeline.until(&["reconcile", "--grace", "0"], |data| data["delivered"] == 1);
    // Written before the retention of the log, as if its delivery had been deleted since.
    pipeline.ok(&["dms", "stop"]);
    let old = commit(&database, "b", 10).await;
    let change = "UPDATE outbox SET created_at = now() - interval '400 days' WHERE id = $1::text::uuid";
    assert_eq!(database.execute(change, &[&old]).await.expect("changed"), 1);
    let agreed = pipeline.ok(&["reconcile", "--grace", "0"]);
    let counts = ["committed", "missing", "expired"].map(|name| agreed[name].as_u64());
    assert_eq!(counts, [Some(1), Some(0), Some(1)], "{agreed}");
    let limits = agreed["limits"].to_string();
    assert!(limits.contains("are not compared (1)") && limits.contains("30 days"), "{limits}");
    let purge = pipeline.ok(&["db", "purge", "--older-than", "7d"]);
    assert_eq!((&purge["old"], &purge["purged"], &purge["kept"]), (&1.into(), &0.into(), &1.into()), "{purge}");
}

fn a_replay_on_a_terminal_is_counted(pipeline: &Pipeline) {
    let piped = pipeline.command(&["replay", "--all"]).output().expect("the binary starts");
    let lines = String::from_utf8_lossy(&piped.stdout).into_owned();
    assert_eq!(lines.lines().filter(|line| line.starts_with("sent ")).count(), 6, "{lines}");
    for (more, shown) in [(&[][..], 0), (&["--verbose"], 6)] {
        let command = pipeline.command(&[&["replay", "--all"], more].concat());
        let Some((code, text)) = terminal::run(&command, 80) else { return };
        assert_eq!(code, Some(0), "{text}");
        assert_eq!(text.matches("CarCreated car").count(), shown, "{text}");
        let name = text.split("6 events sent as replay ").nth(1).unwrap_or_else(|| panic!("no summary: {text}"));
        assert!(name.split_whitespace().next().is_some_and(|name| name.len() == 36), "cut off: {text}");
    }
}

/// Six events: those that were sent before the kill are not sent again, but for the batch that was under way, of one.
async fn a_killed_replay_is_resumed(pipeline: &Pipeline) {
    assert_eq!(pipeline.fails(2, &["replay", "--resume"])["error"]["code"], "usage", "none was interrupted");
    let replay = ["replay", "--all", "--rate", "1", "--output", "ndjson"];
    let mut killed = pipeline.command(&replay).stdout(Stdio::piped()).spawn().expect("the binary starts");
    let mut sent = BufReader::new(killed.stdout.take().expect("stdout")).lines().map_while(Result::ok);
    assert!(sent.by_ref().filter(|line| line.contains("\"sent\"")).nth(1).is_some(), "it ended before two were sent");
    killed.kill().expect("killed");
    killed.wait().expect("gone");
    let unknown = pipeline.fails(2, &["replay", "--resume", "unknown"]);
    assert_eq!(unknown["error"]["code"], "usage", "{unknown}");
    let rest = pipeline.ok(&["replay", "--resume"]);
    let [before, sent] = ["before", "sent"].map(|name| rest[name].as_u64().expect("a count"));
    assert!((1..6).contains(&before) && before + sent == 6, "{rest}");
    let name = rest["replay"].as_str().expect("its name");
    let mine = |events: &[Value]| events.iter().filter(|event| event["replay"] == name).cloned().collect::<Vec<_>>();
    let mut events = mine(&pipeline.log().await);
    while events.iter().map(|event| event["id"].to_string()).collect::<std::collections::BTreeSet<_>>().len() < 6 {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        events = mine(&pipeline.log().await);
    }
    assert!(events.len() <= 7, "at most the batch under way twice: {}", events.len());
    let mut of_a: Vec<String> = sequences(&events, "a", true);
    of_a.dedup();
    assert_eq!(of_a, ["1", "2", "3", "4"], "one name, one order");
    assert_eq!(pipeline.fails(2, &["replay", "--resume"])["error"]["code"], "usage", "it is done with");
}
