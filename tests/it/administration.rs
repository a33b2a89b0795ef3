//! Administrative requests against a real server, as an owner with RDS's rights: connecting, `db init`, samples, roles.
//!
//! The tests share a stack: each has a database of its own, and the roles are the server's.

use std::sync::Arc;
use std::time::Duration;

use outboxctl::internals::error::Kind;
use outboxctl::internals::local::postgres_server::superuser;
use outboxctl::internals::local::state::Postgres;
use outboxctl::internals::postgres::admin::{
    AdminRequest, AdminResponse, Domain, Earlier, InitReport, Overview, OverviewRequest, SampleRequest, StatusReport,
    Writers, execute, execute_with,
};
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Secret, Target, WRITER, connect};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::api::eventually;
use crate::support::shared::Shared;
use crate::support::stack::Stack;

const OWNER: &str = "planted_owner";

static STACK: Shared = Shared::new();

/// Returns the stack of these tests. It has the owner, and the roles of an init, which belong to the server: the tests see the
/// same changes in whatever order they run.
fn stack() -> Arc<Stack> {
    STACK.up("administration", |stack| {
        let server = stack.state().postgres;
        // The caller is inside a runtime already.
        let made = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
            runtime.block_on(async {
                let admin = make_owner(&server).await;
                let database = create(&admin, &server, "prepared").await;
                init(&mut connect(&database).await.expect("connect"), false).await;
            });
        });
        made.join().expect("the owner and the roles");
    })
}

/// Creates the owner, with the rights that the local stack's RDS gives a master user; returns the server's superuser.
async fn make_owner(server: &Postgres) -> Client {
    let admin = superuser(server, "postgres").await.expect("superuser");
    let owner = format!(
        "CREATE ROLE {OWNER} LOGIN CREATEROLE REPLICATION PASSWORD 'planted-password'; GRANT rds_superuser TO {OWNER};
         GRANT rds_iam, rds_replication TO rds_superuser WITH ADMIN OPTION"
    );
    admin.batch_execute(&owner).await.expect("the owner");
    admin
}

/// Creates a database of a test's own; returns it with the server's superuser.
async fn database(stack: &Stack, name: &str) -> (Target, Client) {
    let server = stack.state().postgres;
    let admin = superuser(&server, "postgres").await.expect("superuser");
    (create(&admin, &server, name).await, admin)
}

async fn create(admin: &Client, server: &Postgres, name: &str) -> Target {
    admin.batch_execute(&format!("CREATE DATABASE {name} OWNER {OWNER}")).await.expect("a database");
    Target {
        host: server.host.clone(),
        port: server.port,
        database: name.into(),
        user: OWNER.into(),
        password: Secret::new("planted-password"),
        roots: Roots::File(server.ca_file.clone()),
    }
}

async fn init(client: &mut Client, dry_run: bool) -> InitReport {
    match execute(client, AdminRequest::Init { dry_run, sample: true }).await.expect("init") {
        AdminResponse::Init(report) => report,
        other => panic!("{other:?}"),
    }
}

async fn status(client: &mut Client) -> StatusReport {
    match execute(client, AdminRequest::Status).await.expect("status") {
        AdminResponse::Status(report) => report,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connecting_fails_with_the_kind_that_fits() {
    let stack = stack();
    let (database, _admin) = database(&stack, "ways").await;
    let database = &database;
    let fail = async |change: &dyn Fn(&mut Target)| {
        let mut target = database.clone();
        change(&mut target);
        let error = connect(&target).await.expect_err("refused");
        assert!(!format!("{error:?}").contains("planted-password"));
        error.kind()
    };
    connect(database).await.expect("the right way in");
    assert_eq!(fail(&|t| t.password = Secret::new("wrong")).await, Kind::WrongSecret);
    assert_eq!(fail(&|t| t.user = "nobody".into()).await, Kind::WrongSecret);
    assert_eq!(fail(&|t| t.database = "nothing".into()).await, Kind::UnknownDatabase);
    assert_eq!(fail(&|t| t.roots = Roots::Rds).await, Kind::UntrustedCertificate);
    // The same server by an address that its certificate does not name.
    let elsewhere = forward_from("127.0.0.2:0", (database.host.clone(), database.port)).await;
    let renamed = |t: &mut Target| (t.host, t.port) = (elsewhere.ip().to_string(), elsewhere.port());
    assert_eq!(fail(&renamed).await, Kind::UntrustedCertificate);
    assert_eq!(fail(&|t| t.port = 1).await, Kind::DatabaseUnreachable);
}

/// Returns the sequences of the marks of group `g` that a reader gets: one that follows the log, or one that compares.
async fn marks(client: &mut Client, visible: bool) -> Vec<Option<i64>> {
    let request = json!({
        "op": "processed", "consumer": "g", "after": { "xact": 0, "position": 0 }, "since": null, "visible": visible,
    });
    match execute(client, serde_json::from_value(request).expect("a request")).await.expect("marks") {
        AdminResponse::Processed(page) => page.rows.iter().map(|row| row.sequence).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_transaction_hides_no_marks_from_a_comparison() {
    let stack = stack();
    let (database, _admin) = database(&stack, "open_transaction").await;
    let mut client = connect(&database).await.expect("connect");
    init(&mut client, false).await;
    let mark = async |client: &Client, sequence: i64| {
        let insert =
            "INSERT INTO outbox_processed (consumer, event_id, aggregate_type, aggregate_id, event_type, sequence,
                                                    shard_id, sequence_number, succeeded, attempts, committed_at)
                      VALUES ('g', gen_random_uuid(), 'car', 'c', 'T', $1, 's', '1', true, 1, now())";
        client.execute(insert, &[&sequence]).await.expect("a mark");
    };
    mark(&client, 1).await;
    let open = connect(&database).await.expect("connect");
    open.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.expect("a transaction");
    mark(&client, 2).await;
    assert_eq!(marks(&mut client, true).await, [Some(1), Some(2)]);
    // The open transaction may commit a mark before the second one: a reader that continued after that would miss it.
    assert!(!marks(&mut client, false).await.contains(&Some(2)));
    open.batch_execute("COMMIT").await.expect("committed");
    // Transactions of other tests may be open for a moment.
    eventually("the second mark", async || marks(&mut client, false).await.contains(&Some(2)).then_some(())).await;
}

/// Another way to the same server, for as long as the test runs.
async fn forward_from(address: &str, to: (String, u16)) -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind(address).await.expect("an address on the loopback network");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let mut far = tokio::net::TcpStream::connect((to.0.as_str(), to.1)).await.expect("the server");
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut near, &mut far).await });
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn init_runs_once_and_repairs_dropped_objects() {
    let stack = stack();
    let (database, _admin) = database(&stack, "init").await;
    let database = &database;
    let mut client = connect(database).await.expect("connect");
    let dry = init(&mut client, true).await;
    assert!(dry.changed && !dry.applied.is_empty());
    assert_eq!(status(&mut client).await.applied, [], "a dry run leaves nothing");
    let first = init(&mut client, false).await;
    assert_eq!((first.applied, first.ensured), (dry.applied, dry.ensured));
    let second = init(&mut client, false).await;
    assert!(!second.changed, "{second:?}");
    client.batch_execute("DROP PUBLICATION outboxctl").await.expect("drop");
    assert!(!status(&mut client).await.publication);
    assert_eq!(init(&mut client, false).await.ensured, ["publication outboxctl created"]);
    for part in ["WHERE (aggregate_type <> 'user')", "(id, aggregate_id)"] {
        let filter = format!("ALTER PUBLICATION outboxctl SET TABLE outbox {part}");
        // PostgreSQL 14 has neither row filters nor column lists.
        if client.batch_execute(&filter).await.is_ok() {
            assert!(!status(&mut client).await.publication, "{part}");
            assert_eq!(
                init(&mut client, false).await.ensured,
                ["publication outboxctl publishes every row and column"]
            );
        }
    }
    let now = status(&mut client).await;
    assert!(now.publication && now.pending.is_empty() && now.warnings.is_empty(), "{now:?}");
    assert_eq!(now.outbox.map(|outbox| outbox.rows), Some(0));
    client.batch_execute("DROP TABLE outbox CASCADE").await.expect("drop");
    let refused = execute(&mut client, AdminRequest::Init { dry_run: false, sample: true }).await;
    let error = refused.expect_err("no migration creates it again");
    assert_eq!(error.kind(), Kind::Schema, "{error}");
    let hints: Vec<_> = error.hints().collect();
    assert!(
        error.message().ends_with(": public.outbox") && hints.iter().all(|hint| hint.contains("restore")),
        "{hints:?}"
    );
}

/// The remedy of a session that the server ends is not that of a server that can't be reached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_a_restart_interrupts_is_reported_as_such() {
    let stack = stack();
    let (database, _admin) = database(&stack, "interrupted").await;
    let mut client = connect(&database).await.expect("connect");
    init(&mut client, false).await;
    // As a restart does, in the middle of the insert.
    let server = superuser(&stack.state().postgres, &database.database).await.expect("superuser");
    let ended = "CREATE FUNCTION ended() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                 AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END';
                 CREATE TRIGGER ended BEFORE INSERT ON public.outbox FOR EACH ROW EXECUTE FUNCTION ended()";
    server.batch_execute(ended).await.expect("a trigger");
    let request = SampleRequest {
        run: Uuid::now_v7(),
        first: 0,
        count: 1,
        domain: Domain::Outbox,
        aggregates: 1,
        rate: None,
        rollback: false,
    };
    let error = execute(&mut client, AdminRequest::SampleInsert(request)).await.expect_err("the session has ended");
    assert!(error.kind() == Kind::DatabaseUnreachable && error.message().contains("57P01"), "{error}");
    let hints: Vec<_> = error.hints().collect();
    assert!(hints.len() == 1 && hints[0].starts_with("the server ended the connection"), "{hints:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_samples_tables_can_be_left_out_and_put_in_later() {
    let stack = stack();
    let (database, _admin) = database(&stack, "bare").await;
    let database = &database;
    let mut client = connect(database).await.expect("connect");
    let init = async |client: &mut Client, sample| match execute(client, AdminRequest::Init { dry_run: false, sample })
        .await
        .expect("init")
    {
        AdminResponse::Init(report) => report,
        other => panic!("{other:?}"),
    };
    let names = |report: &InitReport| report.applied.iter().map(|step| step.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        names(&init(&mut client, false).await),
        ["outbox", "processed", "retention", "digest", "append_reasons", "any_outbox", "any_aggregate"]
    );
    assert!(!init(&mut client, false).await.changed);
    let now = status(&mut client).await;
    assert!(now.pending.is_empty(), "what was left out is not missing: {now:?}");

    // Events need no table but the outbox.
    let request = SampleRequest {
        run: Uuid::now_v7(),
        first: 0,
        count: 5,
        domain: Domain::Outbox,
        aggregates: 2,
        rate: None,
        rollback: false,
    };
    let inserted = match execute(&mut client, AdminRequest::SampleInsert(request)).await.expect("insert") {
        AdminResponse::SampleInsert { inserted, .. } => inserted,
        other => panic!("{other:?}"),
    };
    let events: Vec<_> = inserted.iter().map(|event| (event.event_type.as_str(), event.sequence)).collect();
    let (created, updated) = ("SampleCreated", "SampleUpdated");
    assert_eq!(
        events,
        [(created, Some(1)), (created, Some(1)), (updated, Some(2)), (updated, Some(2)), (updated, Some(3))]
    );

    let later = init(&mut client, true).await;
    assert_eq!(names(&later), ["cars", "people", "people_email"]);
    assert!(later.ensured.iter().any(|step| step == "outbox_writer may write cars"), "{later:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_inits_at_once_both_succeed_and_one_changes() {
    let stack = stack();
    let (database, _admin) = database(&stack, "twice").await;
    let database = &database;
    let mut one = connect(database).await.expect("connect");
    let mut two = connect(database).await.expect("connect");
    let (one, two) = tokio::join!(init(&mut one, false), init(&mut two, false));
    assert!(one.changed != two.changed, "{one:?} {two:?}");
}

/// The roles belong to the server: each of these inits finds them missing, or made at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inits_of_several_databases_at_once_all_succeed() {
    let stack = Stack::up("administration-roles");
    let server = stack.state().postgres;
    let admin = make_owner(&server).await;
    let mut inits = tokio::task::JoinSet::new();
    for name in ["several_1", "several_2", "several_3", "several_4"] {
        let database = create(&admin, &server, name).await;
        inits.spawn(async move { init(&mut connect(&database).await.expect("connect"), false).await });
    }
    while let Some(report) = inits.join_next().await {
        assert!(report.expect("no panic").changed);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn samples_number_each_aggregate_without_gaps_whatever_is_rolled_back() {
    let stack = stack();
    let (database, _admin) = database(&stack, "numbers").await;
    let database = &database;
    let mut client = connect(database).await.expect("connect");
    init(&mut client, false).await;
    let request = SampleRequest {
        run: Uuid::now_v7(),
        first: 0,
        count: 10,
        domain: Domain::People,
        aggregates: 3,
        rate: None,
        rollback: false,
    };
    let rolled_back = SampleRequest { first: 10, count: 1, rollback: true, ..request.clone() };
    let more = SampleRequest { first: 10, count: 5, ..request.clone() };
    for request in [request, rolled_back, more] {
        execute(&mut client, AdminRequest::SampleInsert(request)).await.expect("insert");
    }
    let gaps: i64 = client
        .query_one(
            "SELECT count(*) FROM (SELECT max(sequence) - count(*) AS gap FROM outbox GROUP BY aggregate_id) x WHERE gap <> 0",
            &[],
        )
        .await
        .expect("query")
        .get(0);
    assert_eq!(gaps, 0);
    assert_eq!(status(&mut client).await.outbox.map(|outbox| outbox.rows), Some(15));
}

/// Over several connections at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_samples_keep_the_order_of_their_aggregates() {
    let stack = stack();
    let (database, _admin) = database(&stack, "many").await;
    let database = &database;
    let mut client = connect(database).await.expect("connect");
    init(&mut client, false).await;
    let mut writers = Writers::new(database.clone());
    let mut request = SampleRequest {
        run: Uuid::now_v7(),
        first: 0,
        count: 1_500,
        domain: Domain::Cars,
        aggregates: 40,
        rate: None,
        rollback: false,
    };
    for first in [0, 1_500] {
        request.first = first;
        let insert = AdminRequest::SampleInsert(request.clone());
        let inserted = match execute_with(&mut writers, &mut client, insert).await.expect("insert") {
            AdminResponse::SampleInsert { inserted, .. } => inserted,
            other => panic!("{other:?}"),
        };
        assert!(inserted.iter().map(|event| event.n).eq(first..first + 1_500), "each once, in order");
        for event in &inserted {
            assert_eq!(event.sequence, Some((event.n / 40) as i64 + 1), "{event:?}");
        }
    }
    // Each pair in a transaction of its own: the row that made it has its own xmin.
    let row = client.query_one("SELECT count(*), count(DISTINCT xmin::text) FROM outbox", &[]).await.expect("query");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (3_000, 3_000));
    let row = client.query_one("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()", &[]).await;
    let connections: i64 = row.expect("query").get(0);
    assert!(connections > 8, "several connections wrote: {connections}");
}

/// A session with the rights of the writer.
async fn writer(stack: &Stack, database: &Target) -> Client {
    let client = superuser(&stack.state().postgres, &database.database).await.expect("superuser");
    client.batch_execute(&format!("SET SESSION AUTHORIZATION {WRITER}")).await.expect("the writer's rights");
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commit_order_is_sequence_order_and_the_writer_may_only_append() {
    let stack = stack();
    let (database, _admin) = database(&stack, "rights").await;
    let database = &database;
    let mut owner = connect(database).await.expect("connect");
    init(&mut owner, false).await;
    // A member of rds_iam has no password: it logs in with tokens, which tests/it/database_tokens.rs is about.
    let (mut one, two) = (writer(&stack, database).await, writer(&stack, database).await);
    let append = "SELECT sequence FROM outbox_append('car', 'a', 'T', '{}')";
    let held = one.transaction().await.expect("begin");
    let first: i64 = held.query_one(append, &[]).await.expect("append").get(0);
    let waiting = tokio::spawn(async move { two.query_one(append, &[]).await.map(|row| row.get::<_, i64>(0)) });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished(), "a later sequence must not commit first");
    held.commit().await.expect("commit");
    let second = waiting.await.expect("task").expect("append");
    assert_eq!((first, second), (1, 2));
    for forbidden in ["SELECT * FROM outbox", "INSERT INTO outbox_sequences VALUES ('car', 'a', 9)", "DELETE FROM cars"]
    {
        assert!(one.batch_execute(forbidden).await.is_err(), "{forbidden}");
    }
}

/// The log of processed events comes with its newest 5,000 rows, failures with the newest so many: the rest is counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_counts_rows_beyond_its_lists() {
    let stack = stack();
    let (database, _admin) = database(&stack, "page").await;
    let database = &database;
    let mut client = connect(database).await.expect("a connection");
    init(&mut client, false).await;
    let rows = "INSERT INTO outbox_processed (consumer, event_id, aggregate_type, aggregate_id, event_type, sequence,
                    shard_id, sequence_number, succeeded, attempts, committed_at, processed_at)
                SELECT 'outboxctl', gen_random_uuid(), 'person', 'a', 'PersonCreated', n, 's', n, n % 10 > 0, 1, at, at
                FROM generate_series(1, 7000) n, LATERAL (SELECT now() - make_interval(secs => 7000 - n) AS at) t;
                INSERT INTO outbox_failures (consumer, stream, shard_id, sequence_number, partition_key, reason, attempts, payload)
                SELECT 'outboxctl', 'stream', 's', n, 'k', 'exit status: 1', 1, '' FROM generate_series(1, 150) n";
    client.batch_execute(rows).await.expect("rows");
    let since = chrono::Utc::now() - chrono::TimeDelta::seconds(6_000);
    let request = OverviewRequest { rows: 100, processed_since: Some(since), ..OverviewRequest::default() };
    // Rows are listed once no transaction of the server is older, and other tests use the server, too.
    let first = eventually("the rows are listed", async || {
        let overview = overview(&mut client, request.clone()).await;
        overview.processed.as_ref().is_some_and(|rows| !rows.is_empty()).then_some(overview)
    });
    let first = first.await;
    assert_eq!(first.processed.as_ref().map(Vec::len), Some(5_000));
    let Earlier { succeeded, failed, more } = first.processed_earlier;
    // 1,000 of those 6,000 s ago or less have no room; whatever the test took is no longer in the window.
    assert!((800..=1_000).contains(&(succeeded + failed)) && !more, "{:?}", first.processed_earlier);
    assert!(succeeded.abs_diff(failed * 9) <= 9, "a tenth has failed: {:?}", first.processed_earlier);
    assert_eq!((first.failures.as_ref().map(Vec::len), first.failures_total), (Some(100), 150));
    let second = overview(&mut client, OverviewRequest { processed_after: first.processed_until, ..request }).await;
    assert_eq!((second.processed.map(|rows| rows.len()), second.processed_earlier), (Some(0), Earlier::default()));
}

async fn overview(client: &mut Client, request: OverviewRequest) -> Overview {
    match execute(client, AdminRequest::Overview(request)).await.expect("the overview") {
        AdminResponse::Overview(overview) => overview,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_roles_and_databases_do_not_change_our_sessions() {
    let stack = stack();
    let (database, admin) = database(&stack, "settings").await;
    let database = &database;
    let admin = &admin;
    init(&mut connect(database).await.expect("connect"), false).await;
    let set = [
        "search_path = 'app', public",
        "statement_timeout = '1ms'",
        "lock_timeout = '1ms'",
        "idle_in_transaction_session_timeout = '1ms'",
        "idle_session_timeout = '1ms'",
        "default_transaction_read_only = on",
        "default_transaction_isolation = 'serializable'",
        "\"DateStyle\" = 'German'",
        "\"TimeZone\" = 'Asia/Tokyo'",
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
        "row_security = off",
    ];
    for setting in set {
        for owner in [format!("DATABASE {}", database.database), format!("ROLE {OWNER}")] {
            admin.batch_execute(&format!("ALTER {owner} SET {setting}")).await.expect("a setting");
        }
    }
    let mut client = connect(database).await.expect("connect");
    let second = init(&mut client, false).await;
    assert!(!second.changed, "{second:?}");
    for (name, value) in [("TimeZone", "UTC"), ("statement_timeout", "0"), ("default_transaction_read_only", "off")] {
        let row = client.query_one("SELECT current_setting($1)", &[&name]).await.expect("a setting");
        assert_eq!(row.get::<_, String>(0), value, "{name}");
    }
    let mut replication = outboxctl::internals::postgres::replication::Connection::open(database)
        .await
        .expect("a replication connection");
    let shown = replication.query("SHOW search_path").await.expect("a setting");
    assert_eq!(shown[0][0].as_deref(), Some("public, pg_temp"));
    // Roles are the server's: later scenarios have this one, too.
    admin.batch_execute(&format!("ALTER ROLE {OWNER} RESET ALL")).await.expect("reset");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_argument_is_answered_with_the_allowed_ones() {
    let stack = stack();
    let (database, _admin) = database(&stack, "reasons").await;
    let database = &database;
    let mut client = connect(database).await.expect("connect");
    init(&mut client, false).await;
    for (arguments, problem, allowed) in [
        ("'Car', '1', 'E', '{}'", "aggregate_type", "lower-case letters"),
        ("repeat('a', 65), '1', 'E', '{}'", "aggregate_type", "1 to 64"),
        ("'car', '', 'E', '{}'", "aggregate_id has 0 characters", "1 to 128"),
        ("'car', '1', '', '{}'", "event_type has 0 characters", "1 to 128"),
        ("'car', '1', 'E', NULL", "payload is null", "JSON document"),
        ("'car', '1', 'E', to_jsonb(repeat('x', 500000))", "payload has 500002 bytes", "480 KiB"),
        ("'car', '1', 'E', '{}', NULL, 0", "schema_version", "from 1"),
    ] {
        let failed = client.execute(&format!("SELECT public.outbox_append({arguments})"), &[]).await;
        let error = failed.expect_err(arguments);
        let said = error.as_db_error().expect("the server's answer");
        assert_eq!(said.code().code(), "23514", "{arguments}");
        assert!(said.message().contains(problem), "{arguments}: {}", said.message());
        assert!(said.hint().is_some_and(|hint| hint.contains(allowed)), "{arguments}: {:?}", said.hint());
    }
    client.execute("SELECT public.outbox_append('car', '1', 'E', '{}')", &[]).await.expect("allowed");
}

/// Returns the response to a request in JSON.
async fn ask(client: &mut Client, request: serde_json::Value) -> serde_json::Value {
    let request = serde_json::from_value(request).expect("a request");
    serde_json::to_value(execute(client, request).await.expect("a response")).expect("JSON")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_is_dropped_meanwhile_does_not_end_an_analysis() {
    let stack = stack();
    let (database, admin) = database(&stack, "dropped").await;
    let mut client = connect(&database).await.expect("connect");
    client.batch_execute("CREATE TABLE gone (n int); CREATE TABLE stays (n int)").await.expect("tables");
    let mut other = connect(&database).await.expect("connect");
    let drop = other.transaction().await.expect("a transaction");
    drop.batch_execute("DROP TABLE gone").await.expect("dropped");
    let analysis = tokio::spawn(async move { ask(&mut client, json!({ "op": "analyze", "after": 0 })).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ANALYZE%gone'
                   AND datname = 'dropped'";
    eventually("the analysis waits for the table", async || {
        let waits: i64 = admin.query_one(waiting, &[]).await.expect("sessions").get(0);
        (waits > 0).then_some(())
    })
    .await;
    drop.commit().await.expect("committed");
    let response = analysis.await.expect("no panic");
    assert_eq!((&response["tables"], &response["next"]), (&json!(1), &json!(null)), "{response}");
}

/// PostgreSQL's times are wider than those of RFC 3339: infinite, before Christ, and after the year 9999.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_with_times_that_can_not_be_shown_are_read() {
    let stack = stack();
    let (database, _admin) = database(&stack, "times").await;
    let mut client = connect(&database).await.expect("connect");
    init(&mut client, false).await;
    let rows = "INSERT INTO outbox (aggregate_type, aggregate_id, event_type, payload, sequence, created_at)
                SELECT 'car', 'c', 'T', '{}', n, at::timestamptz
                FROM unnest(ARRAY['infinity', '-infinity', '4000-01-01 BC', '290000-01-01', '2026-01-01Z'])
                    WITH ORDINALITY AS times (at, n)";
    client.batch_execute(rows).await.expect("rows");
    let committed = ask(
        &mut client,
        json!({ "op": "committed", "after": null, "from": null, "until": null,
                                             "aggregate": null, "event_type": null, "ids": [] }),
    );
    let appended = json!({ "op": "appended", "after": "nothing", "since": null });
    let times = |response: &serde_json::Value| {
        let rows = response["rows"].as_array().expect("rows").clone();
        let mut times: Vec<String> = rows.iter().map(|row| row["created_at"].to_string()).collect();
        times.sort();
        times
    };
    let expected = ["\"2026-01-01T00:00:00Z\"", "null", "null", "null", "null"];
    assert_eq!(times(&committed.await), expected);
    assert_eq!(times(&ask(&mut client, appended).await), expected);
    let report = status(&mut client).await.outbox.expect("the outbox");
    assert_eq!((report.rows, report.oldest), (5, None));
    let shown = overview(&mut client, OverviewRequest { rows: 10, ..OverviewRequest::default() }).await;
    assert_eq!(shown.rows.len(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_table_of_people_accepts_the_addresses_that_the_api_accepts() {
    let stack = stack();
    let (database, _admin) = database(&stack, "addresses").await;
    let mut client = connect(&database).await.expect("connect");
    init(&mut client, false).await;
    // The same addresses as in the test of the API.
    for (email, accepted) in [
        ("zoë@example.org", true),
        ("a@b", true),
        ("", false),
        ("a", false),
        ("@b", false),
        ("a@", false),
        ("a b@c", false),
        ("a@b c", false),
        ("@b@c", false),
        ("a@b@c", false),
        ("a@@b", false),
    ] {
        let inserted = client.execute("INSERT INTO people (name, email) VALUES ('x', $1)", &[&email]).await;
        assert_eq!(inserted.is_ok(), accepted, "{email}");
    }
}
