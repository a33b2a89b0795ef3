//! `outbox_failures` for `dlq`: reads it, and applies a redrive's changes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::fault::failed;
use super::query::rows;
use crate::base::error::Result;

/// Maximum rows per answer.
const MOST: i64 = 1_000;

/// Request for rows after a row, without their payload, or for one row with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailuresRequest {
    pub after: i64,
    pub id: Option<i64>,
}

/// A row. Fields that the record does not have come from the consumer's mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureRow {
    pub id: i64,
    pub consumer: String,
    pub stream: String,
    pub shard_id: String,
    pub sequence_number: String,
    pub partition_key: String,
    pub event_id: Option<Uuid>,
    pub event_type: Option<String>,
    pub aggregate_type: Option<String>,
    pub aggregate_id: Option<String>,
    pub sequence: Option<i64>,
    pub reason: String,
    pub attempts: i32,
    pub failed_at: DateTime<Utc>,
    pub bytes: i32,
    /// Base64; only of a row that was requested alone.
    #[serde(default)]
    payload: Option<String>,
}

impl FailureRow {
    /// Returns the record's original bytes.
    pub fn data(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.payload.as_ref()?).ok()
    }
}

pub(super) async fn failures(client: &Client, request: &FailuresRequest) -> Result<Vec<FailureRow>> {
    let query = "
        SELECT f.id, f.consumer, f.stream, f.shard_id, f.sequence_number, f.partition_key, f.event_id, p.event_type,
               p.aggregate_type, p.aggregate_id, p.sequence, f.reason, f.attempts, f.failed_at,
               octet_length(f.payload), CASE WHEN $2::bigint IS NOT NULL THEN f.payload END
        FROM public.outbox_failures f
        LEFT JOIN public.outbox_processed p ON p.consumer = f.consumer AND p.event_id = f.event_id
        WHERE f.id > $1 AND ($2::bigint IS NULL OR f.id = $2)
        ORDER BY f.id LIMIT $3";
    let failure = |row: Row| FailureRow {
        id: row.get(0),
        consumer: row.get(1),
        stream: row.get(2),
        shard_id: row.get(3),
        sequence_number: row.get(4),
        partition_key: row.get(5),
        event_id: row.get(6),
        event_type: row.get(7),
        aggregate_type: row.get(8),
        aggregate_id: row.get(9),
        sequence: row.get(10),
        reason: row.get(11),
        attempts: row.get(12),
        failed_at: row.get(13),
        bytes: row.get(14),
        payload: row.get::<_, Option<Vec<u8>>>(15).map(|bytes| STANDARD.encode(bytes)),
    };
    rows(client, "read the failures", query, &[&request.after, &request.id, &MOST], failure).await
}

/// Removes the marks of failed events, so that the consumer accepts them when they are delivered again.
pub(super) async fn unmark(client: &Client, ids: &[i64]) -> Result<u64> {
    let query = "
        DELETE FROM public.outbox_processed p USING public.outbox_failures f
        WHERE f.id = ANY($1) AND p.consumer = f.consumer AND p.event_id = f.event_id AND NOT p.succeeded";
    client.execute(query, &[&ids]).await.map_err(failed("remove the marks of failed events"))
}

pub(super) async fn delete(client: &Client, ids: &[i64]) -> Result<u64> {
    let query = "DELETE FROM public.outbox_failures WHERE id = ANY($1)";
    client.execute(query, &[&ids]).await.map_err(failed("delete redelivered failures"))
}
