//! The form of values of each type in a record.

use std::sync::Arc;

use outboxctl::internals::local::capture::Start;
use serde_json::json;

use super::{Running, job, stack};
use crate::support::database::Database;
use crate::support::sink::Keeping;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_type_as_dms_writes_it() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "types").await;
    database
        .run(
            "CREATE TYPE mood AS ENUM ('fine');
             CREATE DOMAIN short AS varchar(3);
             CREATE TABLE typed (id int PRIMARY KEY, sequence int, yes boolean, small smallint, big bigint, real4 float4,
                real8 float8, fixed numeric(10,2), free numeric, name varchar(10), body text, doc jsonb, list int[],
                raw bytea, at timestamptz, local timestamp, day date, mood mood, key uuid, short short, nothing text);
             CREATE TABLE bare (sequence int, body text, name varchar(10));
             ALTER PUBLICATION outboxctl ADD TABLE typed, bare;",
        )
        .await;
    let sink = Arc::new(Keeping::default());
    let mut running = Running::following(job(&database, Start::Fresh), &sink).await;
    database
        .run(
            "SET TimeZone = 'America/New_York';
             INSERT INTO typed VALUES (1, 1, true, -1, 9007199254740993, 0.1, 1e20, 10.5, 1.123456789, 'né', E'a\\tb\"c',
                '{\"a\": [1, null]}', '{1,2}', '\\xdeadbeef', '2024-07-29 00:58:17.98367+00', '2024-01-02 03:04:05',
                '2024-01-02', 'fine', '00000000-0000-0000-0000-000000000001', 'abc', NULL);
             INSERT INTO bare VALUES (2, 'lost', 'kept');
             UPDATE typed SET small = 2 WHERE id = 1;
             DELETE FROM typed WHERE id = 1;",
        )
        .await;
    running.stores_rows(&sink, 4).await;
    running.stop().await;
    let of = |table: &str| -> Vec<_> {
        sink.rows().into_iter().map(|(_, record)| record).filter(|r| r.metadata.table_name == table).collect()
    };
    let (rows, bare) = (of("typed"), of("bare"));
    let expected = json!({
        "id": 1, "sequence": 1, "yes": "true", "small": -1, "big": 9007199254740993i64, "real4": 0.1, "real8": 1e20,
        "fixed": 10.50, "free": 1.123456, "name": "né", "body": "a\tb\"c", "doc": "{\"a\": [1, null]}",
        "list": "{1,2}", "raw": "deadbeef", "at": "2024-07-29T00:58:17.983670Z", "local": "2024-01-02T03:04:05Z",
        "day": "2024-01-02", "mood": "fine", "key": "00000000-0000-0000-0000-000000000001", "short": "abc",
        "nothing": null,
    });
    assert_eq!(json!(rows[0].data), expected);
    // Without a primary key large objects are absent.
    assert_eq!(json!(bare[0].data), json!({"sequence": 2, "name": "kept"}));
    let operations: Vec<&str> = rows.iter().map(|record| record.metadata.operation.as_str()).collect();
    assert_eq!(operations, ["insert", "update", "delete"]);
    assert_eq!(rows[1].data["small"], 2);
    assert_eq!(json!(rows[2].data), json!({"id": 1}), "a deleted row has its primary key alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_objects_have_a_limit() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "limits").await;
    let sink = Arc::new(Keeping::default());
    let large = "INSERT INTO events (aggregate, sequence, payload) VALUES ('a', 1, jsonb_build_object('x', repeat('é', 40000)))";
    let running = Running::following(job(&database, Start::Fresh), &sink).await;
    database.run(large).await;
    let error = running.work.await.expect("no panic").expect_err("it must not be cut off");
    assert!(
        error.message().starts_with("a row of public.events: column payload has ")
            && error.message().contains("LobMaxSize"),
        "{}",
        error.message()
    );
    assert!(sink.rows().is_empty());

    // With truncation allowed: at half of LobMaxSize in characters, because each counts twice.
    let mut cutting = job(&database, Start::Resume);
    cutting.source.fail_on_truncation = false;
    let mut running = Running::following(cutting, &sink).await;
    running.stores_rows(&sink, 1).await;
    running.stop().await;
    let length = sink.rows()[0].1.data["payload"].as_str().expect("text").chars().count();
    assert_eq!(length, 32_768);
}
