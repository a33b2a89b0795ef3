//! Deleting what is done with, a batch at a time: short transactions hold nobody up and leave room for vacuum.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use uuid::Uuid;

use super::fault::failed;
use crate::error::Result;

/// Rows of one transaction.
const BATCH: i64 = 5_000;

/// One batch. Whoever asks asks again until an answer is 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum PurgeRequest {
    /// Outbox rows that a consumer has marked.
    Processed { before: DateTime<Utc> },
    /// These outbox rows.
    Rows { ids: Vec<Uuid>, before: DateTime<Utc> },
    /// Marks of events whose outbox row is gone.
    Marks { before: DateTime<Utc> },
}

/// How many rows there are to purge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purgeable {
    /// Outbox rows that are old enough.
    pub old: i64,
    /// Of them, those that a consumer has marked.
    pub processed: i64,
    /// Marks that are old enough and have no row any more.
    pub marks: i64,
}

pub(super) async fn purge(client: &Client, request: &PurgeRequest) -> Result<u64> {
    match request {
        PurgeRequest::Processed { before } => {
            let query = "DELETE FROM public.outbox WHERE id IN (
                             SELECT id FROM public.outbox WHERE created_at < $1 AND processed_at IS NOT NULL LIMIT $2)";
            client.execute(query, &[before, &BATCH]).await
        }
        PurgeRequest::Rows { ids, before } => {
            let query = "DELETE FROM public.outbox WHERE id = ANY($1) AND created_at < $2";
            client.execute(query, &[ids, before]).await
        }
        PurgeRequest::Marks { before } => {
            let query = "DELETE FROM public.outbox_processed WHERE (consumer, event_id) IN (
                             SELECT p.consumer, p.event_id FROM public.outbox_processed p
                             WHERE p.processed_at < $1 AND p.succeeded
                               AND NOT EXISTS (SELECT FROM public.outbox WHERE id = p.event_id) LIMIT $2)";
            client.execute(query, &[before, &BATCH]).await
        }
    }
    .map_err(failed("purge"))
}

pub(super) async fn purgeable(client: &Client, before: DateTime<Utc>) -> Result<Purgeable> {
    let query = "
        SELECT count(*), count(processed_at),
               (SELECT count(*) FROM public.outbox_processed p WHERE p.processed_at < $1 AND p.succeeded
                 AND NOT EXISTS (SELECT FROM public.outbox o WHERE o.id = p.event_id AND o.created_at >= $1
                                                                OR o.id = p.event_id AND o.processed_at IS NULL))
        FROM public.outbox WHERE created_at < $1";
    let row = client.query_one(query, &[&before]).await.map_err(failed("count what can be purged"))?;
    Ok(Purgeable { old: row.get(0), processed: row.get(1), marks: row.get(2) })
}
