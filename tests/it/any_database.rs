//! Commands on a PostgreSQL that is only reachable: without a deployment, a local stack, or anything of AWS.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::plain::{PASSWORD, Plain};
use crate::support::{World, not_run};

const VARIABLE: &str = "OUTBOXCTL_DATABASE_URL";
const MISSING: &str = "PostgreSQL is not installed; on Debian: apt install postgresql";

/// A command without credentials and region. Every request to AWS would fail: nothing listens on the endpoint's port.
fn command(world: &World, url: &str, args: &[&str]) -> Command {
    let mut command = world.command();
    command.args(args).env(VARIABLE, url).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    command
}

/// Runs a command that must succeed; returns its document.
fn ok(world: &World, url: &str, args: &[&str]) -> Value {
    let output = command(world, url, args).args(["--output", "json"]).output().expect("the binary starts");
    let text = world.transcript(&output);
    assert!(output.status.success() && !text.contains(PASSWORD), "{args:?}: {text}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"))
}

/// Runs a command that must fail, in each format; returns the exit code with everything that it printed as text.
fn fails(world: &World, url: &str, args: &[&str]) -> String {
    let text = |format: &str| {
        let output = command(world, url, args).args(["--verbose", "--output", format]).output();
        let output = output.expect("the binary starts");
        assert!(!output.status.success(), "{args:?}");
        world.transcript(&output)
    };
    let (table, json) = (text("table"), text("json"));
    for shown in [&table, &json] {
        for part in [PASSWORD, "pl4nted", "p@ss", "p%40ss", "s3cr3t"] {
            assert!(!shown.contains(part), "{args:?}: the password is shown: {shown}");
        }
    }
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reachable_database_needs_neither_a_deployment_nor_aws() {
    let Some(server) = Plain::start("wal_level = logical").await else { return not_run(MISSING) };
    let (world, url) = (World::new(), server.url());

    let missing = command(&world, &url, &["db", "init", "--check", "-o", "json"]).output().expect("the binary starts");
    assert_eq!(missing.status.code(), Some(1), "{}", world.transcript(&missing));
    assert_eq!(ok(&world, &url, &["db", "init"])["changed"], true);
    assert_eq!(ok(&world, &url, &["db", "init"])["changed"], false, "a second run changes nothing");
    assert_eq!(ok(&world, &url, &["db", "init", "--check"])["missing"], Value::Array(Vec::new()));
    let sql = ok(&world, &url, &["db", "init", "--print-sql"]);
    assert!(
        sql["sql"].as_str().is_some_and(|sql| !sql.contains("CREATE TABLE cars")),
        "no tables of the sample: {sql}"
    );

    let inserted = ok(&world, &url, &["sample", "insert", "--count", "20", "--aggregates", "4"]);
    assert_eq!(inserted["inserted"].as_array().map(Vec::len), Some(20), "{inserted}");
    let status = ok(&world, &url, &["db", "status"]);
    assert_eq!((&status["outbox"]["rows"], &status["publication"]), (&20.into(), &true.into()), "{status}");
    let tables = server.owner("shop").await;
    let sample = tables.query_one("SELECT to_regclass('public.cars') IS NULL", &[]).await.expect("asked");
    assert!(sample.get::<_, bool>(0), "no table of the sample was made");

    // A failure after some events were written.
    let refuse = "ALTER TABLE outbox ADD CHECK ((payload ->> 'n')::bigint < 1000) NOT VALID";
    server.superuser("shop").await.batch_execute(refuse).await.expect("a constraint");
    let rows = || async {
        let row = tables.query_one("SELECT count(*) FROM outbox", &[]).await.expect("counted");
        row.get::<_, i64>(0)
    };
    let before = rows().await;
    let args = ["sample", "insert", "--count", "5000", "--output", "json"];
    let failed = command(&world, &url, &args).output().expect("the binary starts");
    let result: Value = serde_json::from_slice(&failed.stdout).expect("a result");
    let (written, hints) =
        (result["data"]["written"].as_i64().expect("a number"), result["error"]["hints"].to_string());
    assert!((1..=rows().await - before).contains(&written), "{result}");
    assert!(hints.contains(&format!("at least {written} of 5000 events were written")), "{hints}");
    assert!(hints.contains(&format!("sample insert --count {}", 5000 - written)), "{hints}");

    // A function can't reach another database than its own.
    for args in [&["db", "status", "--via", "function"][..], &["sample", "insert", "--via", "api"]] {
        assert!(fails(&world, &url, args).contains("another one"), "{args:?}");
    }
    // Not a pipeline with PostgreSQL.
    assert!(fails(&world, &url, &["db", "status", "--pipeline", "dynamodb-cdc"]).contains("no PostgreSQL"));
}

/// Returns the events that `tail outbox` shows.
fn tail(world: &World, url: &str, args: &[&str]) -> Vec<Value> {
    let args = [&["tail", "outbox", "--output", "ndjson"], args].concat();
    let output = command(world, url, &args).output().expect("the binary starts");
    let text = world.transcript(&output);
    assert!(output.status.success() && !text.contains(PASSWORD), "{text}");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["type"] == "item").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_is_followed_in_the_order_of_commits() {
    let Some(server) = Plain::start("").await else { return not_run(MISSING) };
    let (world, url) = (World::new(), server.url());
    ok(&world, &url, &["db", "init"]);
    ok(&world, &url, &["sample", "insert", "--count", "12000", "--aggregates", "100"]);
    let past = tail(&world, &url, &["--from", "start", "--idle-timeout", "3"]);
    assert_eq!(past.len(), 12_000, "more than a page");
    let ids: std::collections::BTreeSet<_> = past.iter().map(|item| item["event_id"].to_string()).collect();
    assert_eq!(ids.len(), 12_000, "each once");
    let mut last = std::collections::BTreeMap::new();
    for item in &past {
        let sequence = item["sequence"].as_i64().expect("a sequence");
        let before = last.insert(item["aggregate_id"].to_string(), sequence);
        assert!(before.is_none_or(|before| before + 1 == sequence), "out of order: {item}");
    }
    assert_eq!((&past[0]["hop"], &past[0]["table"]), (&"database".into(), &"public.outbox".into()), "{}", past[0]);
    assert!(past[0]["record"]["payload"]["correlationId"].is_string(), "{}", past[0]);

    let mut command = command(&world, &url, &["tail", "outbox", "--count", "3", "--output", "ndjson"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let mut until = |kind: &str| -> Value {
        loop {
            let line = lines.next().expect("a line").expect("text");
            let line: Value = serde_json::from_str(&line).expect("JSON");
            if line["type"] == kind {
                return line;
            }
        }
    };
    until("finished");
    // A transaction that started first and commits last; a mark of an old row; an event that is rolled back.
    let (mut slow, other) = (server.owner("shop").await, server.owner("shop").await);
    let append = |name: &str| format!("SELECT outbox_append('order', '{name}', 'OrderPlaced', '{{\"amount\": 1.50}}')");
    let late = slow.transaction().await.expect("a transaction");
    late.batch_execute(&append("late")).await.expect("an event");
    other.batch_execute(&append("first")).await.expect("an event");
    let marked = "UPDATE outbox SET processed_at = now() WHERE aggregate_type = 'sample'";
    server.superuser("shop").await.batch_execute(marked).await.expect("marks of a consumer");
    assert_eq!(until("item")["aggregate_id"], "first");
    let rolled_back = format!("BEGIN; {}; ROLLBACK", append("never"));
    other.batch_execute(&rolled_back).await.expect("a rolled-back event");
    other.batch_execute(&append("second")).await.expect("an event");
    assert_eq!(until("item")["aggregate_id"], "second");
    late.commit().await.expect("a commit");
    let item = until("item");
    assert_eq!(item["aggregate_id"], "late", "{item}");
    assert!(child.wait().expect("it ends").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_a_connection_is_not_reported_as_unreachable() {
    let Some(server) = Plain::start("").await else { return not_run(MISSING) };
    let (world, admin) = (World::new(), server.superuser("postgres").await);
    for (refusal, undo, reason, remedy) in [
        (
            "ALTER ROLE shop CONNECTION LIMIT 0",
            "ALTER ROLE shop CONNECTION LIMIT -1",
            "too many connections for role \"shop\" (53300)",
            "close connections that are not used",
        ),
        (
            "REVOKE CONNECT ON DATABASE shop FROM PUBLIC, shop",
            "GRANT CONNECT ON DATABASE shop TO shop",
            "permission denied for database \"shop\" (42501)",
            "GRANT CONNECT ON DATABASE",
        ),
        (
            "ALTER DATABASE shop ALLOW_CONNECTIONS false",
            "ALTER DATABASE shop ALLOW_CONNECTIONS true",
            "database \"shop\" is not currently accepting connections (55000)",
            "ALLOW_CONNECTIONS",
        ),
        (
            "ALTER ROLE shop NOLOGIN",
            "ALTER ROLE shop LOGIN",
            "role \"shop\" is not permitted to log in (28000)",
            "LOGIN",
        ),
    ] {
        admin.batch_execute(refusal).await.expect(refusal);
        let text = fails(&world, &server.url(), &["db", "status"]);
        assert!(text.contains(reason) && text.contains(remedy), "{refusal}: {text}");
        for wrong in ["the route from this machine", "--via", "set the user's password"] {
            assert!(!text.contains(wrong), "{refusal}: not the remedy: {text}");
        }
        admin.batch_execute(undo).await.expect(undo);
    }
    ok(&world, &server.url(), &["db", "status"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_the_connection_never_show_the_password() {
    let Some(server) = Plain::start("").await else { return not_run(MISSING) };
    let (world, port) = (World::new(), server.port);
    let file = server.authority().display().to_string();
    let encoded = "pl4nted%2Fp%40ss%20word%25";
    let good = server.url();
    let refused = |url: &str, said: &str, exit: &str| {
        for args in [&["db", "status"][..], &["db", "init", "--check"], &["sample", "insert"], &["tail", "outbox"]] {
            let text = fails(&world, url, args);
            assert!(text.contains(said) && text.starts_with(&format!("exit: {exit}\n")), "{args:?} {said}: {text}");
        }
    };
    // A wrong password and database, no server, another authority.
    refused(&server.url_of("shop", "s3cr3t"), "user name or password refused", "1");
    refused(&server.url_of("nothing", PASSWORD), "database not found", "1");
    refused(&good.replace(&port.to_string(), "1"), "no connection", "1");
    refused(&good.replace(&port.to_string(), "1"), "check its host and port", "1");
    refused(&format!("postgresql://shop:{encoded}@localhost:{port}/shop"), "certificate is not trusted", "1");
    // The certificate names localhost.
    refused(&good.replace("@localhost", "@127.0.0.1"), "certificate is not trusted", "1");
    // Malformed strings, and strings that are refused before a connection.
    refused(&format!("postgresql://shop:{PASSWORD}@localhost:{port}/shop"), "percent-encode", "2");
    refused(&format!("host=localhost user=shop password={PASSWORD}"), "can't be used", "2");
    refused(&format!("postgresql://shop:{encoded}@db.example.com/shop?sslmode=disable"), "unencrypted", "2");
    refused(&good.replace("@localhost", "@shop.proxy-abc.eu-west-1.rds.amazonaws.com"), "RDS Proxy", "1");
    refused(
        &format!("postgresql://shop:{encoded}@localhost:{port}/shop?sslrootcert=/none/ca.pem"),
        "/none/ca.pem",
        "1",
    );

    // Key and value, without TLS on this machine, and PGSSLROOTCERT.
    let quoted = format!("host=127.0.0.1 port={port} user=shop password='{PASSWORD}' dbname=shop sslmode=disable");
    ok(&world, &quoted, &["db", "status"]);
    let mut by_variable =
        command(&world, &format!("postgresql://shop:{encoded}@localhost:{port}/shop"), &["db", "status"]);
    assert!(by_variable.env("PGSSLROOTCERT", &file).output().expect("the binary starts").status.success());

    // The password file of libpq, which only its owner may access.
    let without = format!("postgresql://shop@localhost:{port}/shop?sslrootcert={file}");
    let passwords = world.work().join("passwords");
    let lines = format!("# comment\nother:*:*:*:wrong\nlocalhost:{port}:shop:shop:{PASSWORD}\n*:*:*:*:wrong\n");
    std::fs::write(&passwords, lines).expect("a file");
    let with_file = |mode: u32| {
        std::fs::set_permissions(&passwords, Permissions::from_mode(mode)).expect("its mode");
        let mut with_file = command(&world, &without, &["db", "status"]);
        let output = with_file.env("PGPASSFILE", &passwords).output().expect("the binary starts");
        (output.status.code(), world.transcript(&output))
    };
    assert_eq!(with_file(0o600).0, Some(0), "{}", with_file(0o600).1);
    let (exit, text) = with_file(0o640);
    assert!(exit == Some(2) && text.contains("chmod 600") && !text.contains(PASSWORD), "{text}");
    std::fs::set_permissions(&passwords, Permissions::from_mode(0o600)).expect("its mode");
    let at_home = world.work().join(".pgpass");
    std::fs::rename(&passwords, &at_home).expect("a file in the home folder");
    let mut by_home = command(&world, &without, &["db", "status"]);
    let by_home = by_home.env("HOME", world.work()).output().expect("the binary starts");
    assert_eq!(by_home.status.code(), Some(0), "{}", world.transcript(&by_home));
    let mut missing = command(&world, &without, &["db", "status"]);
    let missing = missing.env("PGPASSFILE", "/none/passwords").output().expect("the binary starts");
    assert_eq!(missing.status.code(), Some(2), "{}", world.transcript(&missing));
    refused(&without, "user name or password refused", "1");

    // A flag would show the password to other users of the machine.
    let flag = fails(&world, "", &["db", "status", "--database-url", &good]);
    assert!(flag.starts_with("exit: 2\n"), "{flag}");
    // The local stack is another database.
    let local = fails(&world, "postgresql://u:s3cr3t@db.example.com/d", &["db", "status", "--local"]);
    assert!(local.contains("the local stack is chosen"), "{local}");
    // Settings are shown without the password.
    let shown = ok(&world, &good, &["config", "show"]);
    assert!(shown.to_string().contains(&format!("shop@localhost:{port}/shop")), "{shown}");
}
