//! An item that is no event, and a replay from the table.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::support::pipeline::Pipeline;

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_postgresql_has_the_same_commands() {
    let pipeline = Pipeline::deployed("repair-table", "dynamodb-eventbridge").await;
    // More than nine an aggregate: as text, 10 comes before 2.
    pipeline.ok(&["sample", "insert", "--count", "24", "--aggregates", "2"]);
    let reconcile = ["reconcile", "--grace", "0"];
    pipeline.until(&reconcile, |data| data["committed"] == 24 && data["missing"] == 0);

    let text = |value: &str| AttributeValue::S(value.into());
    let poison = pipeline
        .clients
        .dynamodb()
        .put_item()
        .table_name(pipeline.output("OutboxTable"))
        .item("aggregate_id", text("broken"))
        .item("sequence", AttributeValue::N("1".into()))
        .item("id", text("not a uuid"));
    poison.send().await.expect("an item");
    pipeline.until(&["dlq", "list"], |data| data["by_cause"]["NotAnOutboxItem"] == 1);
    let refused = pipeline.fails(1, &["dlq", "redrive", "--aggregate", "broken"]);
    assert_eq!(refused["data"]["refused"], 1, "{refused}");
    assert_eq!(pipeline.ok(&["dlq", "list"])["total"], 1, "it is still there");

    let mut sent: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for step in pipeline.lines(&["replay", "--all"]).iter().filter(|line| line["type"] == "event") {
        let aggregate = step["aggregate_id"].as_str().expect("an aggregate").to_owned();
        sent.entry(aggregate).or_default().push(step["sequence"].as_i64().expect("a number"));
    }
    assert_eq!(sent.len(), 2, "{sent:?}");
    assert!(sent.values().all(|sequences| *sequences == (1..=12).collect::<Vec<i64>>()), "{sent:?}");
    let whole = pipeline.until(&reconcile, |data| data["replayed"] == 24);
    assert_eq!((&whole["unreadable"], &whole["duplicated"]), (&1.into(), &0.into()), "{whole}");
    let out = pipeline.fails(2, &["db", "purge", "--older-than", "0s"]);
    assert!(out["error"]["hints"].to_string().contains("expires_at"), "{out}");
}
