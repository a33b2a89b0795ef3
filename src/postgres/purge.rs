//! Deletes processed rows in batches: short transactions do not block others and leave room for vacuum.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use uuid::Uuid;

use super::fault::failed;
use super::names::Names;
use super::query::rows;
use super::row::need_age;
use crate::base::error::Result;
use crate::outbox::Layout;

/// Rows per transaction.
const BATCH: i64 = 5_000;

/// A batch to delete. Callers repeat it until the answer is 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum PurgeRequest {
    /// Outbox rows that each of these consumer groups has processed successfully; if empty, rows that any group has
    /// processed.
    Processed {
        before: DateTime<Utc>,
        #[serde(default)]
        groups: Vec<String>,
    },
    /// Outbox rows with these ids.
    Rows { ids: Vec<Uuid>, before: DateTime<Utc> },
    /// Marks of events without an outbox row.
    Marks { before: DateTime<Utc> },
}

/// Number of rows to purge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purgeable {
    /// Outbox rows that are old enough.
    pub old: i64,
    /// Those of them that every group has processed.
    pub processed: i64,
    /// Marks that are old enough and have no outbox row.
    pub marks: i64,
    /// The groups that count: the requested ones, or all that ever marked an event.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// Returns the condition that consumers have processed the row, of which every group of $2.
fn is_done(names: &Names) -> String {
    let Names { id, is_open, .. } = names;
    format!(
        "NOT ({is_open}) AND NOT EXISTS (
            SELECT FROM unnest($2::text[]) AS wanted(consumer) WHERE NOT EXISTS (
                SELECT FROM public.outbox_processed p
                WHERE p.consumer = wanted.consumer AND p.event_id = {id} AND p.succeeded))"
    )
}

pub(super) async fn purge(client: &Client, layout: &Layout, request: &PurgeRequest) -> Result<u64> {
    need_age(layout)?;
    let names = Names::of(layout, "outbox");
    let Names { table, id, created_at, .. } = &names;
    match request {
        PurgeRequest::Processed { before, groups } => {
            let done = is_done(&names);
            let query = format!(
                "DELETE FROM {table} AS outbox WHERE {id} IN (
                     SELECT {id} FROM {table} AS outbox WHERE {created_at} < $1 AND {done} LIMIT $3)"
            );
            client.execute(&query, &[before, groups, &BATCH]).await
        }
        PurgeRequest::Rows { ids, before } => {
            let query = format!("DELETE FROM {table} AS outbox WHERE {id} = ANY($1) AND {created_at} < $2");
            client.execute(&query, &[ids, before]).await
        }
        PurgeRequest::Marks { before } => {
            let query = format!(
                "DELETE FROM public.outbox_processed WHERE (consumer, event_id) IN (
                     SELECT p.consumer, p.event_id FROM public.outbox_processed p
                     WHERE p.processed_at < $1 AND p.succeeded
                       AND NOT EXISTS (SELECT FROM {table} AS outbox WHERE {id} = p.event_id) LIMIT $2)"
            );
            client.execute(&query, &[before, &BATCH]).await
        }
    }
    .map_err(failed("purge"))
}

pub(super) async fn purgeable(
    client: &Client,
    layout: &Layout,
    before: DateTime<Utc>,
    groups: &[String],
) -> Result<Purgeable> {
    need_age(layout)?;
    let groups = if groups.is_empty() { all_groups(client).await? } else { groups.to_vec() };
    let names = Names::of(layout, "outbox");
    let (done, kept) = (is_done(&names), Names::of(layout, "o"));
    let Names { table, created_at, .. } = &names;
    let Names { id: kept_id, created_at: kept_at, is_open: kept_open, .. } = &kept;
    let query = format!(
        "SELECT count(*), count(*) FILTER (WHERE {done}),
                (SELECT count(*) FROM public.outbox_processed p WHERE p.processed_at < $1 AND p.succeeded
                  AND NOT EXISTS (SELECT FROM {table} AS o WHERE {kept_id} = p.event_id AND ({kept_at} >= $1 OR {kept_open})))
         FROM {table} AS outbox WHERE {created_at} < $1"
    );
    let row = client.query_one(&query, &[&before, &groups]).await.map_err(failed("count what can be purged"))?;
    Ok(Purgeable { old: row.get(0), processed: row.get(1), marks: row.get(2), groups })
}

/// Lists every group with a mark, by one lookup in the primary key per group: there are as many marks as events.
async fn all_groups(client: &Client) -> Result<Vec<String>> {
    let query = "WITH RECURSIVE known(consumer) AS (
                     SELECT min(consumer) FROM public.outbox_processed
                     UNION ALL
                     SELECT (SELECT min(consumer) FROM public.outbox_processed p WHERE p.consumer > known.consumer)
                     FROM known WHERE known.consumer IS NOT NULL)
                 SELECT consumer FROM known WHERE consumer IS NOT NULL";
    rows(client, "list the consumer groups", query, &[], |row| row.get(0)).await
}
