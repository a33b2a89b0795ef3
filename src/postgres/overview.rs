//! Data of the page about the database: the newest rows of every known table, and their sizes. Reads only.
//!
//! Every query has the same cost, independent of the number of rows: counts stop at [`COUNTED`], and the newest rows
//! come from an index.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use uuid::Uuid;

use super::fault::failed;
use super::names::{Names, table};
use super::slots::{Slot, slots};
use super::status::exists;
use crate::error::Result;
use crate::outbox::Layout;

/// Maximum count; larger tables report the planner's estimate.
const COUNTED: i64 = 100_000;
/// Characters of a payload in a list.
const EXCERPT: i32 = 600;
/// Maximum rows of one table in any request: an answer of the admin function holds 6 MB.
const MAX_ROWS: u32 = 1_000;
/// Maximum rows of the processed log in the first request, from which recent rates are derived: 1.5 MB.
const FIRST_ROWS: i64 = 5_000;

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
    let rows = i64::from(request.rows.min(MAX_ROWS));
    let outbox = exists(client, &table(layout)).await?;
    let people = exists(client, "public.people").await?;
    let consumed = exists(client, "public.outbox_processed").await?;
    let log = if consumed { processed(client, request).await? } else { Log::default() };
    Ok(Overview {
        outbox: if outbox { Some(fill(client, layout, consumed, request.captured_until).await?) } else { None },
        rows: if outbox { newest(client, layout, rows, consumed).await? } else { Vec::new() },
        people: if people { Some(self::people(client, rows).await?) } else { None },
        processed: log.rows,
        processed_until: log.until,
        processed_earlier: log.earlier,
        failures_total: if consumed { failures_total(client).await? } else { 0 },
        failures: if consumed { Some(failures(client, rows).await?) } else { None },
        slots: slots(client).await?,
    })
}

async fn fill(client: &Client, layout: &Layout, consumed: bool, captured_until: Option<DateTime<Utc>>) -> Result<Fill> {
    let names = Names::of(layout, "row");
    let (Names { table, created_at, .. }, is_open) = (&names, names.is_open(layout, consumed));
    let row = client
        .query_one(
            &format!(
                "SELECT (SELECT count(*) FROM (SELECT FROM {table} LIMIT $1) AS found),
                        (SELECT count(*) FROM (SELECT FROM {table} AS row WHERE {is_open} LIMIT $1) AS found),
                        (SELECT count(*) FROM (SELECT FROM {table} AS row
                                               WHERE {is_open} AND {created_at} > coalesce($2::timestamptz, '-infinity') LIMIT $1) AS found),
                        c.reltuples::bigint, pg_total_relation_size(c.oid)
                 FROM pg_class c WHERE c.oid = to_regclass($3)"
            ),
            &[&COUNTED, &captured_until, table],
        )
        .await
        .map_err(failed("measure the outbox"))?;
    let (counted, estimate): (i64, i64) = (row.get(0), row.get(3));
    Ok(Fill {
        rows: if counted < COUNTED { counted } else { estimate.max(counted) },
        exact: counted < COUNTED,
        unprocessed: row.get(1),
        uncaptured: row.get(2),
        bytes: row.get(4),
    })
}

/// Returns the newest outbox rows: unprocessed rows by their index, processed ones through the log, which is in order
/// of processing.
async fn newest(client: &Client, layout: &Layout, rows: i64, consumed: bool) -> Result<Vec<OutboxRow>> {
    let names = Names::of(layout, "o");
    let Names { table, id, aggregate_type, aggregate_id, event_type, sequence, payload, .. } = &names;
    let (Names { created_at, processed_at, .. }, is_open) = (&names, names.is_open(layout, consumed));
    let columns = format!(
        "{id}, {aggregate_type}, {aggregate_id}, {event_type}, {sequence}, left({payload}, $2::int),
         {created_at} AS created_at, {processed_at}"
    );
    let open = format!("SELECT {columns} FROM {table} AS o WHERE {is_open} ORDER BY {created_at} DESC LIMIT $1");
    let done = format!(
        "SELECT {columns}
         FROM (SELECT event_id FROM public.outbox_processed ORDER BY xact DESC, position DESC LIMIT $1) AS done
         JOIN {table} AS o ON {id} = done.event_id WHERE NOT ({is_open})"
    );
    let query = if consumed { format!("(({open}) UNION ({done})) ORDER BY created_at DESC LIMIT $1") } else { open };
    let rows = client.query(&query, &[&rows, &EXCERPT]).await.map_err(failed("read the outbox"))?;
    let row = |row: tokio_postgres::Row| OutboxRow {
        id: row.get(0),
        aggregate_type: row.get(1),
        aggregate_id: row.get(2),
        event_type: row.get(3),
        sequence: row.get(4),
        message: row.get(5),
        created_at: row.get(6),
        processed_at: row.get(7),
    };
    Ok(rows.into_iter().map(row).collect())
}

async fn people(client: &Client, rows: i64) -> Result<Vec<Person>> {
    let query = "SELECT id, name, email, created_at FROM public.people ORDER BY created_at DESC LIMIT $1";
    let rows = client.query(query, &[&rows]).await.map_err(failed("read the people"))?;
    let row = |row: tokio_postgres::Row| Person {
        id: row.get(0),
        name: row.get(1),
        email: row.get(2),
        created_at: row.get(3),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Rows of the processed log.
#[derive(Default)]
struct Log {
    rows: Option<Vec<Processed>>,
    until: Option<Place>,
    earlier: Earlier,
}

/// Returns rows of the processed log. Rows after those of running transactions are returned later, so that none is
/// skipped.
async fn processed(client: &Client, request: &OverviewRequest) -> Result<Log> {
    const COLUMNS: &str = "event_id, consumer, aggregate_type, aggregate_id, event_type, sequence, shard_id, attempts,
        succeeded, committed_at, processed_at, xact::text, position";
    const SETTLED: &str = "xact < pg_snapshot_xmin(pg_current_snapshot())";
    let found = match &request.processed_after {
        None => {
            let query = format!(
                "SELECT {COLUMNS} FROM (SELECT * FROM public.outbox_processed WHERE {SETTLED}
                    ORDER BY xact DESC, position DESC LIMIT $1) AS newest
                 WHERE processed_at >= coalesce($2::timestamptz, '-infinity') ORDER BY newest.xact, newest.position"
            );
            client.query(&query, &[&FIRST_ROWS, &request.processed_since]).await
        }
        Some(place) => {
            let query = format!(
                "SELECT {COLUMNS} FROM public.outbox_processed AS log
                 WHERE {SETTLED} AND (log.xact, log.position) > ($1::text::xid8, $2)
                 ORDER BY log.xact, log.position LIMIT $3"
            );
            client.query(&query, &[&place.xact, &place.position, &i64::from(MAX_ROWS)]).await
        }
    }
    .map_err(failed("read the log of processed events"))?;
    let place = |row: &tokio_postgres::Row| Place { xact: row.get(11), position: row.get(12) };
    let full = request.processed_after.is_none() && found.len() as i64 >= FIRST_ROWS;
    let earlier = match found.first().filter(|_| full) {
        Some(oldest) => earlier(client, &place(oldest), request.processed_since).await?,
        None => Earlier::default(),
    };
    let until = found.last().map(place).or_else(|| request.processed_after.clone());
    let row = |row: tokio_postgres::Row| Processed {
        event_id: row.get(0),
        consumer: row.get(1),
        aggregate_type: row.get(2),
        aggregate_id: row.get(3),
        event_type: row.get(4),
        sequence: row.get(5),
        shard_id: row.get(6),
        attempts: row.get(7),
        succeeded: row.get(8),
        committed_at: row.get(9),
        processed_at: row.get(10),
    };
    Ok(Log { rows: Some(found.into_iter().map(row).collect()), until, earlier })
}

/// Counts the rows before a position.
async fn earlier(client: &Client, place: &Place, since: Option<DateTime<Utc>>) -> Result<Earlier> {
    const QUERY: &str = "SELECT count(DISTINCT event_id) FILTER (WHERE succeeded),
               count(DISTINCT event_id) FILTER (WHERE NOT succeeded), count(*)
        FROM (SELECT event_id, succeeded, processed_at FROM public.outbox_processed
              WHERE (xact, position) < ($1::text::xid8, $2) ORDER BY xact DESC, position DESC LIMIT $3) AS earlier
        WHERE processed_at >= coalesce($4::timestamptz, '-infinity')";
    let row = client.query_one(QUERY, &[&place.xact, &place.position, &COUNTED, &since]).await;
    let row = row.map_err(failed("count the processed events"))?;
    let (succeeded, failed, all): (i64, i64, i64) = (row.get(0), row.get(1), row.get(2));
    Ok(Earlier { succeeded: succeeded.unsigned_abs(), failed: failed.unsigned_abs(), more: all >= COUNTED })
}

async fn failures_total(client: &Client) -> Result<usize> {
    let query = "SELECT count(*) FROM (SELECT FROM public.outbox_failures LIMIT $1) AS found";
    let row = client.query_one(query, &[&COUNTED]).await.map_err(failed("count the failures"))?;
    Ok(usize::try_from(row.get::<_, i64>(0)).unwrap_or_default())
}

async fn failures(client: &Client, rows: i64) -> Result<Vec<FailedRecord>> {
    let query = "SELECT id, consumer, event_id, shard_id, sequence_number, reason, attempts,
                        substr(payload, 1, 4000), failed_at
                 FROM public.outbox_failures ORDER BY id DESC LIMIT $1";
    let rows = client.query(query, &[&rows]).await.map_err(failed("read the failures"))?;
    let row = |row: tokio_postgres::Row| FailedRecord {
        id: row.get(0),
        consumer: row.get(1),
        event_id: row.get(2),
        shard_id: row.get(3),
        sequence_number: row.get(4),
        reason: row.get(5),
        attempts: row.get(6),
        // Invalid UTF-8 is shown as replacement characters; `dlq show` has the bytes.
        payload: String::from_utf8_lossy(row.get(7)).into_owned(),
        failed_at: row.get(8),
    };
    Ok(rows.into_iter().map(row).collect())
}
