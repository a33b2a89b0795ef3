//! DynamoDB's outbox, read from a table whose scans have an arbitrary order.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::*;
use crate::outbox::derived_id;

const EVENTS: i64 = 12;
const AGGREGATES: [&str; 3] = ["a", "b", "c"];
/// Items per page of a scan.
const PAGE: usize = 7;

/// Items in the order of a scan.
fn items() -> Vec<Value> {
    let mut keys: Vec<(String, &str)> =
        (1..=EVENTS).flat_map(|sequence| AGGREGATES.map(|id| (sequence.to_string(), id))).collect();
    // Numbers as text, aggregates mixed: 1, 10, 11, 12, 2 and so on.
    keys.sort();
    let item = |(sequence, id): (String, &str)| {
        json!({
            "id": {"S": derived_id(&[id, &sequence])},
            "aggregate_type": {"S": "cart"}, "aggregate_id": {"S": id}, "sequence": {"N": sequence},
            "event_type": {"S": "CartCreated"}, "payload": {"S": "{}"}, "created_at": {"S": "2026-11-21T06:00:00Z"},
        })
    };
    let mut items: Vec<Value> = keys.into_iter().map(item).collect();
    items.insert(5, json!({"aggregate_id": {"S": "broken"}, "sequence": {"N": "1"}}));
    items
}

fn key(item: &Value) -> Value {
    json!({ "aggregate_id": item["aggregate_id"], "sequence": item["sequence"] })
}

async fn answer(State(items): State<Arc<Vec<Value>>>, headers: HeaderMap, body: String) -> Json<Value> {
    let input: Value = serde_json::from_str(&body).expect("JSON");
    assert!(headers["x-amz-target"].to_str().expect("text").ends_with(".Scan"), "{input}");
    let start = &input["ExclusiveStartKey"];
    let from = items.iter().position(|item| key(item) == *start).map_or(0, |at| at + 1);
    let page: Vec<&Value> = items.iter().skip(from).take(PAGE).collect();
    let last = (from + page.len() < items.len()).then(|| key(page[page.len() - 1]));
    Json(match last {
        Some(last) => json!({ "Items": page, "LastEvaluatedKey": last }),
        None => json!({ "Items": page }),
    })
}

async fn outbox() -> Outbox {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let app = Router::new().route("/", post(answer)).with_state(Arc::new(items()));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let clients = Clients::for_test(url);
    Outbox::DynamoDb { clients: Box::new(clients), table: "outbox".into() }
}

/// Reads everything from a position on; also returns how many items could not be read.
async fn rest(outbox: &mut Outbox, position: Position) -> (Vec<Message>, u64) {
    let mut reader = outbox.read_in_order(Filter::default(), position);
    let mut messages = Vec::new();
    while let Some(page) = reader.next().await.expect("a page") {
        messages.extend(page);
    }
    (messages, reader.unreadable)
}

#[tokio::test]
async fn each_aggregate_is_in_order_independent_of_the_scan() {
    let mut outbox = outbox().await;
    let (messages, unreadable) = rest(&mut outbox, Position::Start).await;
    let mut sequences: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    messages.iter().for_each(|m| sequences.entry(&m.aggregate_id).or_default().push(m.sequence.expect("a sequence")));
    let whole: Vec<i64> = (1..=EVENTS).collect();
    assert_eq!(sequences, AGGREGATES.map(|id| (id, whole.clone())).into());
    assert_eq!(unreadable, 1);

    // Another process that continues from any position reads the later events, and only those.
    let ids = |messages: &[Message]| messages.iter().map(|message| message.id).collect::<Vec<_>>();
    for at in [0, 11, 20, messages.len() - 1] {
        let (after, _) = rest(&mut outbox, Position::Sorted(sorted::key(&messages[at]))).await;
        assert_eq!(ids(&after), ids(&messages[at + 1..]), "from {at}");
    }
}

#[tokio::test]
async fn reading_without_order_gives_each_item_once() {
    let mut outbox = outbox().await;
    let mut reader = outbox.read(Filter::default());
    let mut seen = HashSet::new();
    while let Some(page) = reader.next().await.expect("a page") {
        page.iter().for_each(|message| assert!(seen.insert(message.id)));
    }
    assert_eq!((seen.len(), reader.unreadable), (AGGREGATES.len() * EVENTS as usize, 1));
}
