//! The DynamoDB routes, on tables in memory.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use outboxctl_test_support::dynamodb::{FakeDynamoDb, Mode};
use outboxctl_test_support::schemas::Api;
use serde_json::{Value, json};
use uuid::Uuid;

use super::events::Published;
use super::{check_answer, deadline, request, unreadable, variants};
use crate::aws::dynamodb::Outbox;
use crate::functions::api::aggregates::Aggregates;
use crate::functions::api::{cart, orders, users};

/// A function of the API.
enum Function {
    Orders(orders::Handler),
    Cart(cart::Handler),
    Users(users::Handler),
}

/// A function with its tables and its contract.
struct Bench {
    fake: FakeDynamoDb,
    function: Function,
    api: Api,
}

impl Bench {
    async fn new(name: &str) -> Self {
        let fake = FakeDynamoDb::default();
        let client = fake.client().await;
        let outbox = Outbox::new(client.clone(), "outbox".into(), Duration::from_secs(60));
        let function = match name {
            "orders" => Function::Orders(orders::Handler::new(Aggregates::new(client, "orders".into(), outbox))),
            "cart" => Function::Cart(cart::Handler::new(Aggregates::new(client, "carts".into(), outbox))),
            "users" => Function::Users(users::Handler::new(client, "users".into())),
            other => panic!("{other}"),
        };
        Self { fake, function, api: Api::load(&format!("openapi/{name}.json")) }
    }

    async fn answer(&self, request: &ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        match &self.function {
            Function::Orders(function) => function.handle(request, deadline()).await,
            Function::Cart(function) => function.handle(request, deadline()).await,
            Function::Users(function) => function.handle(request, deadline()).await,
        }
    }

    /// Sends a request; `template` is the documented path, `id` replaces `{id}`.
    async fn ask(&mut self, (method, template): (&str, &str), id: &str, body: &Value) -> (u16, Value) {
        let text = (!body.is_null()).then(|| body.to_string());
        self.ask_as((method, template), id, text.as_deref(), |_| {}).await
    }

    async fn ask_as(
        &mut self,
        (method, template): (&str, &str),
        id: &str,
        body: Option<&str>,
        edit: impl FnOnce(&mut Value),
    ) -> (u16, Value) {
        let request = request(method, &template.replace("{id}", id), body, edit);
        let response = self.answer(&request).await;
        check_answer(&mut self.api, (method, template), response)
    }

    /// Checks the answers to unreadable and invalid bodies, and while the table is busy or access is denied.
    async fn refusals(&mut self, route: (&str, &str), id: &str, good: &Value) {
        if !good.is_null() {
            for (status, body, kind) in unreadable() {
                let answer = self.ask_as(route, id, Some(&body), |r| r["headers"]["content-type"] = kind.into()).await;
                assert_eq!(answer.0, status, "{route:?} {}", &body[..body.len().min(50)]);
            }
            let (bad, edge) = variants(&self.api.request(route.1, route.0), good);
            for body in bad {
                assert!(!self.api.allows(route.1, route.0, &body), "{route:?}: documented as good: {body}");
                let (status, answer) = self.ask_as(route, id, Some(&body.to_string()), fresh).await;
                assert!(status == 422 && answer["errors"].is_array(), "{route:?} {body}: {answer}");
            }
            for body in edge {
                assert!(self.api.allows(route.1, route.0, &body), "{route:?}: documented as bad: {body}");
                let (status, answer) = self.ask_as(route, id, Some(&body.to_string()), fresh).await;
                // Each field is well formed, but the change may conflict with the state.
                let unfit = answer["errors"].as_array().is_none_or(|all| all.iter().all(|e| e["pointer"] == "#/items"));
                assert!(matches!(status, 200 | 201 | 409) || (status == 422 && unfit), "{route:?} {body}: {answer}");
            }
        }
        for (mode, status) in [(Mode::Busy, 503), (Mode::Denying, 500)] {
            self.fake.set_mode(mode);
            assert_eq!(self.ask(route, id, good).await.0, status, "{route:?} {mode:?}");
        }
        self.fake.set_mode(Mode::Normal);
    }
}

/// Sets a key that no earlier request had.
fn fresh(request: &mut Value) {
    request["headers"]["idempotency-key"] = Uuid::new_v4().to_string().into();
}

const STALE: i64 = 2_000_000;

#[tokio::test]
async fn orders() {
    let mut bench = Bench::new("orders").await;
    let good = json!({
        "customerId": "c-1", "currency": "EUR", "items": [{"sku": "a", "quantity": 2, "unitPrice": 150}],
    });
    let route = ("post", "/orders");
    let (status, first) = bench.ask(route, "", &good).await;
    assert_eq!(status, 201);
    assert_eq!(bench.ask(route, "", &good).await, (201, first.clone()), "the same key, the same answer");
    let mut other = good.clone();
    other["currency"] = "USD".into();
    assert_eq!(bench.ask(route, "", &other).await.0, 422, "the same key, another body");
    let keyless = |r: &mut Value| drop(r["headers"].as_object_mut().unwrap().remove("idempotency-key"));
    assert_eq!(bench.ask_as(route, "", Some(&good.to_string()), keyless).await.0, 400);
    bench.refusals(route, "", &good).await;
    bench.api.finish();

    let published = Published::of_outbox(&bench.fake.changes("outbox"));
    assert_eq!(published.first().unwrap().event["id"], first["eventId"]);
    assert_eq!(published.first().unwrap().event["data"]["correlationId"], "c");
    assert_eq!(Published::types(&published), BTreeSet::from(["urn:outbox:order:OrderCreated:1".to_owned()]));
}

#[tokio::test]
async fn carts() {
    let mut bench = Bench::new("cart").await;
    let new = json!({"customerId": "c-1", "currency": "EUR"});
    let items = json!({"items": [{"sku": "a", "quantity": 1, "unitPrice": 150}], "version": null});
    let (create, read) = (("post", "/cart"), ("get", "/cart/{id}"));
    let (add, check_out) = (("put", "/cart/{id}/add-items"), ("put", "/cart/{id}/checkout"));
    let (status, cart) = bench.ask(create, "", &new).await;
    assert_eq!(status, 201);
    let id = cart["id"].as_str().unwrap().to_owned();
    assert_eq!(bench.ask(add, &id, &items).await.0, 200);
    assert_eq!(bench.ask(read, &id, &Value::Null).await.0, 200);
    for route in [read, add, check_out] {
        let body = if route == add { items.clone() } else { Value::Null };
        for missing in ["no-id", "0198a6a0-0000-7000-8000-000000000001"] {
            assert_eq!(bench.ask(route, missing, &body).await.0, 404);
        }
    }
    let mut stale = items.clone();
    stale["version"] = STALE.into();
    assert_eq!(bench.ask(add, &id, &stale).await.0, 409);
    assert_eq!(bench.ask(check_out, &id, &json!({"version": STALE})).await.0, 409);
    bench.refusals(create, "", &new).await;
    bench.refusals(add, &id, &items).await;
    bench.refusals(read, &id, &Value::Null).await;
    bench.refusals(check_out, &id, &json!({"version": null})).await;
    assert_eq!(bench.ask(check_out, &id, &json!({"version": null})).await.0, 200);
    assert_eq!(bench.ask(check_out, &id, &Value::Null).await.0, 409, "once");
    assert_eq!(bench.ask(add, &id, &items).await.0, 409, "it changes no more");
    let other = bench.ask(create, "", &new).await.1["id"].as_str().unwrap().to_owned();
    assert_eq!(bench.ask(check_out, &other, &Value::Null).await.0, 409, "it is empty");
    bench.ask(add, &other, &items).await;
    let (status, last) = bench.ask(check_out, &other, &Value::Null).await;
    assert_eq!((status, &last["status"]), (200, &json!("checkedOut")));
    bench.api.finish();

    let published = Published::of_outbox(&bench.fake.changes("outbox"));
    assert_eq!(published.last().unwrap().event["id"], last["eventId"]);
    let expected =
        ["CartCheckedOut", "CartCreated", "ItemsAddedToCart"].map(|kind| format!("urn:outbox:cart:{kind}:1"));
    assert_eq!(Published::types(&published), BTreeSet::from(expected));
}

#[tokio::test]
async fn users() {
    let mut bench = Bench::new("users").await;
    let new = json!({"name": "Zoë", "email": "zoe@example.org", "phone": "1", "plan": "free"});
    let (create, replace, delete) = (("post", "/users"), ("put", "/users/{id}"), ("delete", "/users/{id}"));
    let (status, user) = bench.ask(create, "", &new).await;
    assert_eq!(status, 201);
    let id = user["id"].as_str().unwrap().to_owned();
    let with = |name: &str, value: Value| {
        let mut body = new.clone();
        body[name] = value;
        body
    };
    let (status, same) = bench.ask(replace, &id, &new).await;
    assert_eq!((status, &same["eventId"]), (200, &Value::Null), "nothing changed");
    assert_eq!(bench.ask(replace, &id, &with("plan", json!("pro"))).await.0, 200);
    assert_eq!(bench.ask(replace, &id, &with("phone", Value::Null)).await.0, 200);
    assert_eq!(bench.ask(replace, &id, &with("version", STALE.into())).await.0, 409);
    for missing in ["no-id", "0198a6a0-0000-7000-8000-000000000001"] {
        assert_eq!(bench.ask(replace, missing, &new).await.0, 404);
        assert_eq!(bench.ask(delete, missing, &Value::Null).await.0, 404);
    }
    bench.refusals(create, "", &new).await;
    bench.refusals(replace, &id, &with("version", Value::Null)).await;
    bench.refusals(delete, &id, &Value::Null).await;
    assert_eq!(bench.ask(delete, &id, &Value::Null).await.0, 204);
    assert_eq!(bench.ask(delete, &id, &Value::Null).await.0, 404);
    bench.api.finish();

    for personal in ["name,email,phone", ""] {
        let published = Published::of_users(&bench.fake.changes("users"), personal);
        assert_eq!(published.first().unwrap().event["id"], user["eventId"], "the id that the answer foretold");
        let expected = ["Created", "Deleted", "Updated"].map(|kind| format!("urn:outbox:user:User{kind}:1"));
        assert_eq!(Published::types(&published), BTreeSet::from(expected));
    }
}
