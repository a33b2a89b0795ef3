//! The cart's routes: `POST /cart`, `PUT /cart/{id}/add-items`, `PUT /cart/{id}/checkout`, `GET /cart/{id}`.
//!
//! Every change is based on the cart as it was read, and is committed on the condition that the cart's `version` is
//! unchanged: of two concurrent changes one is repeated on the result of the other. A caller that passes the version it
//! has read gets 409 instead.

mod state;

use std::time::{Instant, SystemTime};

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use self::state::{Cart, EventData};
use super::aggregates::Aggregates;
use super::fields::Fields;
use super::lines;
use super::orders::currency;
use super::problem::{Problem, json as json_response};
use super::request::{body, correlation_id, optional_body, parts_after, traceparent};
use super::store;
use crate::aws::dynamodb::attributes::{number, text};

const MAX_CUSTOMER: usize = 64;

type Answer = std::result::Result<(StatusCode, Value), Problem>;

pub struct Handler {
    aggregates: Aggregates,
}

/// A requested change of a cart, with the version that the caller names.
struct Request {
    change: Change,
    version: Option<i64>,
}

enum Change {
    Add(lines::Lines),
    CheckOut,
}

impl Handler {
    pub fn new(aggregates: Aggregates) -> Self {
        Self { aggregates }
    }

    /// Handles a request; `deadline` is the time at which Lambda ends the invocation.
    pub async fn handle(&self, request: &ApiGatewayV2httpRequest, deadline: SystemTime) -> ApiGatewayV2httpResponse {
        let parts = parts_after(request, "cart");
        let method = &request.request_context.http.method;
        let answer = match (parts.as_deref(), method) {
            (Some([]), &Method::POST) => self.create(request, deadline).await,
            (Some([]), _) => Err(Problem::method_not_allowed("POST")),
            (Some([id]), &Method::GET) => self.read(id).await.map(|cart| (StatusCode::OK, cart.view())),
            (Some([_]), _) => Err(Problem::method_not_allowed("GET")),
            (Some([id, "add-items"]), &Method::PUT) => self.change(id, add_items(request), request, deadline).await,
            (Some([id, "checkout"]), &Method::PUT) => self.change(id, check_out(request), request, deadline).await,
            (Some([_, "add-items" | "checkout"]), _) => Err(Problem::method_not_allowed("PUT")),
            _ => Err(Problem::not_found("no resource at this path")),
        };
        match answer {
            Ok((status, body)) => json_response(status, "application/json", &body),
            Err(problem) => problem.into(),
        }
    }

    async fn create(&self, request: &ApiGatewayV2httpRequest, deadline: SystemTime) -> Answer {
        let mut fields = Fields::new(body(request)?);
        let (customer_id, currency) = (fields.text("customerId", MAX_CUSTOMER), currency(&mut fields));
        fields.finish()?;
        let (cart, event) = Cart::create(Uuid::now_v7().to_string(), customer_id, currency);
        match self.commit(&cart, event, request, store::request_deadline(deadline)).await? {
            Some(event_id) => Ok((StatusCode::CREATED, answer(&cart, event_id))),
            // The random id is in use.
            None => Err(Problem::internal()),
        }
    }

    /// Returns the cart as last committed.
    async fn read(&self, id: &str) -> std::result::Result<Cart, Problem> {
        let item = self.aggregates.get(id).await?.ok_or_else(|| Problem::not_found("cart not found"))?;
        Ok(Cart::from_item(&item).ok_or_else(|| self.aggregates.unreadable())?)
    }

    async fn change(
        &self,
        id: &str,
        wanted: std::result::Result<Request, Problem>,
        request: &ApiGatewayV2httpRequest,
        deadline: SystemTime,
    ) -> Answer {
        let (wanted, deadline) = (wanted?, store::request_deadline(deadline));
        loop {
            let cart = self.read(id).await?;
            store::expect_version("cart", cart.version, wanted.version)?;
            let (cart, event) = match &wanted.change {
                Change::Add(lines) => cart.add(lines)?,
                Change::CheckOut => cart.check_out()?,
            };
            if let Some(event_id) = self.commit(&cart, event, request, deadline).await? {
                return Ok((StatusCode::OK, answer(&cart, event_id)));
            }
            store::pause_until(deadline, "cart").await?;
        }
    }

    /// Returns the event's id; `None` if the cart has changed since it was read: nothing was written.
    async fn commit(
        &self,
        cart: &Cart,
        (event_type, data): EventData,
        request: &ApiGatewayV2httpRequest,
        deadline: Instant,
    ) -> std::result::Result<Option<Uuid>, Problem> {
        let correlation = correlation_id(request)?;
        let (aggregate, kind) = (("cart", cart.id.as_str()), (event_type, cart.version));
        let event = store::event(aggregate, kind, data, correlation.as_deref(), &traceparent(request))?;
        let put = self.aggregates.put(cart.to_item());
        let put = if cart.version == 1 {
            put.condition_expression("attribute_not_exists(id)")
        } else {
            // The version alone would do; the status is also checked because a checked-out cart must never change.
            put.condition_expression("#version = :read AND #status = :open")
                .expression_attribute_names("#version", "version")
                .expression_attribute_names("#status", "status")
                .expression_attribute_values(":read", number(cart.version - 1))
                .expression_attribute_values(":open", text(state::Status::Open.name()))
        };
        Ok(self.aggregates.commit(put, &event, deadline).await?.then_some(event.id))
    }
}

fn answer(cart: &Cart, event_id: Uuid) -> Value {
    let mut view = cart.view();
    view["eventId"] = json!(event_id);
    view
}

fn add_items(request: &ApiGatewayV2httpRequest) -> std::result::Result<Request, Problem> {
    let mut fields = Fields::new(body(request)?);
    let wanted = Request { change: Change::Add(lines::take(&mut fields)), version: version(&mut fields) };
    fields.finish().map(|()| wanted)
}

fn check_out(request: &ApiGatewayV2httpRequest) -> std::result::Result<Request, Problem> {
    let mut fields = Fields::new(optional_body(request)?);
    let wanted = Request { change: Change::CheckOut, version: version(&mut fields) };
    fields.finish().map(|()| wanted)
}

fn version(fields: &mut Fields) -> Option<i64> {
    fields.optional_integer("version", 1..=i32::MAX).map(i64::from)
}
