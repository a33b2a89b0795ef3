//! Read access, as JSON.

use std::time::Instant;

use axum::Json;
use axum::extract::{Path, Query, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Site;
use super::problem::Problem;
use crate::aws::buckets;
use crate::postgres::admin::OutboxRow;
use crate::ui::model::{self, Picture, Step, Trace};

/// Maximum events in a list.
pub const EVENTS: usize = 200;

pub async fn pipeline(State(site): State<Site>) -> Json<Picture> {
    Json(site.model.picture())
}

pub async fn traces(State(site): State<Site>) -> Json<Value> {
    let state = site.model.lock();
    Json(json!({ "events": state.changed(0, EVENTS) }))
}

/// A trace with all its details.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    trace: &'a Trace,
    detail: &'a model::Detail,
}

pub async fn trace(State(site): State<Site>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let id = Uuid::parse_str(&id).map_err(|_| Problem::not_found("an event's id is a UUID"))?;
    let state = site.model.lock();
    let trace = state.trace(id).ok_or_else(|| Problem::not_found("event not found: it was not seen, or is too old"))?;
    Ok(Json(json!(Whole { trace, detail: &trace.detail })))
}

/// An outbox row, and the steps of its event.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    row: &'a OutboxRow,
    status: &'static str,
    /// Time of the delivery of its event, if the page has seen it.
    delivered_at: Option<DateTime<Utc>>,
}

/// Returns the outbox rows. `since` is the start of following events.
pub fn outbox_rows(state: &model::State, since: Option<DateTime<Utc>>) -> Value {
    let status = |row: &OutboxRow| match () {
        () if row.processed_at.is_some() => "processed",
        () if state.has_seen(row.id, Step::Delivered) => "delivered",
        () if state.has_seen(row.id, Step::Failed) => "failed",
        () if state.has_seen(row.id, Step::Stream) => "in-stream",
        () if since.zip(row.created_at).is_some_and(|(since, created)| created < since) => "earlier",
        () => "committed",
    };
    let delivered_at = |row: &OutboxRow| state.trace(row.id).and_then(|trace| trace.at(Step::Delivered));
    let row = |row| Row { row, status: status(row), delivered_at: delivered_at(row) };
    let rows: Vec<Row> = state.tables.outbox.iter().map(row).collect();
    json!(rows)
}

pub async fn outbox(State(site): State<Site>) -> Json<Value> {
    let state = site.model.lock();
    Json(json!({ "fill": state.tables.fill(), "outbox": outbox_rows(&state, site.model.head.since) }))
}

pub async fn people(State(site): State<Site>) -> Result<Json<Value>, Problem> {
    let state = site.model.lock();
    let people = state.tables.people.as_ref();
    let people = people.ok_or_else(|| Problem::not_found("this pipeline's database has no table of people"))?;
    Ok(Json(json!({ "people": people })))
}

pub async fn processed(State(site): State<Site>) -> Result<Json<Value>, Problem> {
    let state = site.model.lock();
    let processed = state.tables.processed.as_ref();
    let processed = processed.ok_or_else(|| Problem::not_found("no consumer of this pipeline marks its events"))?;
    Ok(Json(json!({ "processed": processed })))
}

pub fn dead_letter_rows(state: &model::State) -> Value {
    json!({
        "total": state.failures(),
        "queued": state.tables.dead_letters_queued,
        "objects": state.tables.dead_letters.as_deref().unwrap_or_default(),
        "records": state.tables.failures.as_deref().unwrap_or_default(),
    })
}

pub async fn dead_letters(State(site): State<Site>) -> Json<Value> {
    Json(dead_letter_rows(&site.model.lock()))
}

#[derive(Deserialize)]
pub struct Object {
    key: String,
}

/// Returns one object: its document, and the record inside in readable form.
pub async fn dead_letter(State(site): State<Site>, query: Query<Object>) -> Result<Json<Value>, Problem> {
    let bucket = site.failure_bucket.as_deref();
    let bucket = bucket.ok_or_else(|| Problem::not_found("this pipeline has no failure bucket"))?;
    // Only listed objects: this endpoint gives no access to the rest of the bucket.
    let listed = site.model.lock().tables.dead_letters.iter().flatten().any(|letter| letter.key == query.key);
    if !listed {
        return Err(Problem::not_found("object not found among the newest"));
    }
    let bytes = buckets::read(&site.deployment.clients, bucket, &query.key).await?;
    let document: Value = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
    let payload = document["payload"].as_str().and_then(|text| STANDARD.decode(text).ok());
    let payload = payload.map(|bytes| match String::from_utf8(bytes) {
        Ok(text) => json!({ "text": text }),
        Err(error) => json!({ "base64": STANDARD.encode(error.as_bytes()) }),
    });
    Ok(Json(json!({ "key": query.key, "document": document, "payload": payload })))
}

/// Reports success as long as requests are answered, with the state of the sources.
pub async fn health(State(site): State<Site>) -> Json<Value> {
    let state = site.model.lock();
    let sources = state.sources(Instant::now());
    let status = if sources.iter().all(|source| source.ok) { "ok" } else { "degraded" };
    Json(json!({ "status": status, "version": site.model.head.version, "sources": sources }))
}
