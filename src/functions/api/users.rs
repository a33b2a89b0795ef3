//! `POST /users`, `PUT /users/{id}`, `DELETE /users/{id}`: one table without an outbox; its changes become the events.

use std::time::{Instant, SystemTime};

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ReturnValue;
use chrono::SecondsFormat;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::fields::Fields;
use super::problem::{Problem, json as json_response};
use super::request::{body, correlation_id, parts_after, traceparent};
use super::store;
use crate::aws::Clients;
use crate::aws::dynamodb::attributes::{self, Item, number, number_of, text, text_of};
use crate::base::error::{CONDITION_FAILED, Result, sdk_code};
use crate::functions::environment::required;
use crate::outbox::formats::dynamodb::users::event_id;

const MAX_TEXT: usize = 200;

type Answer = std::result::Result<(StatusCode, Option<Value>), Problem>;

pub struct Handler {
    client: Client,
    table: String,
}

/// The user's own fields.
#[derive(Debug, Clone, PartialEq, Eq)]
struct User {
    name: String,
    email: String,
    phone: Option<String>,
    plan: String,
}

impl Handler {
    /// Reads `AGGREGATE_TABLE`.
    ///
    /// # Errors
    /// `Config`, naming the variable.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        Ok(Self::new(store::client(clients), required("AGGREGATE_TABLE")?))
    }

    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Handles a request; `deadline` is the time at which Lambda ends the invocation.
    pub async fn handle(&self, request: &ApiGatewayV2httpRequest, deadline: SystemTime) -> ApiGatewayV2httpResponse {
        let parts = parts_after(request, "users");
        let deadline = store::request_deadline(deadline);
        let answer = match (parts.as_deref(), &request.request_context.http.method) {
            (Some([]), &Method::POST) => self.create(request).await,
            (Some([]), _) => Err(Problem::method_not_allowed("POST")),
            (Some([id]), &Method::PUT) => self.replace(id, request, deadline).await,
            (Some([id]), &Method::DELETE) => self.delete(id).await,
            (Some([_]), _) => Err(Problem::method_not_allowed("PUT, DELETE")),
            _ => Err(Problem::not_found("no resource at this path")),
        };
        match answer {
            Ok((status, Some(body))) => json_response(status, "application/json", &body),
            Ok((status, None)) => {
                let mut response = ApiGatewayV2httpResponse::default();
                response.status_code = i64::from(status.as_u16());
                response
            }
            Err(problem) => problem.into(),
        }
    }

    async fn create(&self, request: &ApiGatewayV2httpRequest) -> Answer {
        let (user, _) = validate(body(request)?, false)?;
        let id = Uuid::now_v7().to_string();
        // `None`: the random id is in use.
        let change = self.put(&id, 1, &user, request).await?.ok_or_else(Problem::internal)?;
        Ok((StatusCode::CREATED, Some(self.answer(&id, 1, Some(("UserCreated", &change))))))
    }

    async fn replace(&self, id: &str, request: &ApiGatewayV2httpRequest, deadline: Instant) -> Answer {
        let (user, expected) = validate(body(request)?, true)?;
        loop {
            let item = store::get(&self.client, &self.table, id).await?.ok_or_else(user_not_found)?;
            let id = text_of(&item, "id").ok_or_else(|| store::unreadable(&self.table))?;
            let version: i64 = number_of(&item, "version").ok_or_else(|| store::unreadable(&self.table))?;
            store::expect_version("user", version, expected)?;
            if User::from_item(&item).as_ref() == Some(&user) {
                return Ok((StatusCode::OK, Some(self.answer(&id, version, None))));
            }
            if let Some(change) = self.put(&id, version + 1, &user, request).await? {
                return Ok((StatusCode::OK, Some(self.answer(&id, version + 1, Some(("UserUpdated", &change))))));
            }
            store::pause_until(deadline, "user").await?;
        }
    }

    async fn delete(&self, id: &str) -> Answer {
        let id = Uuid::parse_str(id).map_err(|_| user_not_found())?.to_string();
        let request = self.client.delete_item().table_name(&self.table).key("id", text(id));
        let deleted = request.return_values(ReturnValue::AllOld).send().await;
        let deleted = deleted.map_err(|error| store::failed(error, "write to", &self.table))?;
        // A repeated deletion gets 404: only the first one makes an event.
        if deleted.attributes().is_none_or(Item::is_empty) {
            Err(user_not_found())
        } else {
            Ok((StatusCode::NO_CONTENT, None))
        }
    }

    /// Returns the id of the change; `None` if the user is not at the version before this one: nothing was written.
    async fn put(
        &self,
        id: &str,
        version: i64,
        user: &User,
        request: &ApiGatewayV2httpRequest,
    ) -> std::result::Result<Option<String>, Problem> {
        let change = Uuid::now_v7().to_string();
        let mut item = user.to_item(id, version);
        item.insert("change_id".into(), text(change.as_str()));
        item.insert("updated_at".into(), text(store::now().to_rfc3339_opts(SecondsFormat::Micros, true)));
        item.insert("traceparent".into(), text(traceparent(request).as_str()));
        if let Some(correlation_id) = correlation_id(request)? {
            item.insert("correlation_id".into(), text(correlation_id));
        }
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = if version == 1 {
            put.condition_expression("attribute_not_exists(id)")
        } else {
            put.condition_expression("#version = :read")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":read", number(version - 1))
        };
        match put.send().await {
            Ok(_) => Ok(Some(change)),
            Err(error) if sdk_code(&error) == CONDITION_FAILED => Ok(None),
            Err(error) => Err(store::failed(error, "write to", &self.table).into()),
        }
    }

    /// Returns the response, with the id that the event of this change will have; without it if nothing changed.
    fn answer(&self, id: &str, version: i64, event: Option<(&str, &str)>) -> Value {
        let event_id = event.map(|(kind, change)| event_id(&self.table, id, version, kind, change));
        json!({ "id": id, "version": version, "eventId": event_id })
    }
}

fn user_not_found() -> Problem {
    Problem::not_found("user not found")
}

fn validate(body: Map<String, Value>, versioned: bool) -> std::result::Result<(User, Option<i64>), Problem> {
    let mut fields = Fields::new(body);
    let user = User {
        name: fields.text("name", MAX_TEXT),
        email: fields.email("email", MAX_TEXT),
        phone: fields.optional_text("phone", 32),
        plan: fields.text("plan", 32),
    };
    let version = if versioned { fields.optional_integer("version", 1..=i32::MAX) } else { None };
    fields.finish().map(|()| (user, version.map(i64::from)))
}

impl User {
    fn to_item(&self, id: &str, version: i64) -> Item {
        let mut item = attributes::item([
            ("id", text(id)),
            ("version", number(version)),
            ("name", text(&self.name)),
            ("email", text(&self.email)),
            ("plan", text(&self.plan)),
        ]);
        if let Some(phone) = &self.phone {
            item.insert("phone".into(), text(phone));
        }
        item
    }

    fn from_item(item: &Item) -> Option<Self> {
        let field = |name| text_of(item, name);
        Some(Self { name: field("name")?, email: field("email")?, phone: field("phone"), plan: field("plan")? })
    }
}
