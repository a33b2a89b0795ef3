//! Sequences after the database was restored to an earlier time.
//!
//! Events that were committed after the backup were delivered, and the restored tables know nothing of them: the
//! counters of their aggregates would assign the same sequences to other events, which receivers that compare sequences
//! take for repetitions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Transaction};
use uuid::Uuid;

use super::fault::failed;
use super::query::rows;
use crate::base::error::Result;

/// The last delivered event of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub event_id: Uuid,
    pub committed_at: DateTime<Utc>,
}

/// An aggregate with delivered events that the outbox does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Behind {
    pub aggregate_type: String,
    pub aggregate_id: String,
    /// Sequence of the last row that the backup had: the rows after it were written after the database was restored.
    pub kept: i64,
    /// The highest delivered sequence.
    pub delivered: i64,
    /// Number of rows that were written after the database was restored, with sequences that were delivered.
    pub reused: i64,
}

/// Returns the aggregates among them that the outbox is behind of: their last sequence is above the counter of the
/// aggregate, or another event has it. Purged rows leave their counter.
///
/// With `known`, aggregates without a counter are not included: they may be another application's. Every event that is
/// gone was committed before the database was restored, and every later row was written after it.
///
/// # Errors
/// Those of the query.
pub(super) async fn behind(client: &Client, delivered: &[Last], known: bool) -> Result<Vec<Behind>> {
    let query = "SELECT last.aggregate_type, last.aggregate_id, before.kept, last.sequence,
                        (SELECT count(*) FROM public.outbox AS row
                         WHERE row.aggregate_type = last.aggregate_type AND row.aggregate_id = last.aggregate_id
                           AND row.sequence > before.kept AND row.sequence <= last.sequence)
                 FROM unnest($1::text[], $2::text[], $3::bigint[], $4::uuid[], $5::timestamptz[])
                      AS last (aggregate_type, aggregate_id, sequence, id, committed_at)
                 LEFT JOIN public.outbox_sequences AS counter USING (aggregate_type, aggregate_id)
                 LEFT JOIN public.outbox AS same USING (aggregate_type, aggregate_id, sequence)
                 CROSS JOIN LATERAL
                     (SELECT coalesce(max(row.sequence), 0) AS kept FROM public.outbox AS row
                      WHERE row.aggregate_type = last.aggregate_type AND row.aggregate_id = last.aggregate_id
                        AND row.created_at <= last.committed_at) AS before
                 WHERE (counter.last IS NOT NULL OR NOT $6)
                   AND (coalesce(counter.last, 0) < last.sequence OR same.id <> last.id)
                 ORDER BY 1, 2";
    let types: Vec<&str> = delivered.iter().map(|last| last.aggregate_type.as_str()).collect();
    let aggregates: Vec<&str> = delivered.iter().map(|last| last.aggregate_id.as_str()).collect();
    let sequences: Vec<i64> = delivered.iter().map(|last| last.sequence).collect();
    let ids: Vec<Uuid> = delivered.iter().map(|last| last.event_id).collect();
    let times: Vec<DateTime<Utc>> = delivered.iter().map(|last| last.committed_at).collect();
    let behind = |row: Row| Behind {
        aggregate_type: row.get(0),
        aggregate_id: row.get(1),
        kept: row.get(2),
        delivered: row.get(3),
        reused: row.get(4),
    };
    let parameters: [&(dyn ToSql + Sync); 6] = [&types, &aggregates, &sequences, &ids, &times, &known];
    rows(client, "compare the sequences with the delivered events", query, &parameters, behind).await
}

/// Makes each aggregate continue after its highest delivered sequence: raises its counter, and moves the rows after
/// `kept` there. Returns the number of rows that got another sequence. A repetition changes nothing.
///
/// # Errors
/// Those of the statements.
pub(super) async fn advance(client: &mut Client, aggregates: &[Behind]) -> Result<u64> {
    let advancing = || failed("continue after the delivered sequences");
    let mut moved = 0;
    for aggregate in aggregates {
        let transaction = client.transaction().await.map_err(advancing())?;
        moved += one(&transaction, aggregate).await.map_err(advancing())?;
        transaction.commit().await.map_err(advancing())?;
    }
    Ok(moved)
}

async fn one(transaction: &Transaction<'_>, behind: &Behind) -> std::result::Result<u64, tokio_postgres::Error> {
    let Behind { aggregate_type, aggregate_id, kept, delivered, .. } = behind;
    // Locks the aggregate: an append waits.
    let counter =
        "INSERT INTO public.outbox_sequences AS counter (aggregate_type, aggregate_id, last) VALUES ($1, $2, $3)
                   ON CONFLICT (aggregate_type, aggregate_id) DO UPDATE SET last = greatest(counter.last, $3)";
    transaction.execute(counter, &[aggregate_type, aggregate_id, delivered]).await?;
    let rows = "SELECT min(sequence), max(sequence) FROM public.outbox
                WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence > $3";
    let rows = transaction.query_one(rows, &[aggregate_type, aggregate_id, kept]).await?;
    let (Some(first), Some(last)) = (rows.get::<_, Option<i64>>(0), rows.get::<_, Option<i64>>(1)) else {
        return Ok(0);
    };
    if first > *delivered {
        return Ok(0);
    }
    // Past all of them, so that no row gets the sequence of one that has not moved yet.
    let by = (*delivered).max(last) - kept;
    let moving = "UPDATE public.outbox SET sequence = sequence + $4
                  WHERE aggregate_type = $1 AND aggregate_id = $2 AND sequence > $3";
    let moved = transaction.execute(moving, &[aggregate_type, aggregate_id, kept, &by]).await?;
    let raise = "UPDATE public.outbox_sequences SET last = greatest(last, $3)
                 WHERE aggregate_type = $1 AND aggregate_id = $2";
    transaction.execute(raise, &[aggregate_type, aggregate_id, &(last + by)]).await?;
    Ok(moved)
}
