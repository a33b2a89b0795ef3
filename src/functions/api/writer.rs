//! Common part of the PostgreSQL routes: inserts a row of a domain table and its event in one transaction, as
//! `outbox_writer`.

use std::marker::PhantomData;
use std::time::{Duration, SystemTime};

use aws_lambda_events::event::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use http::StatusCode;
use serde_json::{Value, json};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::fields::Fields;
use super::problem::{Problem, json as json_response};
use super::request::{object, traceparent};
use crate::base::error::Result;
use crate::functions::database::{Database, Fault};
use crate::outbox::Traceparent;
use crate::postgres::failed;

/// A resource that a `POST` creates.
pub trait Creation: Sized + Sync {
    /// The route's path.
    const PATH: &'static str;
    const AGGREGATE_TYPE: &'static str;
    const EVENT_TYPE: &'static str;
    /// Inserts the row: `$1` is its id, the rest are [`Creation::values`].
    const INSERT: &'static str;

    /// Reads its fields, and records the invalid ones in `fields`.
    fn read(fields: &mut Fields) -> Self;
    fn values(&self) -> Vec<&(dyn ToSql + Sync)>;
    /// Returns the event's payload.
    fn payload(&self, id: Uuid) -> Value;

    /// # Errors
    /// The problem that names every invalid field.
    fn validate(body: serde_json::Map<String, Value>) -> Result<Self, Problem> {
        let mut fields = Fields::new(body);
        let created = Self::read(&mut fields);
        fields.finish().map(|()| created)
    }
}

/// The function behind one route.
pub struct Handler<T> {
    database: Database,
    creates: PhantomData<fn() -> T>,
}

impl<T: Creation> Handler<T> {
    pub fn new(database: Database) -> Self {
        Self { database, creates: PhantomData }
    }

    /// Answers 201 with the row's and the event's id, or a problem. `deadline` is the time at which Lambda ends the
    /// invocation.
    pub async fn handle(&self, request: &ApiGatewayV2httpRequest, deadline: SystemTime) -> ApiGatewayV2httpResponse {
        let new = match object(request, T::PATH).and_then(T::validate) {
            Ok(new) => new,
            Err(problem) => {
                tracing::info!(status = problem.status.as_u16(), "refused: {}", problem.detail);
                return problem.into();
            }
        };
        let trace = traceparent(request);
        let left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
        // Two attempts fit before Lambda's limit, and before the 30 s of an HTTP API's integration.
        let patience = (left / 2).saturating_sub(Duration::from_millis(250)).min(Duration::from_secs(12));
        match self.database.run(patience, |client| insert(client, &new, &trace)).await {
            Ok((id, event_id)) => {
                tracing::info!(%id, %event_id, %trace, "created");
                created(id, event_id)
            }
            Err(error) => Problem::from(error).into(),
        }
    }
}

/// Returns the answer after the commit.
pub fn created(id: Uuid, event_id: Uuid) -> ApiGatewayV2httpResponse {
    json_response(StatusCode::CREATED, "application/json", &json!({ "id": id, "eventId": event_id }))
}

/// Inserts the row and its event; returns the connection, and the ids of both.
async fn insert<T: Creation>(
    mut client: Client,
    new: &T,
    trace: &Traceparent,
) -> Result<(Client, (Uuid, Uuid)), Fault> {
    // Time-ordered, so that the primary key's index grows at its end.
    let id = Uuid::now_v7();
    let transaction = client.transaction().await.map_err(|error| Fault::Before(failed("begin")(error)))?;
    let mut values: Vec<&(dyn ToSql + Sync)> = vec![&id];
    values.extend(new.values());
    transaction.execute(T::INSERT, &values).await.map_err(|error| before_commit("insert the row", error))?;
    let row = transaction
        .query_one(
            "SELECT event_id FROM public.outbox_append($1, $2, $3, $4, $5)",
            &[&T::AGGREGATE_TYPE, &id.to_string(), &T::EVENT_TYPE, &new.payload(id), &trace.as_str()],
        )
        .await
        .map_err(|error| before_commit("append to the outbox", error))?;
    let event_id = row.get(0);
    // From here on, a lost connection leaves it unknown whether the transaction committed.
    transaction.commit().await.map_err(|error| Fault::Final(failed("commit")(error)))?;
    Ok((client, (id, event_id)))
}

fn before_commit(action: &str, error: tokio_postgres::Error) -> Fault {
    let broken = error.is_closed();
    let error = failed(action)(error);
    if broken { Fault::Before(error) } else { Fault::Final(error) }
}
