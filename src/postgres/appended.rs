//! Reads the rows that were committed to the outbox since an earlier look, page by page.
//!
//! Rows are selected by visibility, not by time or sequence: a row is new if its transaction was not visible to the
//! earlier snapshot. A transaction that commits late is therefore not missed. The statement scans the whole table,
//! because PostgreSQL has no index on `xmin`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::fault::failed;
use super::names::Names;
use super::row::{EventRow, MOST, MOST_PAYLOAD, need_time};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;

/// Request for rows after a position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendedRequest {
    pub after: After,
    /// Oldest time of the rows.
    pub since: Option<DateTime<Utc>>,
}

/// A position in the order in which rows become visible.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// Before every row.
    #[default]
    Nothing,
    /// After every row that is visible now: requests the position, without rows.
    Everything,
    /// After the rows that are visible to this snapshot, in the text form of `pg_snapshot`.
    Snapshot(String),
    /// Within the rows that became visible between two snapshots, after this one.
    Row { seen: Option<String>, until: String, at: DateTime<Utc>, sequence: i64, id: Uuid },
}

/// Rows, and the position of the next request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendedPage {
    pub rows: Vec<AppendedRow>,
    pub next: After,
    /// Time of the database.
    pub now: DateTime<Utc>,
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppendedRow {
    #[serde(flatten)]
    pub row: EventRow,
    pub correlation_id: Option<String>,
    /// A consumer has marked the row. The update makes an older row look new.
    pub marked: bool,
}

/// Returns the statement. Parameters: the earlier snapshot, the later one (default: now), the position within the rows
/// in three, the oldest time, and the limits of rows and of payload.
///
/// `xmin` has the lower 32 bits of the transaction id; the upper ones are those of the snapshot, or one less.
fn page(layout: &Layout) -> String {
    let names = Names::of(layout, "row");
    let marked = match &layout.columns.processed {
        Some(_) => format!("NOT ({})", names.is_open),
        None => "false".to_owned(),
    };
    let Names { table, id, aggregate_type, aggregate_id, event_type, payload, traceparent, .. } = &names;
    let Names { schema_version, created_at, time, correlation_id, sequence, .. } = &names;
    format!(
        "WITH clock AS MATERIALIZED (
             SELECT snapshot, pg_snapshot_xmax(snapshot)::text::bigint AS xmax, clock_timestamp() AS now
             FROM (SELECT pg_current_snapshot() AS snapshot) AS taken)
         SELECT clock.snapshot::text, clock.now, sized.*
         FROM clock LEFT JOIN LATERAL (
             SELECT * FROM (
                 SELECT *, sum(coalesce(length(payload), 0)) OVER place AS size, row_number() OVER place AS number FROM (
                     SELECT {id} AS id, {aggregate_type} AS aggregate_type, {aggregate_id} AS aggregate_id,
                            {event_type} AS event_type, {sequence} AS sequence, {payload} AS payload,
                            {traceparent} AS traceparent, {schema_version} AS schema_version,
                            {time} AS created_at, {correlation_id} AS correlation_id, {marked} AS marked,
                            coalesce({time}, 'epoch') AS at, coalesce({sequence}, 0) AS rank
                     FROM {table} AS row
                     CROSS JOIN LATERAL (
                         SELECT row.xmin::text::bigint + clock.xmax / 4294967296 * 4294967296 AS near) AS low
                     CROSS JOIN LATERAL (
                         SELECT greatest(CASE WHEN near < clock.xmax THEN near ELSE near - 4294967296 END, 3)::text::xid8
                                    AS xact) AS writer
                     WHERE ($1::text IS NULL OR NOT pg_visible_in_snapshot(xact, $1::text::pg_snapshot))
                       AND ($2::text IS NULL OR pg_visible_in_snapshot(xact, $2::text::pg_snapshot))
                       AND ($3::timestamptz IS NULL
                            OR (coalesce({time}, 'epoch'), coalesce({sequence}, 0), {id}) > ($3, $4::bigint, $5::uuid))
                       AND ($6::timestamptz IS NULL OR {created_at} >= $6)
                     ORDER BY at, rank, id LIMIT $7) AS page
                 WINDOW place AS (ORDER BY at, rank, id)) AS counted
             WHERE size <= $8 OR number = 1) AS sized ON true
         ORDER BY sized.number"
    )
}

/// Reads a page.
///
/// # Errors
/// `Usage` for a time if the table has none, `Failed` on a standby.
pub(super) async fn appended(client: &Client, layout: &Layout, request: &AppendedRequest) -> Result<AppendedPage> {
    if request.since.is_some() {
        need_time(layout)?;
    }
    let (seen, until, place) = match &request.after {
        After::Nothing => (None, None, None),
        After::Everything => {
            let query = "SELECT pg_current_snapshot()::text, clock_timestamp(), pg_is_in_recovery()";
            let row = client.query_one(query, &[]).await.map_err(failed("find the end of the outbox"))?;
            // Its snapshots do not list the transactions in progress, so that those would be missed.
            if row.get(2) {
                let text = "the server is a standby (pg_is_in_recovery): rows can only be followed on the primary";
                return Err(
                    Error::new(Kind::Failed, text).hint("connect to the primary server, or to the writer endpoint")
                );
            }
            return Ok(AppendedPage { rows: Vec::new(), next: After::Snapshot(row.get(0)), now: row.get(1) });
        }
        After::Snapshot(seen) => (Some(seen.as_str()), None, None),
        After::Row { seen, until, at, sequence, id } => {
            (seen.as_deref(), Some(until.as_str()), Some((*at, *sequence, *id)))
        }
    };
    let (at, sequence, id) = (place.map(|(at, ..)| at), place.map(|(_, n, _)| n), place.map(|(.., id)| id));
    let found = client
        .query(&page(layout), &[&seen, &until, &at, &sequence, &id, &request.since, &MOST, &MOST_PAYLOAD])
        .await
        .map_err(failed("read the outbox"))?;
    let first = found.first().ok_or_else(|| Error::new(Kind::Unexpected, "the query returned no snapshot"))?;
    let (snapshot, now): (String, DateTime<Utc>) = (first.get(0), first.get(1));
    let until = until.map_or(snapshot, str::to_owned);
    // Without rows, the clock stands alone.
    let rows: Vec<_> = found.iter().filter(|row| row.get::<_, Option<Uuid>>("id").is_some()).collect();
    let next = match rows.last() {
        // Fewer rows than that may be a page, too, if their payload is large: the last page is empty.
        Some(last) => After::Row {
            seen: seen.map(str::to_owned),
            until,
            at: last.get("at"),
            sequence: last.get("rank"),
            id: last.get("id"),
        },
        None => After::Snapshot(until),
    };
    let row = |row: &Row| AppendedRow {
        row: EventRow::read(row),
        correlation_id: row.get("correlation_id"),
        marked: row.get("marked"),
    };
    Ok(AppendedPage { rows: rows.into_iter().map(row).collect(), next, now })
}
