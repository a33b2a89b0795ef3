//! `outboxctl explain own-tables`, done as it says: an application's own tables and events, without the sample.

use aws_sdk_dynamodb::types::{AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType};
use aws_sdk_dynamodb::types::{Put, ScalarAttributeType, TransactWriteItem};
use outboxctl::internals::postgres::{Secret, Target, connect};
use serde_json::Value;

use crate::support::blocks;
use crate::support::stack::Stack;

/// Waits for the how-to's event at these hops; returns the items, one for each hop.
fn invoice(stack: &Stack, pipeline: &str, hops: &[&str]) -> Vec<Value> {
    stack.tail(hops, hops.len(), &["--pipeline", pipeline, "--where", "event_type == 'InvoiceIssued'"])
}

/// Checks that `doctor` finds no failure, and returns the hops that `status` draws: parts that were excluded are not
/// reported as missing.
fn hops_of_a_healthy_deployment(stack: &Stack, pipeline: &str) -> Vec<String> {
    let report = stack.ok(&["doctor", "--pipeline", pipeline]);
    let findings = report["findings"].as_array().expect("findings");
    let wrong: Vec<_> = findings.iter().filter(|finding| finding["state"] == "failed").collect();
    assert!(wrong.is_empty() && findings.iter().all(|finding| finding["check"] != "writer"), "{findings:#?}");
    let status = stack.ok(&["status", "--pipeline", pipeline]);
    let stacks = status["stacks"].as_array().expect("stacks");
    assert!(stacks.iter().all(|stack| stack["status"] != "not deployed" && stack["stack"] != "api"), "{stacks:#?}");
    let hops = status["hops"].as_array().expect("hops");
    hops.iter().map(|hop| hop["hop"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_of_ones_own_needs_no_sample() {
    let stack = Stack::up("own-tables");
    let shell = blocks("own-tables", "sh");
    stack.follow(&shell[0]);
    assert!(!stack.changed(&["deploy", "--yes"]), "a later deploy keeps to the choice");
    let hops = hops_of_a_healthy_deployment(&stack, "rds-eventbridge");
    assert_eq!(hops, ["database", "capture", "stream", "consumer", "bus", "log"], "there is no API");
    let refused = stack.fails(1, &["sample", "insert", "--via", "api"]);
    assert!(refused["error"]["hints"].to_string().contains("--with-sample"), "{refused}");

    // As the owner, then as the application.
    let owner = stack.database().await;
    let sql = blocks("own-tables", "sql");
    connect(&owner).await.expect("the owner").batch_execute(&sql[0]).await.expect("the first step");
    let billing = Target { user: "billing".into(), password: Secret::new("choose-one"), ..owner };
    let application = connect(&billing).await.expect("the application");
    application.batch_execute(&sql[1]).await.expect("the second step");
    assert!(application.batch_execute("SELECT * FROM outbox").await.is_err(), "it may append, and no more");

    let seen = invoice(&stack, "rds-eventbridge", &["kinesis", "log"]);
    assert_eq!(seen.len(), 2, "in the stream and on the bus: {seen:?}");
    let detail = &seen.iter().find(|item| item["hop"] == "log").expect("the event log")["record"]["detail"];
    assert_eq!(detail["dataschema"], "urn:outbox:invoice:InvoiceIssued:1");
    assert_eq!((&detail["sequence"], &detail["data"]["amount"]), (&"1".into(), &1200.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_table_takes_anybodys_events() {
    let stack = Stack::up("own-items");
    let on = |args: &[&'static str]| [&["--pipeline", "dynamodb-eventbridge"], args].concat();
    stack.ok(&on(&["deploy", "--yes", "--without-sample"]));
    assert_eq!(
        hops_of_a_healthy_deployment(&stack, "dynamodb-eventbridge"),
        ["table", "stream", "consumer", "bus", "log"]
    );
    stack.ok(&on(&["verify", "--count", "20"]));
    let outputs = stack.ok(&on(&["outputs"]));
    assert_eq!((outputs.get("ApiUrl"), outputs.get("AggregateTable")), (None, None));

    let client = stack.clients().dynamodb();
    let attribute = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let table = client.create_table().table_name("invoices").billing_mode(BillingMode::PayPerRequest);
    let table =
        table.attribute_definitions(attribute.build().expect("complete")).key_schema(key.build().expect("complete"));
    table.send().await.expect("a table of the application's own");
    let text = |value: &str| AttributeValue::S(value.into());
    let put = |table: &str, attributes: Vec<(&str, AttributeValue)>, absent: &str| {
        let item = attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let put = Put::builder().table_name(table).set_item(Some(item));
        let put = put.condition_expression(format!("attribute_not_exists({absent})")).build().expect("complete");
        TransactWriteItem::builder().put(put).build()
    };
    let (one, later) = (AttributeValue::N("1".into()), AttributeValue::N("4000000000".into()));
    let item = vec![
        ("aggregate_id", text("i-1")),
        ("sequence", one.clone()),
        ("id", text("0198a6a0-0000-7000-8000-000000000001")),
        ("aggregate_type", text("invoice")),
        ("event_type", text("InvoiceIssued")),
        ("schema_version", one.clone()),
        ("payload", text(r#"{"amount": 1200}"#)),
        ("created_at", text("2026-11-21T06:00:00.000001+00:00")),
        ("expires_at", later),
    ];
    let how_to = blocks("own-tables", "python").remove(0);
    for (name, _) in &item {
        assert!(how_to.contains(&format!("\"{name}\": ")), "the how-to does not say {name}");
    }
    let outbox = outputs["OutboxTable"].as_str().expect("the outbox table");
    let writes =
        vec![put("invoices", vec![("id", text("i-1")), ("version", one)], "id"), put(outbox, item, "aggregate_id")];
    client.transact_write_items().set_transact_items(Some(writes)).send().await.expect("committed");
    let seen = invoice(&stack, "dynamodb-eventbridge", &["log"]);
    assert_eq!(seen[0]["record"]["detail"]["data"]["amount"], 1200, "{seen:?}");

    // The sample comes and goes.
    assert!(stack.changed(&on(&["deploy", "--yes", "--with-sample"])));
    stack.ok(&on(&["verify", "--count", "10"]));
    assert!(stack.ok(&on(&["outputs"])).get("ApiUrl").is_some());
    assert!(stack.changed(&on(&["deploy", "--yes", "--without-sample", "--allow-replacement"])));
    assert!(stack.ok(&on(&["outputs"])).get("ApiUrl").is_none());
    stack.ok(&on(&["verify", "--count", "10"]));
    let refused = stack.fails(2, &["--pipeline", "dynamodb-cdc", "deploy", "--without-sample"]);
    assert_eq!(refused["error"]["code"], "usage", "{refused}");
}
