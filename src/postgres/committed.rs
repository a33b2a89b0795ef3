//! Reads the outbox in the order of its aggregates, page by page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use uuid::Uuid;

use super::fault::failed;
use crate::error::Result;

/// Maximum rows per page.
const MOST: i64 = 5_000;
/// Maximum characters of payload per page, except for a single row: an answer of the admin function holds 6 MB.
const MOST_PAYLOAD: i64 = 2_500_000;

/// Position of a row in the unique index of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxKey {
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
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
    pub sequence: i64,
    /// JSON as text, so that numbers keep their digits.
    pub payload: String,
    pub traceparent: Option<String>,
    pub schema_version: i32,
    pub created_at: DateTime<Utc>,
}

/// The inner query reads the unique index in order; the outer one limits the payload per page.
const PAGE: &str = "
    SELECT id, aggregate_type, aggregate_id, event_type, sequence, payload, traceparent, schema_version, created_at
    FROM (SELECT *, sum(length(payload)) OVER place AS size, row_number() OVER place AS number
          FROM (SELECT id, aggregate_type, aggregate_id, event_type, sequence, payload::text AS payload, traceparent,
                       schema_version, created_at
                FROM public.outbox
                WHERE ($1::text IS NULL OR (aggregate_type, aggregate_id, sequence) > ($1, $2, $3))
                  AND ($4::timestamptz IS NULL OR created_at >= $4)
                  AND ($5::timestamptz IS NULL OR created_at < $5)
                  AND ($6::text IS NULL OR aggregate_id = $6)
                  AND ($7::text IS NULL OR event_type = $7)
                  AND (cardinality($8::uuid[]) = 0 OR id = ANY($8))
                ORDER BY aggregate_type, aggregate_id, sequence LIMIT $9) AS page
          WINDOW place AS (ORDER BY aggregate_type, aggregate_id, sequence)) AS sized
    WHERE size <= $10 OR number = 1
    ORDER BY aggregate_type, aggregate_id, sequence";

pub(super) async fn committed(client: &Client, request: &CommittedRequest) -> Result<Vec<CommittedRow>> {
    let after = request.after.as_ref();
    let rows = client
        .query(
            PAGE,
            &[
                &after.map(|key| key.aggregate_type.as_str()),
                &after.map(|key| key.aggregate_id.as_str()),
                &after.map(|key| key.sequence),
                &request.from,
                &request.until,
                &request.aggregate,
                &request.event_type,
                &request.ids,
                &MOST,
                &MOST_PAYLOAD,
            ],
        )
        .await
        .map_err(failed("read the outbox"))?;
    let row = |row: tokio_postgres::Row| CommittedRow {
        id: row.get(0),
        aggregate_type: row.get(1),
        aggregate_id: row.get(2),
        event_type: row.get(3),
        sequence: row.get(4),
        payload: row.get(5),
        traceparent: row.get(6),
        schema_version: row.get(7),
        created_at: row.get(8),
    };
    Ok(rows.into_iter().map(row).collect())
}
