//! An application's own outbox table in its own database, captured into its own stream.

use serde_json::json;

use super::create_stream;
use super::database::{described, file, owner, replication_instance, shop};
use crate::support::stack::Stack;

/// The default table of Debezium's outbox event router.
const TABLE: &str = "CREATE TABLE outboxevent (
    id uuid PRIMARY KEY, aggregatetype varchar(255) NOT NULL, aggregateid varchar(255) NOT NULL,
    type varchar(255) NOT NULL, payload jsonb)";

#[tokio::test(flavor = "multi_thread")]
async fn a_debezium_table_of_an_existing_database_is_captured_into_an_existing_stream() {
    let stack = Stack::up("existing-outbox");
    let clients = stack.clients();
    let mut shop = shop(&clients).await;
    shop.insert("ReplicationInstance".to_owned(), replication_instance(&clients, &shop).await);
    create_stream(&clients, "orders").await;
    let existing = file(2, &shop).replacen("[existing]\n", "[existing]\nstream = \"orders\"\n", 1);
    stack.write("outboxctl.toml", &format!("{existing}\n[outbox]\npreset = \"debezium\"\n"));
    let owner = owner(&stack, &clients, &shop).await;
    owner.batch_execute(TABLE).await.expect("the application's table");
    let before = described(&clients).await;

    stack.ok(&["deploy", "--yes"]);
    assert!(!stack.changed(&["deploy", "--yes"]), "a second deploy changes nothing");
    let outputs = stack.ok(&["outputs"]);
    assert_eq!((&outputs["StreamName"], &outputs["OutboxLayout"]), (&json!("orders"), &json!("debezium")));
    stack.ok(&["db", "init"]);
    stack.ok(&["dms", "start"]);
    let event =
        "INSERT INTO outboxevent VALUES (gen_random_uuid(), 'order', '1042', 'OrderPlaced', '{\"amount\": 1200}')";
    owner.batch_execute(event).await.expect("the application's event");
    let verified = stack.ok(&["verify", "--count", "20"]);
    assert_eq!(verified["verdict"]["in_order"], true, "{verified}");
    let items = stack.tail(&["stream", "log"], 2, &["--where", "event_type == 'OrderPlaced'"]);
    assert_eq!(items.len(), 2, "{items:?}");
    let agreed = stack.ok(&["reconcile", "--grace", "0"]);
    assert_eq!((&agreed["missing"], agreed["committed"].as_u64() > Some(20)), (&json!(0), true), "{agreed}");
    let report = stack.ok(&["doctor"]);
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|finding| finding["state"] != "failed"), "{findings:#?}");

    stack.ok(&["destroy", "--yes"]);
    assert_eq!(described(&clients).await, before);
    let left = "SELECT (SELECT count(*) FROM outboxevent), (SELECT count(*) FROM pg_replication_slots)";
    let row = owner.query_one(left, &[]).await.expect("the table is there");
    assert!(row.get::<_, i64>(0) > 20, "the events of the application remain");
    assert_eq!(row.get::<_, i64>(1), 0, "no slot retains its log");
}
