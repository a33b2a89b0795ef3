//! `dynamodb-cdc`: a plain table whose changes are the events.

use std::collections::HashMap;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::carts::{payload, text, whole};
use super::{assert_problem, names_the_wrong_fields, refuses_invalid_requests, stack};
use crate::support::api::{Deployed, eventually, number};
use crate::support::stack::Stack;

/// Held by each test of this pipeline: they count what arrives.
pub static TURN: Mutex<()> = Mutex::const_new(());

pub async fn deployed(stack: &Stack) -> Deployed<'_> {
    Deployed::on(stack, "dynamodb-cdc").await
}

/// Values that must not be in any event or log.
const SECRET: &str = "secret-5f3a";

fn user(plan: &str, phone: Option<&str>) -> Value {
    json!({ "name": format!("{SECRET} Žofie"), "email": format!("{SECRET}@example.com"), "phone": phone, "plan": plan })
}

pub async fn new_user(users: &Deployed<'_>, plan: &str) -> String {
    let reply = users.json("POST", "/users", &user(plan, None)).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_requests_of_the_api() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let users = &deployed(&stack).await;
    let id = new_user(users, "free").await;
    let one = format!("/users/{id}");
    refuses_invalid_requests(users, "POST", "/users", &[]).await;
    refuses_invalid_requests(users, "PUT", &one, &[]).await;
    let wrong: &[_] = &[
        (json!({}), &["#/email", "#/name", "#/plan"][..]),
        (json!({ "name": "n", "email": "nobody", "plan": "p" }), &["#/email"]),
        (
            json!({ "name": "n".repeat(201), "email": "a@b", "plan": "p", "phone": "1".repeat(33) }),
            &["#/name", "#/phone"],
        ),
        (json!({ "name": "\u{202e}", "email": "a @b", "plan": ["p"] }), &["#/email", "#/plan"]),
    ];
    names_the_wrong_fields(users, ("POST", "/users"), &[], &wrong[..3]).await;
    names_the_wrong_fields(users, ("PUT", &one), &[], wrong).await;
    let stale = json!({ "name": "n", "email": "a@b", "plan": "p", "version": 7 });
    assert_problem(&users.json("PUT", &one, &stale).await, 409, &[], "a version that is not there");
    assert_problem(&users.json("PUT", "/users/missing", &user("free", None)).await, 404, &[], "/users/missing");
    for (method, path, allowed) in [("GET", "/users", "POST"), ("POST", one.as_str(), "PUT, DELETE")] {
        let reply = users.json(method, path, &json!({})).await;
        assert_problem(&reply, 405, &[], &format!("{method} {path}"));
        assert_eq!(reply.allow.as_deref(), Some(allowed), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_changes_have_no_personal_data() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let users = &deployed(&stack).await;
    let id = new_user(users, "free").await;
    let path = format!("/users/{id}");
    assert_eq!(users.json("PUT", &path, &user("pro", None)).await.body["version"], 2);
    // A repeated request changes and publishes nothing; then only personal data changes.
    let same = users.json("PUT", &path, &user("pro", None)).await;
    assert_eq!((&same.body["version"], &same.body["eventId"]), (&json!(2), &Value::Null), "{}", same.text);
    assert_eq!(users.json("PUT", &path, &user("pro", Some("+420 123"))).await.body["version"], 3);
    assert_eq!(users.send("DELETE", &path, &[], "").await.status, 204);
    assert_problem(&users.send("DELETE", &path, &[], "").await, 404, &[], "deleted twice");

    let events = users.event(&id, 4).await;
    let types: Vec<(i64, &str)> =
        events.iter().map(|event| (number(&event["sequence"]), event["type"].as_str().expect("a type"))).collect();
    assert_eq!(types, [(1, "UserCreated"), (2, "UserUpdated"), (3, "UserUpdated"), (4, "UserDeleted")]);
    assert_eq!(events[0]["data"], json!({ "id": id, "plan": "free" }));
    assert_eq!(events[1]["data"]["changes"], json!({ "plan": { "old": "free", "new": "pro" } }));
    assert_eq!((&events[2]["data"]["changes"], &events[2]["data"]["personalChanged"]), (&json!({}), &json!(true)));
    assert_eq!(events[3]["data"], json!({ "id": id }));
    let text = serde_json::to_string(&events).expect("JSON");
    for personal in [SECRET, "+420", "Žofie"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    // The consumer behind the rule took each in once.
    eventually("the consumer's inbox", async || {
        let inbox = users.clients.dynamodb().scan().table_name(inbox(users).await).send().await.expect("the inbox");
        let known = |event: &Value| {
            inbox
                .items()
                .iter()
                .any(|item| item["event_id"].as_s().ok() == event["id"].as_str().map(str::to_owned).as_ref())
        };
        events.iter().all(known).then_some(())
    })
    .await;
    assert_logs_are_silent(users).await;
}

async fn inbox(users: &Deployed<'_>) -> String {
    let resources = users
        .clients
        .cloudformation()
        .describe_stack_resources()
        .stack_name("outboxctl-dev-dynamodb-cdc-receiver")
        .send();
    let resources = resources.await.expect("the receiver's resources");
    let inbox = resources.stack_resources().iter().find(|resource| resource.logical_resource_id() == Some("Inbox"));
    inbox.and_then(|inbox| inbox.physical_resource_id()).expect("an inbox").to_owned()
}

async fn assert_logs_are_silent(users: &Deployed<'_>) {
    let groups =
        users.clients.logs().describe_log_groups().log_group_name_prefix("/aws/lambda/").send().await.expect("groups");
    let names: Vec<&str> = groups
        .log_groups()
        .iter()
        .filter_map(|group| group.log_group_name())
        .filter(|name| name.contains("dynamodb-cdc"))
        .collect();
    assert!(!names.is_empty(), "the functions have logs");
    for name in names {
        let page = users.clients.logs().filter_log_events().log_group_name(name).send().await.expect("a log");
        let leak = page.events().iter().filter_map(|event| event.message()).find(|line| line.contains(SECRET));
        assert_eq!(leak, None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poison_record_is_stored_and_does_not_block_others() {
    let _turn = TURN.lock().await;
    let stack = stack();
    let users = &deployed(&stack).await;
    let item: HashMap<_, _> =
        [("id".to_owned(), text("poison")), ("plan".to_owned(), text("no version")), ("n".to_owned(), whole(1))].into();
    let table = users.output("AggregateTable");
    users.clients.dynamodb().put_item().table_name(table).set_item(Some(item)).send().await.expect("written");
    let after = new_user(users, "after").await;
    users.event(&after, 1).await;
    let failure =
        eventually("the poison in the failure bucket", async || users.failures("publisher/").await.pop()).await;
    assert!(failure["reason"]["message"].as_str().is_some_and(|text| text.contains("version")), "{failure}");
    assert_eq!(payload(&failure)["dynamodb"]["NewImage"]["plan"]["S"], "no version");
}
