//! Follows the processed log.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use uuid::Uuid;

use super::fault::failed;
use super::names::Names;
use super::query::value;
use crate::base::error::Result;
use crate::outbox::Layout;

/// Maximum rows per answer.
const MOST: i64 = 1_000;

/// Position in the log, in the order in which it is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LogPosition {
    /// The transaction that wrote the row.
    pub xact: i64,
    pub position: i64,
}

/// Request for rows after a position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessedRequest {
    /// The consumer group.
    pub consumer: String,
    /// `None` requests the current end of the log, without rows.
    pub after: Option<LogPosition>,
    /// Oldest processing time of the rows.
    pub since: Option<DateTime<Utc>>,
    /// Requests the rows that are visible, in `snapshot` or now. Otherwise the rows before the oldest transaction that is
    /// still open, in any database of the server.
    #[serde(default)]
    pub visible: bool,
    /// The snapshot of an earlier answer, in the text form of `pg_snapshot`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
}

/// Rows, and the position of the next request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProcessedPage {
    pub rows: Vec<LogRow>,
    pub next: LogPosition,
    /// The snapshot in which the rows are visible; `None` without [`ProcessedRequest::visible`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
}

impl ProcessedPage {
    /// Returns the position of the oldest transaction that was open in the snapshot: every row before it is visible.
    pub fn settled(&self) -> Option<LogPosition> {
        let (xmin, _) = self.snapshot.as_ref()?.split_once(':')?;
        Some(LogPosition { xact: xmin.parse().ok()?, position: 0 })
    }
}

/// A row of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogRow {
    pub position: i64,
    pub event_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// `None` if the event has none.
    pub sequence: Option<i64>,
    pub shard_id: String,
    pub sequence_number: String,
    pub succeeded: bool,
    pub attempts: i32,
    pub committed_at: DateTime<Utc>,
    pub processed_at: DateTime<Utc>,
    /// Correlation id of sample events, while their outbox row exists.
    pub correlation_id: Option<String>,
    /// Digest of the content that the consumer received, in hex; `None` for marks of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// Returns the statement. Without a snapshot it selects rows below the present xmin: no transaction can commit before
/// them any more.
fn rows(layout: &Layout) -> String {
    let Names { table, id, correlation_id, .. } = Names::of(layout, "outbox");
    format!(
        "
    SELECT log.xact::text::bigint, log.position, log.event_id, log.aggregate_type, log.aggregate_id, log.event_type,
           log.sequence, log.shard_id, log.sequence_number, log.succeeded, log.attempts, log.committed_at,
           log.processed_at, {correlation_id}, encode(log.digest, 'hex')
    FROM public.outbox_processed AS log LEFT JOIN {table} AS outbox ON {id} = log.event_id
    WHERE log.consumer = $1 AND (log.xact, log.position) > ($2::text::xid8, $3)
      AND CASE WHEN $6::text IS NULL THEN log.xact < pg_snapshot_xmin(pg_current_snapshot())
               ELSE pg_visible_in_snapshot(log.xact, $6::text::pg_snapshot) END
      AND ($4::timestamptz IS NULL OR log.processed_at >= $4)
    ORDER BY log.xact, log.position LIMIT $5"
    )
}

pub(super) async fn processed(client: &Client, layout: &Layout, request: &ProcessedRequest) -> Result<ProcessedPage> {
    let Some(after) = request.after else {
        let end = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        let xact = value(client, "find the end of the processed log", end, &[]).await?;
        return Ok(ProcessedPage { rows: Vec::new(), next: LogPosition { xact, position: 0 }, snapshot: None });
    };
    let snapshot = match &request.snapshot {
        None if request.visible => {
            // The snapshots of a standby do not list the transactions in progress.
            let now = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_current_snapshot()::text END";
            value(client, "take a snapshot of the processed log", now, &[]).await?
        }
        snapshot => snapshot.clone(),
    };
    let found = client
        .query(
            &rows(layout),
            &[&request.consumer, &after.xact.to_string(), &after.position, &request.since, &MOST, &snapshot],
        )
        .await
        .map_err(failed("read the processed log"))?;
    let next = found.last().map_or(after, |row| LogPosition { xact: row.get(0), position: row.get(1) });
    let row = |row: tokio_postgres::Row| LogRow {
        position: row.get(1),
        event_id: row.get(2),
        aggregate_type: row.get(3),
        aggregate_id: row.get(4),
        event_type: row.get(5),
        sequence: row.get(6),
        shard_id: row.get(7),
        sequence_number: row.get(8),
        succeeded: row.get(9),
        attempts: row.get(10),
        committed_at: row.get(11),
        processed_at: row.get(12),
        correlation_id: row.get(13),
        digest: row.get(14),
    };
    Ok(ProcessedPage { rows: found.into_iter().map(row).collect(), next, snapshot })
}
