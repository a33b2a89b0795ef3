//! `db upgrade`: a major upgrade of the local database, by pg_upgrade, while a writer goes on.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use outboxctl::internals::local::postgres_server::superuser;
use outboxctl::internals::postgres::{Target, connect};
use serde_json::Value;
use tokio::task::JoinHandle;

use crate::cli_schemas::check;
use crate::support::api::eventually;
use crate::support::not_run;
use crate::support::pipeline::Pipeline;
use crate::support::stack::Stack;

const PIPELINE: &str = "rds-eventbridge";
/// The line of the moment at which RDS upgrades the database.
const IN_PROGRESS: &str = r#""resource_type":"AWS::RDS::DBInstance","status":"UPDATE_IN_PROGRESS""#;
const AGGREGATES: [&str; 2] = ["upgraded-1", "upgraded-2"];

/// A pipeline on the version that this machine has, and the version that it can be upgraded to. None with a line about it
/// if there are no two versions.
async fn upgradable(test: &str) -> Option<(Pipeline, u32, u32)> {
    let stack = Stack::up(test);
    let version = stack.state().postgres.version;
    let from: u32 = version.split('.').next().and_then(|major| major.parse().ok()).expect("a version");
    let to = from + 1;
    let supported = 15..=17;
    if !supported.contains(&from) || !supported.contains(&to) {
        not_run(&format!("the templates have no upgrade from PostgreSQL {from}, the newest on this machine"));
        return None;
    }
    stack.ok(&["deploy", "--yes", "--pipeline", PIPELINE, "--parameter", &format!("DatabaseVersion={from}")]);
    stack.ok(&["db", "init", "--pipeline", PIPELINE]);
    stack.ok(&["dms", "start", "--pipeline", PIPELINE]);
    let pipeline = Pipeline::on(Arc::new(stack), PIPELINE).await;
    let plan =
        pipeline.stack.run_ndjson(&["db", "upgrade", "--to", &to.to_string(), "--dry-run", "--pipeline", PIPELINE]);
    if plan["ok"] != true {
        let reason = plan["error"]["message"].to_string();
        let missing = ["was not found on this machine", "can't be fetched"];
        assert!(missing.iter().any(|text| reason.contains(text)), "{plan}");
        not_run(&reason);
        return None;
    }
    check("db-upgrade", &plan["data"]);
    let steps = plan["data"]["plan"]["steps"].as_array().expect("the steps").len();
    assert_eq!((steps, &plan["data"]["plan"]["findings"], &plan["changed"]), (9, &Value::Array(vec![]), &false.into()));
    Some((pipeline, from, to))
}

/// A separate program of an application: appends to both aggregates in turn, and connects again after each failure.
fn writer(target: Target) -> (Arc<AtomicBool>, JoinHandle<u32>) {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let task = tokio::spawn(async move {
        let mut failures = 0;
        while !stopped.load(Ordering::SeqCst) {
            let Ok(client) = connect(&target).await else {
                failures += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            for aggregate in AGGREGATES.iter().cycle() {
                let append = "SELECT outbox_append('car', $1, 'CarUpdated', '{}')";
                if client.execute(append, &[aggregate]).await.is_err() {
                    failures += 1;
                    break;
                }
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        failures
    });
    (stop, task)
}

/// Runs an upgrade, and kills it at the first line that contains the text.
fn kill_at(pipeline: &Pipeline, to: u32, text: &str) {
    let to = to.to_string();
    let args = ["db", "upgrade", "--to", &to, "--yes", "--settle", "2s", "--output", "ndjson"];
    let mut child =
        pipeline.command(&args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines().map(|line| line.expect("text"));
    let mut seen = Vec::new();
    let found = lines.by_ref().inspect(|line| seen.push(line.clone())).any(|line| line.contains(text));
    child.kill().expect("killed");
    child.wait().expect("its end");
    assert!(found, "it ended before {text:?}:\n{}", seen.join("\n"));
}

/// Runs statements as the superuser of the server.
async fn as_superuser(pipeline: &Pipeline, database: &str, statements: &[&str]) {
    let server = superuser(&pipeline.stack.state().postgres, database).await.expect("superuser");
    for statement in statements {
        server.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
}

/// The sequences of an aggregate on the bus, each once, in the order of their first delivery.
async fn delivered(pipeline: &Pipeline, aggregate: &str) -> Vec<i64> {
    let mut known = HashSet::new();
    let events = pipeline.log().await.into_iter().filter(|event| event["subject"] == aggregate);
    let sequences = events.filter_map(|event| event["sequence"].as_str()?.parse().ok());
    sequences.filter(|sequence| known.insert(*sequence)).collect()
}

/// The sequences that were committed.
async fn committed(pipeline: &Pipeline, aggregate: &str) -> Vec<i64> {
    let query = "SELECT sequence::bigint FROM outbox WHERE aggregate_id = $1 ORDER BY sequence";
    let rows = pipeline.database().await.query(query, &[&aggregate]).await.expect("the outbox");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_under_writes_that_is_killed_at_each_step_loses_nothing_and_keeps_the_order() {
    let Some((pipeline, from, to)) = upgradable("upgrade").await else { return };
    let (stop, writer) = writer(pipeline.target().await);
    let steps = ["waiting until every", "stopping the capture", "dropped"];
    steps.iter().for_each(|step| kill_at(&pipeline, to, step));

    // A start would let later events overtake those that were not captured, and a deploy would start the capture.
    let refused = pipeline.fails(1, &["dms", "start"])["error"].to_string();
    assert!(refused.contains("an upgrade of the database") && refused.contains("db upgrade --to"), "{refused}");
    let refused = pipeline.fails(1, &["deploy", "--yes"])["error"].to_string();
    assert!(refused.contains("nothing was deployed") && refused.contains("db upgrade --to"), "{refused}");
    let doctor = pipeline.stack.run_ndjson(&["doctor", "--pipeline", PIPELINE]);
    assert!(doctor["data"]["findings"].to_string().contains("an upgrade of the database"), "{doctor}");
    let other = pipeline.fails(2, &["db", "upgrade", "--to", &(to + 1).to_string(), "--yes"])["error"].to_string();
    assert!(other.contains("an upgrade to"), "{other}");

    let steps = ["it is unavailable until then", IN_PROGRESS, "the database runs", "refreshing the statistics"];
    let later = ["creating slot", "has every change from", "were not captured: delivering", "start-replication"];
    steps.iter().chain(&later).for_each(|step| kill_at(&pipeline, to, step));
    let report = pipeline.ok(&["db", "upgrade", "--to", &to.to_string(), "--yes", "--settle", "2s"]);
    check("db-upgrade", &report);
    let result = &report["result"];
    assert_eq!((&result["missing"], &result["out_of_order"]), (&0.into(), &0.into()), "{report}");
    assert!(result["written"].as_u64() > Some(0), "{report}");
    stop.store(true, Ordering::SeqCst);
    let failures = writer.await.expect("the writer");
    assert!(failures > 0, "the database was down while it was upgraded");

    for aggregate in AGGREGATES {
        let written = committed(&pipeline, aggregate).await;
        assert!(written.len() > 10, "{written:?}");
        eventually("every event is delivered", async || {
            (delivered(&pipeline, aggregate).await.len() == written.len()).then_some(())
        })
        .await;
        assert_eq!(delivered(&pipeline, aggregate).await, written, "{aggregate}");
    }
    pipeline.ok(&["reconcile", "--grace", "0", "--allow-duplicates"]);
    let database = pipeline.database().await;
    let slots = database.query("SELECT slot_name::text FROM pg_replication_slots", &[]).await.expect("the slots");
    let slots: Vec<String> = slots.into_iter().map(|row| row.get(0)).collect();
    assert_eq!(slots, [result["slot"].as_str().expect("a slot")], "one slot, which the task reads");

    // Everything shows the version that runs, and the deployed template describes it.
    let major = |version: &str| version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    let server = database.query_one("SHOW server_version", &[]).await.expect("the version").get::<_, String>(0);
    let described = pipeline.clients.rds().describe_db_instances().send().await.expect("the instances");
    let described = described.db_instances()[0].engine_version().expect("a version").to_owned();
    let shown = pipeline.stack.state().postgres.version;
    assert_eq!([server, described, shown].map(|version| major(&version)), [Some(to); 3]);
    assert!(!pipeline.stack.changed(&["deploy", "--yes", "--pipeline", PIPELINE]), "nothing is left to deploy");
    assert!(!pipeline.stack.changed(&["db", "upgrade", "--to", &to.to_string(), "--pipeline", PIPELINE]));
    let downgrade = pipeline.fails(2, &["deploy", "--yes", "--parameter", &format!("DatabaseVersion={from}")]);
    assert!(downgrade["error"].to_string().contains("does not downgrade"), "{downgrade}");
    let downgrade = pipeline.fails(2, &["db", "upgrade", "--to", &from.to_string(), "--yes"]);
    assert!(downgrade["error"].to_string().contains("does not downgrade"), "{downgrade}");

    // The next start uses the programs of the upgraded data.
    pipeline.stack.ok(&["local", "down"]);
    pipeline.stack.ok(&["local", "up", "--port", "0", "--postgres-port", "0"]);
    assert_eq!(major(&pipeline.stack.state().postgres.version), Some(to));
    pipeline.ok(&["verify", "--count", "5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_prevents_an_upgrade_is_named_before_anything_changes() {
    let Some((pipeline, from, to)) = upgradable("upgrade-refused").await else { return };
    // A setting of the parameter group, which takes effect with a restart.
    let setting = "ALTER SYSTEM SET max_prepared_transactions = 1";
    as_superuser(&pipeline, "postgres", &[setting]).await;
    pipeline.stack.ok(&["local", "down"]);
    pipeline.stack.ok(&["local", "up", "--port", "0", "--postgres-port", "0"]);
    pipeline.until(&["dms", "status"], |status| status["status"] == "running");
    let database = pipeline.database().await;
    database.batch_execute("CREATE TABLE search (language regconfig)").await.expect("a table");
    let slot = "SELECT pg_create_logical_replication_slot('debezium', 'pgoutput')";
    database.batch_execute(slot).await.expect("a slot");
    as_superuser(&pipeline, "postgres", &["CREATE DATABASE broken", "CREATE DATABASE other"]).await;
    let slot = "SELECT pg_create_logical_replication_slot('elsewhere', 'pgoutput')";
    as_superuser(&pipeline, "other", &[slot]).await;
    // As after a DROP DATABASE that was interrupted.
    let interrupted = "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken'";
    as_superuser(&pipeline, "postgres", &[interrupted]).await;
    database.batch_execute("BEGIN; CREATE TABLE held (n int); PREPARE TRANSACTION 'held'").await.expect("prepared");
    let upgrade = ["db", "upgrade", "--to", &to.to_string(), "--yes"];
    let refused = pipeline.fails(1, &upgrade);
    check("db-upgrade", &refused["data"]);
    let text = refused["error"]["message"].to_string();
    for named in [
        "5 findings",
        "nothing was changed",
        "slot debezium (pgoutput, database outbox",
        "slot elsewhere (pgoutput, database other",
        "1 prepared transaction: held",
        "public.search.language",
        "DROP DATABASE was interrupted: broken",
    ] {
        assert!(text.contains(named), "{named}: {text}");
    }
    let hints = refused["error"]["hints"].to_string();
    for named in ["pg_drop_replication_slot('debezium')", "pg_drop_replication_slot('elsewhere')", "ROLLBACK PREPARED"]
    {
        assert!(hints.contains(named), "{named}: {hints}");
    }
    assert_eq!(refused["data"]["plan"]["findings"].as_array().map(Vec::len), Some(5), "{refused}");
    assert_eq!(pipeline.ok(&["dms", "status"])["status"], "running");
    database.batch_execute("COMMIT PREPARED 'held'").await.expect("committed");
    as_superuser(&pipeline, "other", &["SELECT pg_drop_replication_slot('elsewhere')"]).await;
    as_superuser(&pipeline, "postgres", &["DROP DATABASE broken", "DROP DATABASE other WITH (FORCE)"]).await;
    let question = pipeline.fails(1, &["db", "upgrade", "--to", &to.to_string(), "--no-input"]);
    assert!(
        question["error"]["message"].to_string().contains("findings"),
        "findings come before the question: {question}"
    );

    // RDS itself refuses, too.
    let identifier = pipeline.output("DatabaseIdentifier").to_owned();
    let rds = pipeline.clients.rds();
    let group = |name: &str, major: u32| {
        let family = format!("postgres{major}");
        rds.create_db_parameter_group()
            .db_parameter_group_name(name)
            .db_parameter_group_family(family)
            .description("test")
    };
    group("older", from).send().await.expect("a group");
    group("newer", to).send().await.expect("a group");
    let modify = async |version: String, allow: bool, group: &str| {
        let request = rds.modify_db_instance().db_instance_identifier(&identifier).apply_immediately(true);
        let request = request.engine_version(version).allow_major_version_upgrade(allow).db_parameter_group_name(group);
        format!("{:?}", request.send().await.expect_err("it is refused"))
    };
    let wanted = to.to_string();
    for (version, allow, group, reason) in [
        (&wanted, false, "newer", "AllowMajorVersionUpgrade"),
        (&wanted, true, "older", "DBParameterGroupFamily"),
        (&(from - 1).to_string(), true, "newer", "Cannot upgrade postgres"),
        (&format!("{to}.99"), true, "newer", "Cannot upgrade postgres"),
        (&wanted, true, "newer", "logical replication slots"),
    ] {
        let refused = modify(version.clone(), allow, group).await;
        assert!(refused.contains(reason), "{version} {allow} {group}: {refused}");
    }
    let described = rds.describe_db_instances().send().await.expect("the instances");
    let shown = described.db_instances()[0].engine_version().expect("a version");
    assert!(shown.starts_with(&format!("{from}.")), "{shown} is not what runs");

    // An upgrade that was given up in the middle: the capture continues on the old version, in order.
    database.batch_execute("DROP TABLE search; SELECT pg_drop_replication_slot('debezium')").await.expect("dropped");
    kill_at(&pipeline, to, "dropped");
    let append = "SELECT outbox_append('car', 'upgraded-1', 'CarUpdated', '{}')";
    database.execute(append, &[]).await.expect("appended");
    let report = pipeline.ok(&["dms", "rebuild", "--yes", "--settle", "1s"]);
    assert_eq!((&report["delivered"], &report["missing"]), (&1.into(), &0.into()), "{report}");
    database.execute(append, &[]).await.expect("appended");
    eventually("the capture runs again", async || (delivered(&pipeline, "upgraded-1").await == [1, 2]).then_some(()))
        .await;
    pipeline.ok(&["db", "upgrade", "--to", &to.to_string(), "--dry-run"]);
}

/// A slot that appears after the checks: RDS refuses the upgrade, and the stack is rolled back.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_rds_refuses_leaves_the_version_and_continues_once_it_can() {
    let Some((pipeline, from, to)) = upgradable("upgrade-slot").await else { return };
    kill_at(&pipeline, to, "dropped");
    let database = pipeline.database().await;
    let make = "SELECT pg_create_logical_replication_slot('debezium', 'pgoutput')";
    database.batch_execute(make).await.expect("a slot");
    let failed = pipeline.fails(1, &["db", "upgrade", "--to", &to.to_string(), "--yes"])["error"].to_string();
    assert!(failed.contains("logical replication slots") && failed.contains("debezium"), "{failed}");
    assert!(failed.contains("continues where it stopped") && failed.contains("dms rebuild"), "{failed}");
    let identifier = pipeline.output("DatabaseIdentifier");
    let events = pipeline.clients.rds().describe_events().source_identifier(identifier);
    let events = events.source_type("db-instance".into()).send().await.expect("the events");
    let told = events.events().iter().any(|event| event.message().is_some_and(|text| text.contains("debezium")));
    assert!(told, "{events:?}");
    let server = database.query_one("SHOW server_version", &[]).await.expect("it runs").get::<_, String>(0);
    assert!(server.starts_with(&format!("{from}.")), "{server}");

    database.batch_execute("SELECT pg_drop_replication_slot('debezium')").await.expect("dropped");
    let report = pipeline.ok(&["db", "upgrade", "--to", &to.to_string(), "--yes", "--settle", "1s"]);
    assert_eq!(report["result"]["missing"], 0, "{report}");
    assert!(report["to"].as_str().is_some_and(|version| version.starts_with(&format!("{to}."))), "{report}");
}
