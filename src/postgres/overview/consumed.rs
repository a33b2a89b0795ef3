//! The processed log of consumers, and the records that they failed to process.

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, Row};

use super::super::fault::failed;
use super::super::query::{rows, value};
use super::{COUNTED, Earlier, FailedRecord, MAX_ROWS, OverviewRequest, Place, Processed};
use crate::base::error::Result;

/// Maximum rows of the processed log in the first request, from which recent rates are derived: 1.5 MB.
const FIRST_ROWS: i64 = 5_000;

/// Rows of the processed log.
#[derive(Default)]
pub(super) struct Log {
    pub(super) rows: Option<Vec<Processed>>,
    pub(super) until: Option<Place>,
    pub(super) earlier: Earlier,
}

/// Returns rows of the processed log. Rows after those of running transactions are returned later, so that none is
/// skipped.
pub(super) async fn processed(client: &Client, request: &OverviewRequest) -> Result<Log> {
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
    let place = |row: &Row| Place { xact: row.get(11), position: row.get(12) };
    let full = request.processed_after.is_none() && found.len() as i64 >= FIRST_ROWS;
    let earlier = match found.first().filter(|_| full) {
        Some(oldest) => earlier(client, &place(oldest), request.processed_since).await?,
        None => Earlier::default(),
    };
    let until = found.last().map(place).or_else(|| request.processed_after.clone());
    let row = |row: Row| Processed {
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

pub(super) async fn failures_total(client: &Client) -> Result<usize> {
    let query = "SELECT count(*) FROM (SELECT FROM public.outbox_failures LIMIT $1) AS found";
    let count: i64 = value(client, "count the failures", query, &[&COUNTED]).await?;
    Ok(usize::try_from(count).unwrap_or_default())
}

pub(super) async fn failures(client: &Client, most: i64) -> Result<Vec<FailedRecord>> {
    let query = "SELECT id, consumer, event_id, shard_id, sequence_number, reason, attempts,
                        substr(payload, 1, 4000), failed_at
                 FROM public.outbox_failures ORDER BY id DESC LIMIT $1";
    let record = |row: Row| FailedRecord {
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
    rows(client, "read the failures", query, &[&most], record).await
}
