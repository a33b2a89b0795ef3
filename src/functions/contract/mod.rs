//! Compares the functions with their contracts in `schema/`, in both directions: every answer of a route with its
//! OpenAPI document, and every resulting event with its JSON Schema.

mod events;
mod postgres;
mod routes;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use serde_json::{Value, json};

use outboxctl_test_support::schemas::Api;

/// Returns a request as API Gateway passes it; `None` for no body.
fn request(method: &str, path: &str, body: Option<&str>, edit: impl FnOnce(&mut Value)) -> ApiGatewayV2httpRequest {
    let mut event = json!({
        "version": "2.0", "routeKey": "", "rawPath": path, "rawQueryString": "",
        "headers": {"content-type": "application/json", "idempotency-key": "k", "x-correlation-id": "c"},
        "requestContext": {"http": {"method": method.to_uppercase(), "path": path}},
        "body": body, "isBase64Encoded": false,
    });
    edit(&mut event);
    serde_json::from_value(event).unwrap()
}

/// Returns the end of the invocation: soon, so that requests that wait for a busy table end soon.
fn deadline() -> SystemTime {
    SystemTime::now() + Duration::from_millis(600)
}

/// Checks an answer against the document; returns its status and body.
fn check_answer(api: &mut Api, (method, path): (&str, &str), response: ApiGatewayV2httpResponse) -> (u16, Value) {
    let status = u16::try_from(response.status_code).unwrap();
    let headers: BTreeMap<String, String> =
        response.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let body = response.body.map(|body| match body {
        Body::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    });
    api.check(path, method, status, &headers, body.as_ref());
    if status >= 400 {
        assert_eq!(body.as_ref().unwrap()["status"], status, "a problem repeats its status");
    }
    (status, body.unwrap_or_default())
}

/// Returns bodies that every route rejects: status, body and content type.
fn unreadable() -> Vec<(u16, String, &'static str)> {
    vec![
        (415, "{}".into(), "text/plain"),
        (413, format!("{{\"x\":\"{}\"}}", "x".repeat(140_000)), "application/json"),
        (400, "nonsense".into(), "application/json"),
        (422, r#"{"unknown field": 1}"#.into(), "application/json"),
    ]
}

/// Returns the good body with one value changed to an invalid one, each; and with numbers at their documented limits.
fn variants(schema: &Value, good: &Value) -> (Vec<Value>, Vec<Value>) {
    let (mut bad, mut edge) = (Vec::new(), Vec::new());
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in schema["properties"].as_object().unwrap() {
        let with = |value: Value| {
            let mut body = good.clone();
            body[name] = value;
            body
        };
        if required.contains(&name.as_str()) {
            let mut body = good.clone();
            body.as_object_mut().unwrap().remove(name);
            bad.push(body);
        }
        bad.push(with(json!({"not": "this"})));
        if let Some(longest) = property["maxLength"].as_u64() {
            bad.push(with(json!("x@".repeat(usize::try_from(longest).unwrap()))));
        }
        if property.get("minLength").is_some() {
            bad.push(with(json!("  ")));
        }
        if property["pattern"] == "^[A-Z]{3}$" {
            bad.extend([with(json!("eur")), with(json!("EURO"))]);
        }
        for (limit, step) in [("minimum", -1), ("maximum", 1)] {
            if let Some(limit) = property[limit].as_i64() {
                bad.push(with(json!(limit + step)));
                edge.push(with(json!(limit)));
            }
        }
        if let Some(most) = property["maxItems"].as_u64() {
            let each = |n| {
                let mut line = good[name][0].clone();
                line["sku"] = json!(format!("sku-{n}"));
                line
            };
            bad.extend([with((0..=most).map(each).collect()), with(json!([]))]);
            edge.push(with((0..most).map(each).collect()));
            let (lines, limits) = variants(&property["items"], &good[name][0]);
            bad.extend(lines.into_iter().map(|line| with(json!([line]))));
            edge.extend(limits.into_iter().map(|line| with(json!([line]))));
        }
    }
    (bad, edge)
}
