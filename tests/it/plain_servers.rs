//! `db init` and its checks on PostgreSQL servers outside of AWS: standbys, settings, rights, poolers, and psql.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::plain::{PASSWORD, Plain};
use crate::support::{World, not_run};

const MISSING: &str = "PostgreSQL is not installed; on Debian: apt install postgresql";

/// A command on a database, without AWS.
fn command(world: &World, url: &str, args: &[&str]) -> Command {
    let mut command = world.command();
    command.args(args).env("OUTBOXCTL_DATABASE_URL", url).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    command
}

/// Runs a command with this exit code; returns its last NDJSON line.
fn run(world: &World, url: &str, exit_code: i32, args: &[&str]) -> Value {
    let output = command(world, url, args).args(["--output", "ndjson"]).output().expect("the binary starts");
    let text = world.transcript(&output);
    assert!(output.status.code() == Some(exit_code) && !text.contains(PASSWORD), "{args:?}: {text}");
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    serde_json::from_str(lines.lines().last().unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The problems that `db init --check` finds.
fn problems(world: &World, url: &str) -> BTreeMap<String, String> {
    let failed = run(world, url, 1, &["db", "init", "--check"]);
    let missing = failed["data"]["missing"].as_array().unwrap_or_else(|| panic!("nothing missing: {failed}")).clone();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    missing.iter().map(|one| (text(&one["problem"]), text(&one["remedy"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_is_refused_before_anything_is_made() {
    let Some(server) = Plain::start("wal_level = logical").await else { return not_run(MISSING) };
    let world = World::new();
    let (_standby, port) = server.standby().await;
    let url = server.url().replace(&format!(":{}/", server.port), &format!(":{port}/"));
    for args in [&["db", "init"][..], &["db", "init", "--dry-run"], &["tail", "outbox"]] {
        let refused = run(&world, &url, 1, args);
        assert!(refused["error"]["message"].to_string().contains("the server is a standby"), "{refused}");
        assert!(refused["error"]["hints"].to_string().contains("primary server"), "{refused}");
    }
    let found = problems(&world, &url);
    assert!(found.len() == 1 && found.keys().all(|text| text.contains("standby")), "{found:?}");
    let doctor = command(&world, &url, &["doctor", "--output", "json"]).output().expect("the binary starts");
    let doctor: Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
    let findings = doctor["data"]["findings"].as_array().expect("findings").clone();
    let database = findings.iter().find(|one| one["check"] == "reachable database").expect("a finding");
    assert!(database["state"] == "failed" && database["message"].to_string().contains("a reader"), "{database}");

    // With a schema, a standby can be looked at, and still takes no rows.
    run(&world, &server.url(), 0, &["db", "init"]);
    let position = "SELECT pg_current_wal_lsn()::text";
    let position: String = server.superuser("shop").await.query_one(position, &[]).await.expect("a position").get(0);
    server.replayed(port, &position).await;
    assert_eq!(run(&world, &url, 0, &["db", "status"])["data"]["outbox"]["rows"], 0);
    let refused = run(&world, &url, 1, &["sample", "insert"]);
    assert!(refused["error"]["hints"].to_string().contains("connect to the primary"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_obstacle_to_a_capture_is_a_line_with_a_remedy() {
    let settings = "wal_level = replica\nmax_replication_slots = 0\nmax_wal_senders = 0\nwal_sender_timeout = 1s";
    let Some(server) = Plain::start(settings).await else { return not_run(MISSING) };
    let world = World::new();
    let limited = format!("CREATE ROLE limited LOGIN PASSWORD '{PASSWORD}'");
    server.superuser("shop").await.batch_execute(&limited).await.expect("a user without rights");
    let found = problems(&world, &server.url().replace("//shop:", "//limited:"));
    for (problem, remedy) in [
        ("wal_level is replica", "ALTER SYSTEM SET wal_level = logical"),
        ("no free replication slots: 0 of 0", "max_replication_slots = 10"),
        ("no free WAL senders: 0 of 0", "max_wal_senders = 10"),
        ("wal_sender_timeout is 1000 ms", "wal_sender_timeout = 60000"),
        ("limited may not read the database's log", "ALTER ROLE \"limited\" REPLICATION"),
        ("limited can't create a publication", "GRANT CREATE ON DATABASE \"shop\" TO \"limited\""),
        ("limited can't create the processed log", "GRANT CREATE ON SCHEMA public TO \"limited\""),
        ("limited can't create the role outbox_consumer", "CREATE ROLE outbox_consumer LOGIN"),
    ] {
        let line = found.iter().find(|(text, _)| text.contains(problem));
        let (_, shown) = line.unwrap_or_else(|| panic!("{problem}: {found:#?}"));
        assert!(shown.contains(remedy), "{problem}: {shown}");
    }
    // The owner has the rights.
    let found = problems(&world, &server.url());
    assert!(!found.keys().any(|text| text.contains("can't create") || text.contains("may not")), "{found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slot_of_a_running_capture_is_not_missing() {
    let settings = "wal_level = logical\nmax_replication_slots = 1\nmax_wal_senders = 3";
    let Some(server) = Plain::start(settings).await else { return not_run(MISSING) };
    let (world, url) = (World::new(), server.url());
    run(&world, &url, 0, &["db", "init"]);
    let admin = server.superuser("shop").await;
    let take = "SELECT pg_create_physical_replication_slot('other')";
    admin.batch_execute(take).await.expect("a slot");
    let found = problems(&world, &url);
    assert!(
        found.len() == 1 && found.keys().all(|text| text.contains("no free replication slots: 1 of 1")),
        "{found:?}"
    );
    let capture = "SELECT pg_drop_replication_slot('other');
                   SELECT pg_create_logical_replication_slot('capture', 'test_decoding')";
    admin.batch_execute(capture).await.expect("the capture's slot");
    let checked = run(&world, &url, 0, &["db", "init", "--check"]);
    let slots = &checked["data"]["server"]["slots"];
    assert_eq!((&slots["used"], &slots["most"]), (&1.into(), &1.into()), "{checked}");
    let shown = command(&world, &url, &["db", "init", "--check"]).output().expect("the binary starts");
    let shown = world.transcript(&shown);
    for line in ["wal_level", "1 of 1 in use", "0 of 3 in use", "shop may create replication slots"] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
}

/// Runs a script with psql, which has to succeed.
fn psql(server: &Plain, database: &str, script: &str) {
    let mut psql = server.program("psql", database);
    psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]).stdin(Stdio::piped());
    let mut child = psql.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("psql");
    child.stdin.take().expect("stdin").write_all(script.as_bytes()).expect("the script");
    let output = child.wait_with_output().expect("its end");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.is_empty(), "{text}");
}

/// Everything that the catalogs of a server have of a database and of the roles, and the recorded migrations.
async fn catalogs(server: &Plain, database: &str) -> String {
    let dump = server.program("pg_dump", database).args(["--schema-only", "--no-sync"]).output().expect("pg_dump");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    // Newer versions of pg_dump restrict psql with a random key.
    let dump = String::from_utf8_lossy(&dump.stdout).into_owned();
    let dump: String = dump.lines().filter(|line| !line.starts_with('\\')).flat_map(|line| [line, "\n"]).collect();
    let query = "SELECT string_agg(line, E'\\n' ORDER BY line) FROM (
        SELECT concat_ws(' ', 'role', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
                         rolreplication, rolbypassrls, rolconnlimit, rolconfig) AS line FROM pg_roles
        UNION ALL SELECT concat_ws(' ', 'member', roleid::regrole, member::regrole, admin_option) FROM pg_auth_members
        UNION ALL SELECT concat_ws(' ', 'database', datacl::text) FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT concat_ws(' ', 'migration', version, name, checksum) FROM outboxctl_migrations) AS lines";
    let rest: String = server.superuser(database).await.query_one(query, &[]).await.expect("the catalogs").get(0);
    format!("{dump}\n{rest}")
}

#[tokio::test(flavor = "multi_thread")]
async fn psql_creates_the_same_objects_from_the_printed_sql_as_db_init() {
    let Some(by_hand) = Plain::start("wal_level = logical").await else { return not_run(MISSING) };
    let by_program = Plain::start("wal_level = logical").await.expect("a second server");
    let world = World::new();
    let debezium =
        "CREATE TABLE outboxevent (id uuid PRIMARY KEY, aggregatetype text NOT NULL, aggregateid text NOT NULL,
                    type text NOT NULL, payload jsonb)";
    for (database, mapping, table) in
        [("shop", "", ""), ("debezium", "[outbox]\npreset = 'debezium'\n", debezium), ("names", NAMES, TABLE_OF_NAMES)]
    {
        world.write("outboxctl.toml", mapping);
        for server in [&by_hand, &by_program] {
            if database != "shop" {
                let create = format!("CREATE DATABASE {database} OWNER shop");
                server.superuser("postgres").await.batch_execute(&create).await.expect("a database");
            }
            server.owner(database).await.batch_execute(table).await.expect("the application's table");
        }
        let url = by_program.url_of(database, PASSWORD);
        run(&world, &url, 0, &["db", "init"]);
        let printed = command(&world, &url, &["db", "init", "--print-sql"]).output().expect("the binary starts");
        assert!(printed.status.success(), "{}", world.transcript(&printed));
        let script = String::from_utf8(printed.stdout).expect("UTF-8");
        psql(&by_hand, database, &script);
        let made = catalogs(&by_hand, database).await;
        assert_eq!(made, catalogs(&by_program, database).await, "{database}");
        psql(&by_hand, database, &script);
        assert_eq!(catalogs(&by_hand, database).await, made, "{database}: a second run changes nothing");
        let url = by_hand.url_of(database, PASSWORD);
        assert_eq!(run(&world, &url, 0, &["db", "init"])["data"]["changed"], false, "{database}");
    }
}

/// Names that need quotes, in SQL, in psql and in dollar-quoted texts.
const NAMES: &str = r#"[outbox]
preset = 'debezium'
schema = 'Sales "Ops" $sql$ :x'
table = 'Out\box'
"#;
const TABLE_OF_NAMES: &str = r#"CREATE SCHEMA "Sales ""Ops"" $sql$ :x";
    CREATE TABLE "Sales ""Ops"" $sql$ :x"."Out\box" (id uuid PRIMARY KEY, aggregatetype text NOT NULL,
        aggregateid text NOT NULL, type text NOT NULL, payload jsonb)"#;
