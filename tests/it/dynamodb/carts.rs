//! `dynamodb-eventbridge`: carts with an outbox, read from a DynamoDB stream.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{assert_problem, names_the_wrong_fields, refuses_invalid_requests, stack};
use crate::support::api::{Deployed, eventually, number};
use crate::support::stack::Stack;

/// Held by each test of this pipeline: they count what arrives.
pub static TURN: Mutex<()> = Mutex::const_new(());

pub async fn deployed(stack: &Stack) -> Deployed<'_> {
    Deployed::on(stack, "dynamodb-eventbridge").await
}

/// The id of a new cart.
pub async fn new_cart(carts: &Deployed<'_>) -> String {
    let reply = carts.json("POST", "/cart", &json!({ "customerId": "Zoë 🚗", "currency": "EUR" })).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body["id"].as_str().expect("an id").to_owned()
}

fn one(sku: &str) -> Value {
    json!({ "items": [{ "sku": sku, "quantity": 1, "unitPrice": 100 }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_requests_of_the_api() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let carts = &deployed(&stack).await;
    let id = new_cart(carts).await;
    let add = format!("/cart/{id}/add-items");
    refuses_invalid_requests(carts, "POST", "/cart", &[]).await;
    refuses_invalid_requests(carts, "PUT", &add, &[]).await;
    let long = "ž".repeat(65);
    let created: &[_] = &[
        (json!({}), &["#/currency", "#/customerId"][..]),
        (json!({ "customerId": long, "currency": "EUR" }), &["#/customerId"]),
        (json!({ "customerId": "a\u{0}b", "currency": "EUR" }), &["#/customerId"]),
        (json!({ "customerId": "  ", "currency": "euro" }), &["#/currency", "#/customerId"]),
        (json!({ "customerId": 7, "currency": "EUR", "a/b": 1 }), &["#/a~1b", "#/customerId"]),
    ];
    names_the_wrong_fields(carts, ("POST", "/cart"), &[], created).await;
    let line =
        |quantity: Value, price: Value| json!({ "items": [{ "sku": "s", "quantity": quantity, "unitPrice": price }] });
    let (many, twice) = (
        vec![json!({}); 101],
        json!([{ "sku": "s", "quantity": 1, "unitPrice": 1 }, { "sku": "s", "quantity": 1, "unitPrice": 1 }]),
    );
    let added: &[_] = &[
        (json!({}), &["#/items"][..]),
        (json!({ "items": [] }), &["#/items"]),
        (json!({ "items": many }), &["#/items"]),
        (json!({ "items": [1] }), &["#/items/0"]),
        (json!({ "items": twice }), &["#/items/1/sku"]),
        (line(json!(0), json!(1)), &["#/items/0/quantity"]),
        (line(json!(10_001), json!(-1)), &["#/items/0/quantity", "#/items/0/unitPrice"]),
        (line(json!(1.5), json!(100_000_001)), &["#/items/0/quantity", "#/items/0/unitPrice"]),
        (line(json!("1"), json!(9_007_199_254_740_993_i64)), &["#/items/0/quantity", "#/items/0/unitPrice"]),
        (line(json!(null), json!(1e308)), &["#/items/0/quantity", "#/items/0/unitPrice"]),
        (json!({ "items": [{ "sku": "s", "quantity": 1, "unitPrice": 1 }], "version": 0 }), &["#/version"]),
    ];
    names_the_wrong_fields(carts, ("PUT", &add), &[], added).await;
    // The edges themselves are fine, and so is a whole number that is written as a fraction.
    let edges = format!(
        r#"{{"items":[{{"sku":"{}","quantity":10000,"unitPrice":1e8}},{{"sku":"b","quantity":1.0,"unitPrice":0}}]}}"#,
        "ž".repeat(64)
    );
    let reply = carts.send("PUT", &add, &[("content-type", "application/json; charset=utf-8")], edges).await;
    assert_eq!((reply.status, &reply.body["total"]["amount"]), (200, &json!(1_000_000_000_000_i64)), "{}", reply.text);

    let missing = Uuid::new_v4();
    for (method, path) in [
        ("GET", format!("/cart/{missing}")),
        ("GET", "/cart/%F0%9F%9A%97".to_owned()),
        ("PUT", format!("/cart/{missing}/checkout")),
    ] {
        assert_problem(&carts.send(method, &path, &[], "").await, 404, &[], &path);
    }
    for (method, path, allowed) in
        [("DELETE", "/cart".to_owned(), "POST"), ("POST", format!("/cart/{id}"), "GET"), ("POST", add, "PUT")]
    {
        let reply = carts.json(method, &path, &json!({})).await;
        assert_problem(&reply, 405, &[], &format!("{method} {path}"));
        assert_eq!(reply.allow.as_deref(), Some(allowed), "{method} {path}");
    }
    assert_problem(&carts.send("GET", "/elsewhere", &[], "").await, 404, &[], "/elsewhere");
}

/// Many add to a cart and check it out at the same time: nothing is lost, one check-out wins, and nothing comes after it.
#[tokio::test(flavor = "multi_thread")]
async fn a_race_has_one_winner() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let carts = &deployed(&stack).await;
    let id = new_cart(carts).await;
    let (add, check_out) = (format!("/cart/{id}/add-items"), format!("/cart/{id}/checkout"));
    assert_problem(&carts.send("PUT", &check_out, &[], "").await, 409, &[], "an empty cart");
    assert_eq!(carts.json("PUT", &add, &one("first")).await.status, 200);
    let stale = json!({ "items": one("late")["items"], "version": 1 });
    assert_problem(&carts.json("PUT", &add, &stale).await, 409, &[], "a version that is past");

    let requests = (0..24).map(|n| {
        let (add, check_out) = (&add, &check_out);
        async move {
            // Check-outs among the later ones, so that some additions come before and some after.
            if n % 8 == 7 {
                (false, carts.send("PUT", check_out, &[], "").await)
            } else {
                (true, carts.json("PUT", add, &one("race")).await)
            }
        }
    });
    let replies = futures_util::future::join_all(requests).await;
    let done = |adding: bool| replies.iter().filter(|(added, reply)| *added == adding && reply.status == 200).count();
    for (_, refused) in replies.iter().filter(|(_, reply)| reply.status != 200) {
        assert_problem(refused, 409, &[], "a request that lost");
    }
    assert_eq!(done(false), 1, "one check-out");
    let added = i64::try_from(done(true)).expect("fits");
    let cart = carts.send("GET", &format!("/cart/{id}"), &[], "").await.body;
    assert_eq!((&cart["status"], &cart["total"]["quantity"]), (&json!("checkedOut"), &json!(added + 1)), "{cart}");
    assert_eq!(cart["version"], added + 3, "every change counts once: {cart}");
    for (method, path) in [("PUT", &add), ("PUT", &check_out)] {
        assert_problem(
            &carts.json(method, path, &if *path == add { one("race") } else { json!({}) }).await,
            409,
            &[],
            path,
        );
    }

    let events = carts.event(&id, added + 3).await;
    let sequences: Vec<i64> = events.iter().map(|event| number(&event["sequence"])).collect();
    assert_eq!(sequences, (1..=added + 3).collect::<Vec<i64>>(), "each change once and in order");
    let types: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!((types[0], types[types.len() - 1]), ("CartCreated", "CartCheckedOut"));
    assert_eq!(types.iter().filter(|kind| **kind == "ItemsAddedToCart").count(), types.len() - 2);
    let mut total = 0;
    for event in &events {
        total += number(&event["data"]["delta"]["quantity"]);
        assert_eq!(event["data"]["total"]["quantity"], total, "delta and total agree: {event}");
    }
}

/// Puts an item into the outbox beside the API, as a faulty writer would.
pub async fn put(carts: &Deployed<'_>, item: &[(&str, AttributeValue)]) {
    let item: HashMap<String, AttributeValue> =
        item.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let request = carts.clients.dynamodb().put_item().table_name(carts.output("OutboxTable"));
    request.set_item(Some(item)).send().await.expect("written");
}

pub fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

pub fn whole(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The record that a document of the function's own failures carries.
pub fn payload(failure: &Value) -> Value {
    let bytes = STANDARD.decode(failure["payload"].as_str().expect("a payload")).expect("base64");
    serde_json::from_slice(&bytes).expect("the record")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_record_is_stored_and_does_not_block_others() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let carts = &deployed(&stack).await;
    put(carts, &[("aggregate_id", text("poison 🧪")), ("sequence", whole(1)), ("note", text("not an outbox item"))])
        .await;
    let after = new_cart(carts).await;
    carts.event(&after, 1).await;
    let failure = eventually("the poison in the failure bucket", async || {
        carts
            .failures("publisher/")
            .await
            .into_iter()
            .find(|failure| payload(failure)["dynamodb"]["Keys"]["aggregate_id"]["S"] == "poison 🧪")
    })
    .await;
    assert_eq!(failure["reason"]["code"], "NotAnOutboxItem", "{failure}");
    assert_eq!(payload(&failure)["dynamodb"]["NewImage"]["note"]["S"], "not an outbox item");
    assert_eq!(failure["source"]["streamArn"], carts.output("OutboxStreamArn"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_removed_by_time_to_live_is_not_an_event() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let carts = &deployed(&stack).await;
    let (cart, id) = (Uuid::new_v4().to_string(), Uuid::now_v7().to_string());
    let now = chrono::Utc::now();
    let delivered = [
        ("aggregate_id", text(&cart)),
        ("sequence", whole(1)),
        ("id", text(&id)),
        ("aggregate_type", text("cart")),
        ("event_type", text("CartCreated")),
        ("payload", text("{}")),
        ("schema_version", whole(1)),
        ("created_at", text(&now.to_rfc3339())),
        // Over in a moment.
        ("expires_at", whole(now.timestamp() + 3)),
    ];
    put(carts, &delivered).await;
    carts.event(&cart, 1).await;
    // The stream shows the removal and the principal that made it.
    let filter = format!("record.expired && record.keys.aggregate_id=='{cart}'");
    let tail = ["tail", "dynamodb", "--pipeline", carts.name, "--from", "start", "--count", "1", "--where", &filter];
    let output = carts.stack.run(&[&tail[..], &["--idle-timeout", "110", "--output", "ndjson"]].concat());
    let lines = String::from_utf8(output.stdout).expect("text");
    let mut parsed = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let removal = parsed.find(|line| line["type"] == "item").unwrap_or_else(|| panic!("no item: {lines}"));
    assert_eq!((&removal["hop"], &removal["content"]), (&json!("stream"), &json!("data")), "{lines}");
    assert_eq!(
        (&removal["record"]["operation"], &removal["record"]["new"]),
        (&json!("REMOVE"), &Value::Null),
        "{lines}"
    );
    // Later events arrive; the removal has caused neither an event nor a failure.
    let after = new_cart(carts).await;
    carts.event(&after, 1).await;
    assert_eq!(carts.event(&cart, 1).await.len(), 1);
    let failed = carts.failures("publisher/").await;
    assert!(
        failed.iter().all(|failure| payload(failure)["dynamodb"]["Keys"]["aggregate_id"]["S"] != cart),
        "{failed:?}"
    );
}
