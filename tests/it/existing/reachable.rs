//! A database that this machine only reaches, together with a stream of other tools, or with a deployed one.

use outboxctl::internals::local::postgres_server::superuser;
use serde_json::{Value, json};

use super::create_stream;
use crate::support::pipeline::Pipeline;
use crate::support::stack::Stack;

const PASSWORD: &str = "pl4nted-p@ssword";

/// Creates the database and its owner, both called `shop`, in the stack's server; returns the connection string.
async fn shop(stack: &Stack) -> String {
    let server = stack.state().postgres;
    let admin = superuser(&server, "postgres").await.expect("superuser");
    let owner = format!("CREATE ROLE shop LOGIN REPLICATION CREATEROLE PASSWORD '{PASSWORD}'");
    for statement in [&owner, "CREATE DATABASE shop OWNER shop"] {
        admin.batch_execute(statement).await.expect("the owner and the database");
    }
    let (host, port, password) = (server.host, server.port, PASSWORD.replace('@', "%40"));
    format!("postgresql://shop:{password}@{host}:{port}/shop?sslmode=require")
}

/// Returns the number of items that `tail` shows of a hop.
fn followed(stack: &Stack, hop: &str, count: usize) -> usize {
    stack.tail(&[hop], count, &[]).iter().filter(|item| item["event_id"].is_string()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_alone_or_a_variable_names_the_database_beside_a_stream_of_other_tools() {
    let mut stack = Stack::up("existing-reachable");
    stack.set("OUTBOXCTL_PIPELINE", "rds-kinesis");
    let clients = stack.clients();
    create_stream(&clients, "orders").await;
    let url = shop(&stack).await;
    let server = stack.state().postgres;
    let secret = json!({
        "username": "shop", "password": PASSWORD, "host": server.host, "port": server.port, "dbname": "shop",
    });
    let create = clients.secrets().create_secret().name("shop/outbox").secret_string(secret.to_string());
    create.send().await.expect("a secret");

    // The secret alone.
    stack.write("outboxctl.toml", "[existing]\nstream = \"orders\"\ndatabase.secret = \"shop/outbox\"\n");
    assert!(stack.changed(&["db", "init"]));
    assert_eq!(stack.ok(&["db", "init", "--check"])["missing"], json!([]));
    let inserted = stack.ok(&["sample", "insert", "--count", "5", "--aggregates", "2"]);
    assert_eq!(inserted["inserted"][0]["event_type"], "SampleCreated", "no table of the sample: {inserted}");
    assert_eq!(stack.ok(&["db", "status"])["outbox"]["rows"], 5);
    assert_eq!(followed(&stack, "outbox", 5), 5);
    let refused = stack.fails(2, &["deploy", "--yes"]);
    assert!(refused["error"].to_string().contains("only together with"), "{refused}");
    let refused = stack.fails(2, &["db", "status", "--via", "function"]);
    assert!(refused["error"]["message"].to_string().contains("another one"), "{refused}");
    let missing = stack.fails(5, &["reconcile", "--grace", "0"]);
    assert_eq!(missing["data"]["missing"], 5, "{missing}");
    assert_eq!(stack.ok(&["replay", "--all"])["sent"], 5);
    assert_eq!(followed(&stack, "stream", 5), 5);
    let findings = stack.ok(&["doctor"])["findings"].clone();
    let database = |findings: &Value, check: &str| -> Value {
        let all = findings.as_array().expect("findings");
        all.iter().find(|one| one["check"] == check).unwrap_or_else(|| panic!("{check}: {findings:#}")).clone()
    };
    assert_eq!(database(&findings, "existing database: capture")["state"], "ok", "{findings:#}");
    let bare = clients.secrets().put_secret_value().secret_id("shop/outbox");
    let bare = bare.secret_string(r#"{"username": "shop", "password": "pl4nted-p@ssword"}"#);
    bare.send().await.expect("a secret without a server");
    let refused = stack.fails(1, &["db", "status"]);
    let said = refused["error"]["message"].as_str().is_some_and(|text| text.contains("no host and no dbname"));
    assert!(said && !refused.to_string().contains(PASSWORD), "{refused}");

    // The variable takes precedence over the secret.
    stack.set("OUTBOXCTL_DATABASE_URL", url);
    assert_eq!(stack.ok(&["db", "status"])["outbox"]["rows"], 5);
    assert_eq!(stack.fails(5, &["reconcile", "--grace", "0"])["data"]["missing"], 5);
    let findings = stack.ok(&["doctor"])["findings"].clone();
    assert_eq!(database(&findings, "reachable database")["state"], "ok", "{findings:#}");
    assert!(!findings.to_string().contains(PASSWORD), "{findings:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_marks_events_in_the_database_of_the_variable() {
    let pipeline = Pipeline::deployed("reachable-consumer", "rds-kinesis").await;
    let url = shop(&pipeline.stack).await;
    let with_url = |args: &[&str]| {
        let output = pipeline.command(args).env("OUTBOXCTL_DATABASE_URL", &url).args(["-o", "ndjson"]).output();
        let output = output.expect("the binary starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && !text.contains(PASSWORD), "{args:?}: {text}");
        let last: Value = serde_json::from_str(text.lines().last().unwrap_or_default()).expect("JSON");
        last["data"].clone()
    };
    with_url(&["db", "init"]);
    pipeline.ok(&["sample", "insert", "--count", "7"]);
    let consumed = with_url(&["consume", "--idle-timeout", "5s"]);
    assert_eq!(consumed["processed"], 7, "{consumed}");
    let marks = "SELECT count(*) FROM outbox_processed WHERE succeeded";
    let server = pipeline.stack.state().postgres;
    let marked = superuser(&server, "shop").await.expect("superuser").query_one(marks, &[]).await.expect("counted");
    assert_eq!(marked.get::<_, i64>(0), 7, "in the database of the variable");
    let other = pipeline.database().await.query_one(marks, &[]).await.expect("counted");
    assert_eq!(other.get::<_, i64>(0), 0, "and not in the deployed one");
}
