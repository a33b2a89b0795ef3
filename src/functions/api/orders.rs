//! `POST /orders`: an order and its `OrderCreated` event in one transaction, once for each Idempotency-Key.

use std::time::SystemTime;

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use chrono::SecondsFormat;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::aggregates::Aggregates;
use super::fields::Fields;
use super::lines::{self, Lines};
use super::problem::{Problem, json as json_response};
use super::request::{body, correlation_id, parts_after, token, traceparent};
use super::store;
use crate::aws::dynamodb::attributes::{self, Item, number, text, text_of};
use crate::outbox::derived_id;

const MAX_CUSTOMER: usize = 64;

pub struct Handler {
    aggregates: Aggregates,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct NewOrder {
    customer_id: String,
    currency: String,
    lines: Lines,
}

impl Handler {
    pub fn new(aggregates: Aggregates) -> Self {
        Self { aggregates }
    }

    /// Answers 201 with the order's and the event's id, the same for every request with the same key, or a problem.
    /// `deadline` is the time at which Lambda ends the invocation.
    pub async fn handle(&self, request: &ApiGatewayV2httpRequest, deadline: SystemTime) -> ApiGatewayV2httpResponse {
        match self.create(request, deadline).await {
            Ok(created) => json_response(StatusCode::CREATED, "application/json", &created),
            Err(problem) => problem.into(),
        }
    }

    async fn create(
        &self,
        request: &ApiGatewayV2httpRequest,
        deadline: SystemTime,
    ) -> std::result::Result<Value, Problem> {
        if parts_after(request, "orders").is_none_or(|rest| !rest.is_empty()) {
            return Err(Problem::not_found("no resource at this path"));
        }
        if request.request_context.http.method != Method::POST {
            return Err(Problem::method_not_allowed("POST"));
        }
        let key = token(request, "idempotency-key")?.ok_or_else(|| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "the header Idempotency-Key is missing; a retry of a request repeats its key",
            )
        })?;
        let (order, correlation) = (validate(body(request)?)?, correlation_id(request)?);
        let id = derived_id(&["order", &caller(request), &key]).to_string();
        let data = json!({
            "id": id, "customerId": order.customer_id, "currency": order.currency, "total": lines::summary(&order.lines),
        });
        let event =
            store::event(("order", &id), ("OrderCreated", 1), data, correlation.as_deref(), &traceparent(request))?;
        let item = item(&id, &order, event.id, event.committed_at.to_rfc3339_opts(SecondsFormat::Micros, true));
        let put = self.aggregates.put(item).condition_expression("attribute_not_exists(id)");
        match self.aggregates.commit(put, &event, store::request_deadline(deadline)).await? {
            true => Ok(json!({ "id": id, "eventId": event.id })),
            false => self.repeated(&id, &order).await,
        }
    }

    /// Answers for an existing order: as the first time, if the request is the same.
    async fn repeated(&self, id: &str, order: &NewOrder) -> std::result::Result<Value, Problem> {
        let there = self.aggregates.get(id).await?.ok_or_else(|| self.aggregates.unreadable())?;
        if text_of(&there, "request") != Some(fingerprint(order)) {
            let detail = "this Idempotency-Key was used with another body; a new order needs a new key";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        let event_id = text_of(&there, "event_id").ok_or_else(|| self.aggregates.unreadable())?;
        Ok(json!({ "id": id, "eventId": event_id }))
    }
}

/// Returns the caller, so that keys of different callers do not collide: the IAM principal without its session; empty
/// on an open API.
fn caller(request: &ApiGatewayV2httpRequest) -> String {
    let iam = request.request_context.authorizer.as_ref().and_then(|authorizer| authorizer.iam.as_ref());
    let id = iam.and_then(|iam| iam.caller_id.as_deref()).unwrap_or("");
    id.split(':').next().unwrap_or("").to_owned()
}

fn validate(body: Map<String, Value>) -> std::result::Result<NewOrder, Problem> {
    let mut fields = Fields::new(body);
    let order = NewOrder {
        customer_id: fields.text("customerId", MAX_CUSTOMER),
        currency: currency(&mut fields),
        lines: lines::take(&mut fields),
    };
    fields.finish().map(|()| order)
}

/// Reads a currency code in the form of ISO 4217.
pub fn currency(fields: &mut Fields) -> String {
    let code = fields.text("currency", 3);
    if !code.is_empty() && (code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase())) {
        fields.wrong("currency", "must be three capital letters (ISO 4217)");
    }
    code
}

/// Returns a hash of the request's content: two requests with the same content are equal, however they are written.
fn fingerprint(order: &NewOrder) -> String {
    let lines = lines::to_json(&order.lines).to_string();
    derived_id(&[&order.customer_id, &order.currency, &lines]).to_string()
}

fn item(id: &str, order: &NewOrder, event_id: Uuid, created_at: String) -> Item {
    let (_, amount) = lines::totals(&order.lines);
    attributes::item([
        ("id", text(id)),
        ("version", number(1)),
        ("customer_id", text(&order.customer_id)),
        ("currency", text(&order.currency)),
        ("items", lines::to_attribute(&order.lines)),
        ("amount", number(amount)),
        ("request", text(fingerprint(order))),
        ("event_id", text(event_id)),
        ("created_at", text(created_at)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_order_is_accepted() {
        // Each character takes two escapes of JSON.
        let sku = |n: usize| format!("{n:02}{}", "\\ud83d\\ude97".repeat(62));
        let line =
            |n| format!("{{\n    \"sku\": \"{}\",\n    \"quantity\": 10000,\n    \"unitPrice\": 100000000\n}}", sku(n));
        let lines: Vec<String> = (0..100).map(line).collect();
        let body = format!("{{\"customerId\": \"c\", \"currency\": \"EUR\", \"items\": [{}]}}", lines.join(","));
        let request = json!({
            "headers": {"content-type": "application/json"}, "requestContext": {"http": {"method": "POST"}}, "body": body,
        });
        let request: ApiGatewayV2httpRequest = serde_json::from_value(request).expect("a request");
        let order = validate(super::body(&request).expect("a body")).expect("an order");
        assert_eq!(order.lines.len(), 100);
    }
}
