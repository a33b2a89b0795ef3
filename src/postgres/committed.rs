//! Reads the outbox in the order of its aggregates, page by page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::fault::failed;
use super::names::Names;
use crate::error::{Error, Kind, Result};
use crate::outbox::Layout;

/// Maximum rows per page.
const MOST: i64 = 5_000;
/// Maximum characters of payload per page, except for a single row: an answer of the admin function holds 6 MB.
const MOST_PAYLOAD: i64 = 2_500_000;

/// Position of a row in the order of its aggregates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxKey {
    pub aggregate_type: String,
    pub aggregate_id: String,
    /// 0 without a sequence.
    pub sequence: i64,
    /// The time and the id, which order events without a sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
}

/// Request for rows after a position; all conditions must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedRequest {
    pub after: Option<OutboxKey>,
    pub from: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    pub aggregate: Option<String>,
    pub event_type: Option<String>,
    /// Empty for any.
    pub ids: Vec<Uuid>,
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedRow {
    pub id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// `None` if the table has no such column.
    pub sequence: Option<i64>,
    /// JSON as text, so that numbers keep their digits; `None` if it is null.
    pub payload: Option<String>,
    pub traceparent: Option<String>,
    pub schema_version: i32,
    /// `None` if the table has no such column.
    pub created_at: Option<DateTime<Utc>>,
    /// Position of the next page.
    #[serde(default)]
    pub key: Option<OutboxKey>,
}

/// Returns the statement. Its inner query reads the unique index of our own table in order; the outer one limits the
/// payload per page.
fn page(layout: &Layout) -> String {
    let names = Names::of(layout, "row");
    let order = names.order();
    let [kind, aggregate, sequence, at, id] = &order;
    let (after, by) = if layout.is_own() {
        (format!("({kind}, {aggregate}, {sequence}) > ($1, $2, $3)"), format!("{kind}, {aggregate}, {sequence}"))
    } else {
        (format!("({kind}, {aggregate}, {sequence}, {at}, {id}) > ($1, $2, $3, $11, $12)"), order.join(", "))
    };
    let Names { table, event_type, payload, traceparent, schema_version, created_at, .. } = &names;
    format!(
        "SELECT id, aggregate_type, aggregate_id, event_type, sequence, payload, traceparent, schema_version, created_at,
                k3, k4
         FROM (SELECT *, sum(length(payload)) OVER place AS size, row_number() OVER place AS number
               FROM (SELECT {id_column} AS id, {kind} AS aggregate_type, {aggregate} AS aggregate_id, {event_type} AS event_type,
                            {plain_sequence} AS sequence, {payload} AS payload, {traceparent} AS traceparent,
                            {schema_version} AS schema_version, {created_at} AS created_at, {sequence} AS k3, {at} AS k4
                     FROM {table} AS row
                     WHERE ($1::text IS NULL OR {after})
                       AND ($4::timestamptz IS NULL OR {created_at} >= $4)
                       AND ($5::timestamptz IS NULL OR {created_at} < $5)
                       AND ($6::text IS NULL OR {aggregate} = $6)
                       AND ($7::text IS NULL OR {event_type} = $7)
                       AND (cardinality($8::uuid[]) = 0 OR {id_column} = ANY($8))
                     ORDER BY {by} LIMIT $9) AS page
               WINDOW place AS (ORDER BY aggregate_type, aggregate_id, k3, k4, id)) AS sized
         WHERE size <= $10 OR number = 1
         ORDER BY aggregate_type, aggregate_id, k3, k4, id",
        id_column = names.id,
        plain_sequence = names.sequence,
    )
}

/// Reads a page.
///
/// # Errors
/// `Usage` for a window of time if the table has no time.
pub(super) async fn committed(
    client: &Client,
    layout: &Layout,
    request: &CommittedRequest,
) -> Result<Vec<CommittedRow>> {
    if layout.columns.created_at.is_none() && (request.from.is_some() || request.until.is_some()) {
        let text = format!("{} has no created_at column: its rows can't be selected by time", layout.full_name());
        return Err(
            Error::new(Kind::Usage, text).hint("name the column in [outbox] of outboxctl.toml, if there is one")
        );
    }
    let after = request.after.as_ref();
    let (kind, aggregate, sequence) = (
        after.map(|key| key.aggregate_type.as_str()),
        after.map(|key| key.aggregate_id.as_str()),
        after.map(|key| key.sequence),
    );
    let (at, id) = (after.and_then(|key| key.at), after.and_then(|key| key.id));
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
        &kind,
        &aggregate,
        &sequence,
        &request.from,
        &request.until,
        &request.aggregate,
        &request.event_type,
        &request.ids,
        &MOST,
        &MOST_PAYLOAD,
    ];
    if !layout.is_own() {
        parameters.extend([&at as &(dyn ToSql + Sync), &id]);
    }
    let rows = client.query(&page(layout), &parameters).await.map_err(failed("read the outbox"))?;
    let row = |row: tokio_postgres::Row| {
        let (id, aggregate_type, aggregate_id): (Uuid, String, String) = (row.get(0), row.get(1), row.get(2));
        // The key of our own table is its unique index.
        let (at, by_id) = if layout.is_own() { (None, None) } else { (Some(row.get(10)), Some(id)) };
        let key = OutboxKey {
            aggregate_type: aggregate_type.clone(),
            aggregate_id: aggregate_id.clone(),
            sequence: row.get(9),
            at,
            id: by_id,
        };
        CommittedRow {
            id,
            aggregate_type,
            aggregate_id,
            event_type: row.get(3),
            sequence: row.get(4),
            payload: row.get(5),
            traceparent: row.get(6),
            schema_version: row.get(7),
            created_at: row.get(8),
            key: Some(key),
        }
    };
    Ok(rows.into_iter().map(row).collect())
}
