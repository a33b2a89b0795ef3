//! `dynamodb-kinesis`: orders that may be sent again.

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{assert_problem, names_the_wrong_fields, refuses_invalid_requests, stack};
use crate::support::api::{Deployed, Reply};
use crate::support::stack::Stack;

/// Held by each test of this pipeline: they count what arrives.
pub static TURN: Mutex<()> = Mutex::const_new(());

pub async fn deployed(stack: &Stack) -> Deployed<'_> {
    Deployed::on(stack, "dynamodb-kinesis").await
}

fn order(quantity: i64) -> Value {
    json!({ "customerId": "zákazník", "currency": "EUR", "items": [{ "sku": "s", "quantity": quantity, "unitPrice": 5 }] })
}

async fn send(orders: &Deployed<'_>, key: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json"), ("idempotency-key", key)];
    orders.send("POST", "/orders", &headers, body.to_string()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_requests_of_the_api() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let orders = &deployed(&stack).await;
    let key = [("idempotency-key", "refused")];
    refuses_invalid_requests(orders, "POST", "/orders", &key).await;
    let wrong: &[_] = &[
        (json!({}), &["#/currency", "#/customerId", "#/items"][..]),
        (order(0), &["#/items/0/quantity"]),
        (order(10_001), &["#/items/0/quantity"]),
        (order(i64::MIN), &["#/items/0/quantity"]),
    ];
    names_the_wrong_fields(orders, ("POST", "/orders"), &key, wrong).await;
    for bad in ["", "a b", &"k".repeat(129)] {
        assert_problem(&send(orders, bad, &order(1)).await, 400, &[], bad);
    }
    assert_problem(&orders.json("POST", "/orders", &order(1)).await, 400, &[], "no key");
    let reply = orders.json("PUT", "/orders", &order(1)).await;
    assert_problem(&reply, 405, &[], "PUT /orders");
    assert_eq!(reply.allow.as_deref(), Some("POST"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_has_the_same_answer_and_one_event() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let orders = &deployed(&stack).await;
    let key = "retry-1";
    // At the same time, as an fail_fast client does; then again, later.
    let (body, written_otherwise) = (
        order(3),
        json!({ "items": [{ "unitPrice": 5.0, "quantity": 3, "sku": "s" }], "currency": "EUR", "customerId": " zákazník " }),
    );
    let together = futures_util::future::join_all((0..6).map(|_| send(orders, key, &body))).await;
    let later = send(orders, key, &written_otherwise).await;
    let first = &together[0];
    for reply in together.iter().chain([&later]) {
        assert_eq!((reply.status, &reply.body), (201, &first.body), "{}", reply.text);
    }
    assert_problem(&send(orders, key, &order(4)).await, 422, &[], "the key of another order");
    let other = send(orders, "retry-2", &order(4)).await;
    let id = |reply: &Reply| reply.body["id"].as_str().expect("an id").to_owned();
    // Once the later one has arrived, everything before it has, too.
    orders.event(&id(&other), 1).await;
    let events = orders.event(&id(first), 1).await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!((&events[0]["id"], &events[0]["data"]["total"]["quantity"]), (&first.body["eventId"], &json!(3)));
}
