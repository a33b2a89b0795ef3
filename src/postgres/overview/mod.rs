//! Data of the page about the database: the newest rows of every known table, and their sizes. Reads only.
//!
//! Every query has the same cost, independent of the number of rows: counts stop at [`COUNTED`], and the newest rows
//! come from an index.

mod consumed;
mod outbox;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use self::consumed::{Log, failures, failures_total, processed};
use self::outbox::{fill, newest};
use super::names::table;
use super::query::{exists, rows};
use super::slots::{Slot, slots};
use crate::base::error::Result;
use crate::outbox::Layout;

/// Maximum count; larger tables report the planner's estimate.
const COUNTED: i64 = 100_000;
/// Maximum rows of one table in any request: an answer of the admin function holds 6 MB.
const MAX_ROWS: u32 = 1_000;

/// Request for an overview.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewRequest {
    /// Maximum rows of each table.
    pub rows: u32,
    /// Commit time of the newest event seen in the stream: rows written later wait for capture.
    pub captured_until: Option<DateTime<Utc>>,
    /// The last known processed row; `None` requests the newest ones.
    pub processed_after: Option<Place>,
    /// Oldest processing time of these newest rows and of their number.
    pub processed_since: Option<DateTime<Utc>>,
}

/// Position in the processed log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The transaction's 64-bit id.
    pub xact: String,
    pub position: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// `None` before `db init`.
    pub outbox: Option<Fill>,
    /// Newest first.
    pub rows: Vec<OutboxRow>,
    /// `None` if the sample table is missing. Newest first.
    pub people: Option<Vec<Person>>,
    /// `None` if no consumer marks events. In log order, after [`OverviewRequest::processed_after`].
    pub processed: Option<Vec<Processed>>,
    /// Position up to which the log was read.
    pub processed_until: Option<Place>,
    /// Rows that do not fit into the first response.
    #[serde(default)]
    pub processed_earlier: Earlier,
    /// Records that a consumer failed to process. Newest first.
    pub failures: Option<Vec<FailedRecord>>,
    /// Number of all failures, up to 100,000.
    #[serde(default)]
    pub failures_total: usize,
    pub slots: Vec<Slot>,
}

/// Events in the log since [`OverviewRequest::processed_since`], before those in [`Overview::processed`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    pub succeeded: u64,
    /// Failed events.
    pub failed: u64,
    /// Indicates whether there are more than the newest 100,000, which are counted.
    pub more: bool,
}

/// Size of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    pub rows: i64,
    /// `false` if `rows` is an estimate.
    pub exact: bool,
    /// Rows not marked processed, up to 100,000.
    pub unprocessed: i64,
    /// Rows written since [`OverviewRequest::captured_until`], up to 100,000.
    pub uncaptured: i64,
    pub bytes: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    pub id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// `None` if there is none.
    pub sequence: Option<i64>,
    /// The beginning of the payload.
    pub message: String,
    /// `None` if the table has no such column.
    pub created_at: Option<DateTime<Utc>>,
    pub processed_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: Uuid,
    pub name: String,
    pub email: String,
    pub created_at: DateTime<Utc>,
}

/// An event that a consumer marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Processed {
    pub event_id: Uuid,
    pub consumer: String,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// `None` if there is none.
    pub sequence: Option<i64>,
    pub shard_id: String,
    pub attempts: i32,
    /// `false` if it failed.
    pub succeeded: bool,
    pub committed_at: DateTime<Utc>,
    pub processed_at: DateTime<Utc>,
}

/// A record that a consumer failed to process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedRecord {
    pub id: i64,
    pub consumer: String,
    pub event_id: Option<Uuid>,
    pub shard_id: String,
    pub sequence_number: String,
    pub reason: String,
    pub attempts: i32,
    /// The beginning of the record, as text.
    pub payload: String,
    pub failed_at: DateTime<Utc>,
}

pub(super) async fn overview(client: &Client, layout: &Layout, request: &OverviewRequest) -> Result<Overview> {
    let most = i64::from(request.rows.min(MAX_ROWS));
    let outbox = exists(client, &table(layout)).await?;
    let people = exists(client, "public.people").await?;
    let consumed = exists(client, "public.outbox_processed").await?;
    let log = if consumed { processed(client, request).await? } else { Log::default() };
    Ok(Overview {
        outbox: if outbox { Some(fill(client, layout, consumed, request.captured_until).await?) } else { None },
        rows: if outbox { newest(client, layout, most, consumed).await? } else { Vec::new() },
        people: if people { Some(self::people(client, most).await?) } else { None },
        processed: log.rows,
        processed_until: log.until,
        processed_earlier: log.earlier,
        failures_total: if consumed { failures_total(client).await? } else { 0 },
        failures: if consumed { Some(failures(client, most).await?) } else { None },
        slots: slots(client).await?,
    })
}

async fn people(client: &Client, most: i64) -> Result<Vec<Person>> {
    let query = "SELECT id, name, email, created_at FROM public.people ORDER BY created_at DESC LIMIT $1";
    let person = |row: Row| Person { id: row.get(0), name: row.get(1), email: row.get(2), created_at: row.get(3) };
    rows(client, "read the people", query, &[&most], person).await
}
