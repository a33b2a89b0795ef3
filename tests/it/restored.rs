//! A database that was restored to an earlier time: events that it no longer has were delivered, and its counters would
//! assign their sequences again.

use std::collections::HashMap;

use outboxctl::internals::local::postgres_server::superuser;
use tokio_postgres::Client;

use crate::cli_schemas::check;
use crate::support::api::eventually;
use crate::support::page::shows_the_capture_as_broken;
use crate::support::pipeline::Pipeline;

/// Ends every session, and calls `change` as the superuser.
async fn alone(pipeline: &Pipeline, change: &[&str]) {
    let server = superuser(&pipeline.stack.state().postgres, "postgres").await.expect("superuser");
    let set = |allow: bool| format!("ALTER DATABASE outbox ALLOW_CONNECTIONS {allow}");
    server.batch_execute(&set(false)).await.expect("closed");
    eventually("every session has ended", async || {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'outbox'";
        server.query(end, &[]).await.expect("ended").is_empty().then_some(())
    })
    .await;
    for statement in change {
        server.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    server.batch_execute(&set(true)).await.expect("open");
}

async fn append(database: &Client, aggregate: &str) -> i64 {
    let append = "SELECT sequence FROM outbox_append('car', $1, 'CarUpdated', '{}')";
    database.query_one(append, &[&aggregate]).await.expect("appended").get(0)
}

/// Delivers two events, makes a backup, delivers four more, restores the backup, and appends one event.
async fn restored(pipeline: &Pipeline, delivered: impl AsyncFn(usize)) {
    let database = pipeline.database().await;
    assert_eq!((append(&database, "restored-1").await, append(&database, "restored-1").await), (1, 2));
    delivered(2).await;
    alone(pipeline, &["CREATE DATABASE backup TEMPLATE outbox"]).await;
    let database = pipeline.database().await;
    for sequence in 3..=5 {
        assert_eq!(append(&database, "restored-1").await, sequence);
    }
    assert_eq!(append(&database, "restored-2").await, 1);
    delivered(6).await;
    pipeline.ok(&["dms", "stop"]);
    let restore = [
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots",
        "ALTER DATABASE outbox RENAME TO lost",
        "ALTER DATABASE backup RENAME TO outbox",
        "DROP DATABASE lost",
    ];
    alone(pipeline, &restore).await;
    let database = pipeline.database().await;
    assert_eq!(append(&database, "restored-1").await, 3, "the restored counter assigns a delivered sequence again");
}

/// Each command names what happened, and nothing is captured before it is repaired.
async fn repaired(pipeline: &Pipeline) {
    for command in ["status", "doctor"] {
        let report = pipeline.stack.run_ndjson(&[command, "--pipeline", pipeline.name]);
        let findings = report["data"]["findings"].as_array().cloned().unwrap_or_default();
        let found = findings.iter().find(|finding| finding["check"] == "replication slot").expect("a finding");
        assert!(found["state"] == "failed" && found["message"].to_string().contains("was restored"), "{found}");
        assert!(found["remedy"].to_string().contains("outboxctl dms rebuild"), "{found}");
    }
    shows_the_capture_as_broken(pipeline, "was restored").await;
    let refused = pipeline.fails(1, &["dms", "start"])["error"].to_string();
    assert!(refused.contains("was restored") && refused.contains("outboxctl dms rebuild"), "{refused}");
    let asked = pipeline.fails(2, &["dms", "rebuild", "--settle", "1s"])["error"]["message"].to_string();
    assert!(asked.contains("change sequences that delivered events have"), "{asked}");
    let report = pipeline.fails(0, &["dms", "rebuild", "--yes", "--settle", "1s"]);
    let data = report["data"].clone();
    check("dms-rebuild", &data);
    assert_eq!((&data["advanced"], &data["renumbered"]), (&2.into(), &1.into()), "{data}");
    assert_eq!((&data["delivered"], &data["missing"]), (&1.into(), &0.into()), "{data}");
}

/// The sequences of the rows, by aggregate.
async fn sequences(database: &Client, aggregate: &str) -> Vec<i64> {
    let query = "SELECT sequence FROM outbox WHERE aggregate_id = $1 ORDER BY sequence";
    let rows = database.query(query, &[&aggregate]).await.expect("the outbox");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_on_a_restored_database_continues_after_the_delivered_sequences() {
    let pipeline = Pipeline::deployed("restored", "rds-eventbridge").await;
    let delivered = async |wanted: usize| {
        eventually("the events are delivered", async || (pipeline.log().await.len() >= wanted).then_some(())).await;
    };
    restored(&pipeline, delivered).await;
    let compared = pipeline.fails(5, &["reconcile", "--grace", "0"]);
    assert_eq!(compared["data"]["unknown"], 4, "delivered, and no longer in the outbox: {compared}");
    repaired(&pipeline).await;
    let database = pipeline.database().await;
    assert_eq!(sequences(&database, "restored-1").await, [1, 2, 6]);
    assert_eq!((append(&database, "restored-1").await, append(&database, "restored-2").await), (7, 2));
    delivered(9).await;
    let mut ids: HashMap<(String, String), String> = HashMap::new();
    for event in pipeline.log().await {
        let text = |name: &str| event[name].as_str().expect("text").to_owned();
        let known = ids.entry((text("subject"), text("sequence"))).or_insert(text("id"));
        assert_eq!(*known, text("id"), "two events have the same sequence: {event}");
    }
    assert_eq!(ids.len(), 9);
    assert!(!pipeline.stack.changed(&["dms", "rebuild", "--pipeline", pipeline.name]), "there is nothing to rebuild");
}

/// Without a bus there is no event log, and the marks of consumers were restored with the database: the stream has what was
/// delivered.
#[tokio::test(flavor = "multi_thread")]
async fn the_stream_has_the_delivered_sequences_of_a_pipeline_without_a_bus() {
    let pipeline = Pipeline::deployed("restored-stream", "rds-kinesis").await;
    let delivered = async |wanted: usize| {
        eventually("the events are captured", async || {
            let now = chrono::Utc::now().to_rfc3339();
            let lines =
                pipeline.lines(&["tail", "stream", "--from", "start", "--until", &now, "--where", "content=='event'"]);
            (lines.iter().filter(|line| line["event_id"].is_string()).count() >= wanted).then_some(())
        })
        .await;
    };
    restored(&pipeline, delivered).await;
    repaired(&pipeline).await;
    let database = pipeline.database().await;
    assert_eq!(sequences(&database, "restored-1").await, [1, 2, 6]);
    assert_eq!((append(&database, "restored-1").await, append(&database, "restored-2").await), (7, 2));
}
