//! `outboxctl explain outbox-tables`, done as it says: outbox tables that an application has already.

use outboxctl::internals::postgres::connect;
use serde_json::Value;

use crate::support::blocks;
use crate::support::stack::Stack;

/// Runs the commands of a block with a shell's rules of quoting; all have to succeed. Returns the output of each.
fn follow(stack: &Stack, commands: &str) -> Vec<String> {
    let run = |line: &str| {
        let quoted = line.split('"').enumerate();
        let words = quoted.flat_map(|(n, part)| match n % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        let words: Vec<String> = words.collect();
        assert_eq!(words[0], "outboxctl", "{line}");
        let output = stack.command(&words[1..].iter().map(String::as_str).collect::<Vec<_>>()).output();
        let output = output.expect("the binary starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{line}\n{text}\n{}", String::from_utf8_lossy(&output.stderr));
        text
    };
    commands.lines().map(run).collect()
}

/// The database of the deployed pipeline, as its owner.
async fn owner(stack: &Stack) -> tokio_postgres::Client {
    connect(&stack.database().await).await.expect("the owner")
}

/// The items that `tail` shows at these hops of events of a type.
fn seen(stack: &Stack, hops: &[&str], event_type: &str, count: usize) -> Vec<Value> {
    stack.tail(hops, count, &["--where", &format!("event_type == '{event_type}'")])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_debezium_works_as_the_how_to_says() {
    let mut stack = Stack::up("debezium");
    stack.set("OUTBOXCTL_PIPELINE", "rds-eventbridge");
    stack.write("outboxctl.toml", &blocks("outbox-tables", "toml")[0]);
    let (shell, sql) = (blocks("outbox-tables", "sh"), blocks("outbox-tables", "sql"));
    follow(&stack, &shell[0]);
    let refused = stack.fails(2, &["deploy", "--with-sample"]);
    assert!(refused["error"]["message"].to_string().contains("public.outboxevent"), "{refused}");

    // Before the table is there, everything missing is named and nothing is done.
    let missing = stack.fails(1, &["db", "init"]);
    assert!(missing["error"]["message"].to_string().contains("table public.outboxevent does not exist"), "{missing}");
    let database = owner(&stack).await;
    database.batch_execute(&sql[0]).await.expect("the application's table");
    let before = table(&database).await;
    follow(&stack, &shell[1]);
    assert!(!stack.changed(&["db", "init"]), "a second run changes nothing");
    assert_eq!(table(&database).await, before, "the application's table is as it was");
    let own = database.query_one("SELECT to_regclass('public.outbox') IS NULL", &[]).await.expect("asked");
    assert!(own.get::<_, bool>(0), "no other outbox is created");

    database.batch_execute(&sql[1]).await.expect("the application's event");
    let out = follow(&stack, &shell[2]);
    assert!(out[0].contains("OrderPlaced order 1042 0198a6a0"), "{out:?}");
    let items = seen(&stack, &["kinesis", "log"], "OrderPlaced", 2);
    let of =
        |hop: &str| items.iter().find(|item| item["hop"] == hop).unwrap_or_else(|| panic!("not at {hop}: {items:?}"));
    let record = &of("stream")["record"];
    assert_eq!(record["data"]["aggregateid"], "1042", "DMS keeps the names of the columns: {record}");
    assert_eq!(record["metadata"]["partition-key-value"], "1042", "{record}");
    let detail = &of("log")["record"]["detail"];
    assert_eq!((&detail["source"], &detail["data"]["amount"]), (&"outbox.order".into(), &1200.into()), "{detail}");
    assert_eq!(detail.get("sequence"), None, "{detail}");

    let verified = stack.ok(&["verify", "--count", "30"]);
    assert_eq!(verified["verdict"]["in_order"], true, "{verified}");
    assert!(verified["limits"][0].as_str().is_some_and(|limit| limit.contains("no sequence column")), "{verified}");
    let agreed = stack.ok(&["reconcile", "--grace", "0"]);
    assert_eq!((&agreed["missing"], &agreed["payloads_compared"]), (&0.into(), &true.into()), "{agreed}");
    assert!(agreed["committed"].as_u64() > Some(100) && !agreed["limits"].as_array().expect("limits").is_empty());
    // Commands that need a time report it.
    for args in [&["reconcile", "--from", "-1h"][..], &["db", "purge", "--older-than", "0s"]] {
        let refused = stack.fails(2, args);
        assert!(refused["error"]["message"].to_string().contains("no created_at column"), "{refused}");
    }
    let replayed = stack.ok(&["replay", "--aggregate", "1042"]);
    assert_eq!(replayed["sent"], 1, "{replayed}");

    // The deployment keeps the mapping, also without the file.
    stack.write("outboxctl.toml", "");
    assert!(!stack.changed(&["deploy", "--yes"]));
    assert_eq!(stack.ok(&["outputs"])["OutboxLayout"], "debezium");
    assert_eq!(stack.ok(&["reconcile", "--grace", "0"])["committed"], agreed["committed"]);
    let doctor = stack.ok(&["doctor"]);
    let findings = doctor["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["state"] != "failed"), "{findings:#?}");

    // The first rows of the table in the order of its comparison: each of them is read.
    let empty = "INSERT INTO outboxevent SELECT gen_random_uuid(), 'a', '1', 'Empty', NULL FROM generate_series(1, 3)";
    database.batch_execute(empty).await.expect("events without payload");
    let unread = stack.ok(&["reconcile", "--grace", "0"]);
    assert_eq!((&unread["unreadable"], &unread["committed"]), (&3.into(), &agreed["committed"]), "{unread}");
}

/// The definition of the application's table, with its constraints and rights.
async fn table(database: &tokio_postgres::Client) -> String {
    let query = "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull
                            || coalesce(attacl::text, ''), ', ' ORDER BY attnum)
                     || coalesce((SELECT relacl::text FROM pg_class WHERE oid = attrelid), '')
                 FROM pg_attribute WHERE attrelid = 'outboxevent'::regclass AND attnum > 0 GROUP BY attrelid";
    database.query_one(query, &[]).await.expect("described").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_polled_table_with_unusual_names_is_marked_by_consumers() {
    let mut stack = Stack::up("polled");
    stack.set("OUTBOXCTL_PIPELINE", "rds-kinesis");
    let mapping =
        "[outbox]\npreset = \"polling\"\nschema = 'Sales \"Ops\" ß'\ntable = 'Out\\box'\nevent_type = 'Event Type'\n";
    stack.write("outboxctl.toml", mapping);
    stack.ok(&["deploy", "--yes"]);
    let database = owner(&stack).await;
    let made = r#"CREATE SCHEMA "Sales ""Ops"" ß";
        CREATE TABLE "Sales ""Ops"" ß"."Out\box" (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(), aggregate_type text NOT NULL, aggregate_id uuid NOT NULL,
            "Event Type" varchar(64) NOT NULL, payload text NOT NULL, created_at timestamp NOT NULL DEFAULT now(),
            processed boolean NOT NULL DEFAULT false, remark text NOT NULL DEFAULT '')"#;
    database.batch_execute(made).await.expect("the application's table");
    stack.ok(&["db", "init"]);
    stack.ok(&["dms", "start"]);
    let insert = r#"INSERT INTO "Sales ""Ops"" ß"."Out\box" (aggregate_type, aggregate_id, "Event Type", payload)
        SELECT repeat('order', 40), md5(($1::int % 3)::text)::uuid, 'OrderChanged', jsonb_build_object('n', $1::int)::text"#;
    for n in 0..12_i32 {
        database.execute(insert, &[&n]).await.expect("the application's event");
    }
    // A row that is deleted at once arrives, too, and its deletion makes no record.
    let both = r#"WITH gone AS (SELECT id FROM "Sales ""Ops"" ß"."Out\box" WHERE payload = '{"n": 0}')
        DELETE FROM "Sales ""Ops"" ß"."Out\box" AS row USING gone WHERE row.id = gone.id"#;
    assert_eq!(database.execute(both, &[]).await.expect("deleted"), 1);

    let items = seen(&stack, &["kinesis"], "OrderChanged", 12);
    let mut numbers: std::collections::BTreeMap<String, Vec<i64>> = std::collections::BTreeMap::new();
    for item in &items {
        let payload: Value =
            serde_json::from_str(item["record"]["data"]["payload"].as_str().expect("text")).expect("JSON");
        let aggregate = item["aggregate_id"].as_str().expect("an aggregate").to_owned();
        numbers.entry(aggregate).or_default().push(payload["n"].as_i64().expect("a number"));
    }
    assert_eq!(numbers.len(), 3, "{items:?}");
    assert!(
        numbers.values().all(|of| of.len() == 4 && of.is_sorted()),
        "each aggregate in the order of the log: {numbers:?}"
    );

    // A consumer gets the events, and marks the rows.
    let file = tempfile::NamedTempFile::new().expect("a file");
    // Hooks of several aggregates run at the same time: each writes its line at once.
    let hook = format!("event=$(cat); printf '%s\\n' \"$event\" >> {}", file.path().display());
    let mut processed = 0;
    while processed < 12 {
        let done = stack.run_ndjson(&["consume", "--exec", &hook, "--until-idle", "2", "--lease-duration", "2"]);
        processed += done["data"]["processed"].as_u64().unwrap_or_else(|| panic!("{done}"));
    }
    let text = std::fs::read_to_string(file.path()).expect("what the hook wrote");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert!(events.iter().all(|event| event["type"] == "OrderChanged" && event.get("sequence").is_none()), "{text}");
    let open = r#"SELECT count(*) FILTER (WHERE processed), count(*) FROM "Sales ""Ops"" ß"."Out\box""#;
    let row = database.query_one(open, &[]).await.expect("counted");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (11, 11), "the consumer marked every row");

    let agreed = stack.ok(&["reconcile", "--grace", "0"]);
    assert_eq!(
        (&agreed["committed"], &agreed["missing"], &agreed["unknown"]),
        (&11.into(), &0.into(), &1.into()),
        "{agreed}"
    );
    let status = stack.ok(&["db", "status"]);
    assert_eq!((&status["outbox"]["rows"], &status["publication"]), (&11.into(), &true.into()), "{status}");
    assert_eq!(status["outbox"]["oldest_unprocessed"], Value::Null, "{status}");
    let replayed = stack.ok(&["replay", "--all"]);
    assert_eq!(replayed["sent"], 11, "{replayed}");
    let again = stack.run_ndjson(&["consume", "--exec", &hook, "--until-idle", "2", "--lease-duration", "2"]);
    assert_eq!(again["data"]["processed"], 11, "{again}");
    let replays = std::fs::read_to_string(file.path()).expect("what the hook wrote");
    assert_eq!(replays.matches("\"replay\":").count(), 11, "{replays}");
    let purged = stack.ok(&["db", "purge", "--older-than", "0s"]);
    assert_eq!((&purged["purged"], &purged["kept"]), (&11.into(), &0.into()), "{purged}");
}

/// The lines of `db init --check`, which must find something: problem and remedy of each.
fn check(stack: &Stack) -> Vec<(String, String)> {
    let failed = stack.fails(1, &["db", "init", "--check"]);
    let missing = failed["data"]["missing"].as_array().unwrap_or_else(|| panic!("nothing missing: {failed}"));
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    missing.iter().map(|one| (text(&one["problem"]), text(&one["remedy"]))).collect()
}

/// Runs what `db init --print-sql` prints; the line for psql itself is left out.
async fn run_script(stack: &Stack, database: &tokio_postgres::Client) {
    let output = stack.command(&["db", "init", "--print-sql"]).output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let script = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(script.contains("\n\\set ON_ERROR_STOP on\n"), "{script}");
    let sql: String = script.lines().filter(|line| !line.starts_with('\\')).flat_map(|line| [line, "\n"]).collect();
    database.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sql_of_db_init_can_be_reviewed_and_run_by_hand() {
    let mut stack = Stack::up("reviewed");
    stack.set("OUTBOXCTL_PIPELINE", "rds-kinesis");
    let mapping = "[outbox]\npreset = 'polling'\nschema = 'Sales \"Ops\" $sql$'\nsequence = 'n'\n";
    stack.write("outboxctl.toml", mapping);
    stack.ok(&["deploy", "--yes"]);
    let database = owner(&stack).await;
    let made = r#"CREATE SCHEMA "Sales ""Ops"" $sql$";
        CREATE TABLE "Sales ""Ops"" $sql$".outbox (
            id uuid, aggregate_type text, aggregate_id text, event_type text, payload varchar,
            created_at integer, processed boolean);
        ALTER TABLE "Sales ""Ops"" $sql$".outbox REPLICA IDENTITY NOTHING"#;
    database.batch_execute(made).await.expect("the application's table");

    let missing = check(&stack);
    let problems: Vec<&str> = missing.iter().map(|(problem, _)| problem.as_str()).collect();
    for part in [
        "varchar without a length",
        "no column \"n\"",
        "has type integer",
        "no primary key",
        "REPLICA IDENTITY NOTHING",
    ] {
        assert!(problems.iter().any(|problem| problem.contains(part)), "{part}: {problems:#?}");
    }
    assert!(problems.iter().any(|problem| problem.contains("0003_processed is not applied")), "{problems:#?}");
    assert!(!problems.iter().any(|problem| problem.contains("0001_outbox")), "{problems:#?}");
    let refused = stack.fails(1, &["db", "init"]);
    assert!(refused["error"]["message"].to_string().contains("no primary key"), "{refused}");
    let untouched = database.query_one("SELECT to_regclass('public.outboxctl_migrations') IS NULL", &[]).await;
    assert!(untouched.expect("asked").get::<_, bool>(0), "nothing was done");

    // Each remedy of the table as it is printed; the time has no cast of its own.
    let table = missing.iter().filter(|(problem, _)| problem.contains("Sales") && !problem.starts_with("not done"));
    for (problem, remedy) in table {
        let remedy = match problem.contains("has type integer") {
            true => format!("{remedy} USING to_timestamp(created_at)"),
            false => remedy.clone(),
        };
        database.batch_execute(&remedy).await.unwrap_or_else(|error| panic!("{problem}: {remedy}: {error:?}"));
    }
    run_script(&stack, &database).await;
    run_script(&stack, &database).await;
    let checked = stack.ok(&["db", "init", "--check"]);
    assert_eq!(checked["missing"], Value::Array(Vec::new()), "{checked}");
    assert!(!stack.changed(&["db", "init"]), "the script did all that db init does");
    stack.ok(&["dms", "start"]);
    let inserted = stack.ok(&["sample", "insert", "--count", "4", "--aggregates", "1"]);
    let sequences: Vec<_> =
        inserted["inserted"].as_array().expect("events").iter().map(|one| &one["sequence"]).collect();
    assert_eq!(sequences, [1, 2, 3, 4], "{inserted}");
    assert_eq!(seen(&stack, &["kinesis"], "SampleUpdated", 3).len(), 3);

    // The same for our own table, in a database that has the other already.
    stack.write("outboxctl.toml", "[outbox]\npreset = 'outboxctl'\n");
    run_script(&stack, &database).await;
    assert_eq!(stack.ok(&["db", "init", "--check"])["missing"], Value::Array(Vec::new()));
    assert!(!stack.changed(&["db", "init"]), "the script did all that db init does");
}
