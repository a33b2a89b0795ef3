//! Source filters, and the records of deleted rows.

use std::sync::Arc;

use outboxctl::internals::error::Kind;
use outboxctl::internals::local::capture::mapping::Mappings;
use outboxctl::internals::local::capture::{Job, Start};
use serde_json::json;

use super::{Running, job, stack};
use crate::support::database::Database;
use crate::support::sink::Keeping;

/// A job for one table, whose rows have the key `aggregate`.
fn of_table(database: &Database, start: Start, table: &str, filters: &serde_json::Value) -> Job {
    let at = json!({"schema-name": "public", "table-name": table});
    let mappings = json!({"rules": [
        {"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include", "object-locator": at,
         "filters": filters},
        {"rule-type": "object-mapping", "rule-id": "2", "rule-name": "2", "rule-action": "map-record-to-record",
         "object-locator": at,
         "mapping-parameters": {"partition-key-type": "attribute-name", "partition-key-name": "aggregate"}},
    ]});
    Job { mappings: Mappings::parse(&mappings.to_string()).expect("mappings"), ..job(database, start) }
}

fn is_null(column: &str) -> serde_json::Value {
    json!([{"filter-type": "source", "column-name": column, "filter-conditions": [{"filter-operator": "null"}]}])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_outside_the_key_drops_marks_and_deletes() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "filters").await;
    database
        .run(
            "CREATE TABLE marked (id int PRIMARY KEY, aggregate text, sequence int, done timestamptz);
             ALTER PUBLICATION outboxctl ADD TABLE marked;
             ALTER TABLE marked ALTER COLUMN aggregate TYPE varchar(9);
             INSERT INTO marked VALUES (1, 'a', 1, NULL), (2, 'a', 2, now());",
        )
        .await;
    let sink = Arc::new(Keeping::default());
    let mut copying = of_table(&database, Start::Fresh, "marked", &is_null("done"));
    copying.load = true;
    let mut running = Running::following(copying, &sink).await;
    database
        .run(
            "INSERT INTO marked VALUES (3, 'a', 3, NULL);
             UPDATE marked SET done = now() WHERE id = 3;
             DELETE FROM marked WHERE id = 3;
             INSERT INTO marked VALUES (4, 'a', 4, NULL);",
        )
        .await;
    running.stores_rows(&sink, 3).await;
    running.stop().await;
    let stored: Vec<_> = sink.rows().iter().map(|(_, record)| record.data["id"].clone()).collect();
    assert_eq!(stored, [json!(1), json!(3), json!(4)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filter_on_a_column_that_is_not_there_ends_the_run() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "misfiltered").await;
    let running =
        Running::following(of_table(&database, Start::Fresh, "events", &is_null("Payload")), &Arc::default()).await;
    database.insert(1, 1, 1, 1).await;
    let error = running.work.await.expect("no panic").expect_err("no such column");
    assert_eq!(error.kind(), Kind::TaskFailed);
    assert!(error.message().contains("\"Payload\""), "{}", error.message());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_filter_updates_and_deletes_are_captured() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "unfiltered").await;
    let sink = Arc::new(Keeping::default());
    let mut running = Running::following(of_table(&database, Start::Fresh, "events", &json!([])), &sink).await;
    database.run("INSERT INTO events (aggregate, sequence, payload) VALUES ('a', 1, '{}')").await;
    database.run("UPDATE events SET sequence = 2").await;
    running.stores_rows(&sink, 2).await;
    // The deleted row has no `aggregate`, so no partition key: Kinesis would refuse the record.
    database.run("DELETE FROM events").await;
    let error = running.work.await.expect("no panic").expect_err("no key");
    assert_eq!(error.kind(), Kind::Failed);
    assert!(error.message().contains("delete") && error.message().contains("partition key"), "{}", error.message());
    assert_eq!(sink.rows().len(), 2);
}
