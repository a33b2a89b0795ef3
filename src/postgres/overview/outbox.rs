//! The outbox: its size, and its newest rows.

use chrono::{DateTime, Utc};
use tokio_postgres::{Client, Row};

use super::super::fault::failed;
use super::super::names::Names;
use super::super::query::rows;
use super::{COUNTED, Fill, OutboxRow};
use crate::base::error::Result;
use crate::outbox::Layout;

/// Characters of a payload in a list.
const EXCERPT: i32 = 600;

pub(super) async fn fill(
    client: &Client,
    layout: &Layout,
    consumed: bool,
    captured_until: Option<DateTime<Utc>>,
) -> Result<Fill> {
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
pub(super) async fn newest(client: &Client, layout: &Layout, most: i64, consumed: bool) -> Result<Vec<OutboxRow>> {
    let names = Names::of(layout, "o");
    let Names { table, id, aggregate_type, aggregate_id, event_type, sequence, payload, .. } = &names;
    let (Names { created_at, time, processed_at, .. }, is_open) = (&names, names.is_open(layout, consumed));
    let columns = format!(
        "{id}, {aggregate_type}, {aggregate_id}, {event_type}, {sequence}, left({payload}, $2::int),
         {time} AS created_at, {processed_at}"
    );
    let open = format!("SELECT {columns} FROM {table} AS o WHERE {is_open} ORDER BY {created_at} DESC LIMIT $1");
    let done = format!(
        "SELECT {columns}
         FROM (SELECT event_id FROM public.outbox_processed ORDER BY xact DESC, position DESC LIMIT $1) AS done
         JOIN {table} AS o ON {id} = done.event_id WHERE NOT ({is_open})"
    );
    let query =
        if consumed { format!("(({open}) UNION ({done})) ORDER BY created_at DESC NULLS LAST LIMIT $1") } else { open };
    let outbox_row = |row: Row| OutboxRow {
        id: row.get(0),
        aggregate_type: row.get(1),
        aggregate_id: row.get(2),
        event_type: row.get(3),
        sequence: row.get(4),
        message: row.get(5),
        created_at: row.get(6),
        processed_at: row.get(7),
    };
    rows(client, "read the outbox", &query, &[&most, &EXCERPT], outbox_row).await
}
