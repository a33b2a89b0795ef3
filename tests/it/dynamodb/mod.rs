//! The DynamoDB pipelines, live: through their APIs, their real functions, and the streams as Lambda polls them.

mod carts;
mod mapping;
mod orders;
mod sixth;
mod users;

use std::sync::Arc;

use serde_json::Value;

use crate::support::api::{Deployed, Reply};
use crate::support::shared::Shared;
use crate::support::stack::Stack;

static STACK: Shared = Shared::new();

/// Returns the stack of these tests, with all three pipelines. Tests of different pipelines run at the same time.
fn stack() -> Arc<Stack> {
    STACK.up("dynamodb", |stack| {
        for pipeline in ["dynamodb-eventbridge", "dynamodb-cdc", "dynamodb-kinesis"] {
            stack.ok(&["deploy", "--yes", "--pipeline", pipeline]);
        }
    })
}

/// Asserts that the response is a problem (RFC 9457) with this status and these fields (sorted), without internal details.
fn assert_problem(reply: &Reply, status: u16, pointers: &[&str], of: &str) {
    let said = format!("{of}: {} {} {}", reply.status, reply.content_type, reply.text);
    assert_eq!((reply.status, reply.content_type.as_str()), (status, "application/problem+json"), "{said}");
    assert_eq!(reply.body["status"], status, "{said}");
    for member in ["type", "title", "detail"] {
        assert!(reply.body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {said}");
    }
    let named = reply.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut named: Vec<&str> = named.iter().filter_map(|error| error["pointer"].as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, pointers, "{said}");
    for inside in ["dynamodb", "DynamoDB", "panicked", "src/", "arn:"] {
        assert!(!reply.text.contains(inside), "{inside}: {said}");
    }
}

/// Requests that every route refuses, on a route that accepts a body.
async fn refuses_invalid_requests(of: &Deployed<'_>, method: &str, path: &str, headers: &[(&str, &str)]) {
    let json = ("content-type", "application/json");
    let with = |kind: (&'static str, &'static str)| headers.iter().copied().chain([kind]).collect::<Vec<_>>();
    for (kind, body, status) in [
        (("content-type", "text/plain"), "{}".to_owned(), 415),
        (("content-type", "application/x-www-form-urlencoded"), "a=b".to_owned(), 415),
        (json, String::new(), 400),
        (json, "{".to_owned(), 400),
        (json, "[]".to_owned(), 400),
        (json, "\u{1F697}".to_owned(), 400),
        (json, format!("{{\"a\":\"{}\"}}", "x".repeat(128 * 1024)), 413),
    ] {
        let shown = format!("{method} {path} {} {:.20}", kind.1, body);
        assert_problem(&of.send(method, path, &with(kind), body).await, status, &[], &shown);
    }
}

/// One case: a body, and the fields that are wrong in it.
type Wrong = (Value, &'static [&'static str]);

async fn names_the_wrong_fields(
    of: &Deployed<'_>,
    (method, path): (&str, &str),
    headers: &[(&str, &str)],
    cases: &[Wrong],
) {
    for (body, pointers) in cases {
        let mut all = vec![("content-type", "application/json")];
        all.extend(headers);
        let reply = of.send(method, path, &all, body.to_string()).await;
        assert_problem(&reply, 422, pointers, &format!("{method} {path} {body}"));
    }
}
