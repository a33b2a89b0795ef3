//! The inbox of a consumer: reads which events are processed, and marks events.
//!
//! A mark is one statement, so one transaction: the inbox row, the outbox row's `processed_at`, and for a failed event
//! its failure row, all or none. Marking is idempotent.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::fault::failed;
use super::names::{Names, mark};
use super::query::{rows, value};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;

/// A record, and its position in the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub shard_id: String,
    pub sequence_number: String,
    pub partition_key: String,
    pub payload: Vec<u8>,
}

/// An event that was processed, or failed.
#[derive(Debug, Clone)]
pub struct Mark {
    pub event_id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// `None` if the event has none.
    pub sequence: Option<i64>,
    pub committed_at: DateTime<Utc>,
    pub attempts: i32,
    pub shard_id: String,
    pub sequence_number: String,
    /// Digest of the event's content ([`digest`]).
    ///
    /// [`digest`]: crate::outbox::digest
    pub digest: u128,
}

/// A failed record, and the reason.
#[derive(Debug, Clone)]
pub struct Failure {
    pub delivery: Delivery,
    /// The mark of the event; `None` if the record contains no readable event, or one of a replay.
    pub event: Option<Mark>,
    /// The id of an event that gets no mark: that of a replay, which may have one from its delivery, or of a row that can't
    /// be read.
    pub unmarked: Option<Uuid>,
    pub reason: String,
    pub attempts: i32,
}

/// The inbox of one consumer group.
pub struct Inbox {
    client: Client,
    consumer: String,
    /// The statement that marks events.
    mark: String,
    /// Indicates whether the events are of a table of the application's own.
    foreign: bool,
}

/// Returns the statement that marks events and their rows.
fn mark_statement(layout: &Layout) -> String {
    // Without a column for it, only the log has the marks.
    let rows = mark(layout, "fresh.processed_at").map_or_else(String::new, |assignment| {
        let Names { table, id, is_open, .. } = Names::of(layout, "row");
        format!(
            ", outbox AS (
        UPDATE {table} AS row SET {assignment}
        FROM fresh WHERE {id} = fresh.event_id AND {is_open}
    )"
        )
    });
    format!(
        "{MARK}{rows}
    SELECT event_id FROM fresh"
    )
}

const MARK: &str = "WITH marks AS (
        SELECT * FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::timestamptz[], $8::int[],
                             $9::text[], $10::text[], $11::bytea[])
            WITH ORDINALITY AS m (event_id, aggregate_type, aggregate_id, event_type, sequence, committed_at, attempts,
                                  shard_id, sequence_number, digest, place)
    ), fresh AS (
        INSERT INTO public.outbox_processed (consumer, event_id, aggregate_type, aggregate_id, event_type, sequence,
                                             committed_at, attempts, shard_id, sequence_number, succeeded, digest)
        SELECT $1, event_id, aggregate_type, aggregate_id, event_type, sequence, committed_at, attempts, shard_id,
               sequence_number, true, digest
        FROM marks ORDER BY place
        ON CONFLICT DO NOTHING
        RETURNING event_id, processed_at
    )";

const FAIL_EVENT: &str = "WITH fresh AS (
        INSERT INTO public.outbox_processed (consumer, event_id, aggregate_type, aggregate_id, event_type, sequence,
                                             committed_at, attempts, shard_id, sequence_number, succeeded)
        VALUES ($1, $9, $10, $11, $12, $13, $14, $7, $3, $4, false)
        ON CONFLICT DO NOTHING
        RETURNING event_id
    )
    INSERT INTO public.outbox_failures (consumer, stream, shard_id, sequence_number, partition_key, reason, attempts,
                                        payload, event_id)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, event_id FROM fresh
    ON CONFLICT DO NOTHING";

const FAIL_RECORD: &str = "INSERT INTO public.outbox_failures (consumer, stream, shard_id, sequence_number,
                                                             partition_key, reason, attempts, payload, event_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT DO NOTHING";

impl Inbox {
    /// Creates an inbox for events of `layout`; `consumer` names the group, and groups mark independently of each
    /// other.
    pub fn new(client: Client, consumer: impl Into<String>, layout: &Layout) -> Self {
        Self { client, consumer: consumer.into(), mark: mark_statement(layout), foreign: !layout.is_own() }
    }

    /// Returns whether the connection is closed; a new one is needed then.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Checks that marks can be written: an error of a mark comes after its event was processed.
    ///
    /// # Errors
    /// `Schema` if the database has an older version than this executable.
    pub async fn check(&self) -> Result<()> {
        let looked = self.client.execute("SELECT digest FROM public.outbox_processed LIMIT 0", &[]).await;
        looked.map_err(failed("read the inbox"))?;
        if !self.foreign {
            return Ok(());
        }
        // The last migration for such tables.
        let query = "SELECT atttypid = 'text'::regtype FROM pg_attribute
                     WHERE attrelid = 'public.outbox_processed'::regclass AND attname = 'aggregate_id'";
        if !value::<bool>(&self.client, "read the inbox", query, &[]).await? {
            let text = "outbox_processed does not accept every event of an outbox table of the application's own";
            return Err(Error::new(Kind::Schema, text).hint("run `outboxctl db init`"));
        }
        Ok(())
    }

    /// Returns which of these events were marked before, as processed or as failed.
    pub async fn known(&self, events: &[Uuid]) -> Result<HashSet<Uuid>> {
        let query = "SELECT event_id FROM public.outbox_processed WHERE consumer = $1 AND event_id = ANY($2)";
        let known = rows(&self.client, "read the inbox", query, &[&self.consumer, &events], |row| row.get(0)).await?;
        Ok(known.into_iter().collect())
    }

    /// Marks events as processed, in this order; returns those that were not marked before.
    pub async fn mark(&self, marks: &[Mark]) -> Result<HashSet<Uuid>> {
        fn column<'m, T>(marks: &'m [Mark], pick: impl Fn(&'m Mark) -> T) -> Vec<T> {
            marks.iter().map(pick).collect()
        }
        let parameters: &[&(dyn ToSql + Sync)] = &[
            &self.consumer,
            &column(marks, |m| m.event_id),
            &column(marks, |m| m.aggregate_type.as_str()),
            &column(marks, |m| m.aggregate_id.as_str()),
            &column(marks, |m| m.event_type.as_str()),
            &column(marks, |m| m.sequence),
            &column(marks, |m| m.committed_at),
            &column(marks, |m| m.attempts),
            &column(marks, |m| m.shard_id.as_str()),
            &column(marks, |m| m.sequence_number.as_str()),
            &column(marks, |m| m.digest.to_be_bytes().to_vec()),
        ];
        let fresh = rows(&self.client, "mark events as processed", &self.mark, parameters, |row| row.get(0)).await?;
        Ok(fresh.into_iter().collect())
    }

    /// Stores a failed record. Its outbox row stays unprocessed.
    pub async fn fail(&self, stream: &str, failure: &Failure) -> Result<()> {
        let Failure { delivery, event, unmarked, reason, attempts } = failure;
        let Delivery { shard_id, sequence_number, partition_key, payload } = delivery;
        // PostgreSQL's text contains no NUL.
        let [reason, partition_key] = [reason, partition_key].map(|text| text.replace('\0', "\u{fffd}"));
        let mut parameters: Vec<&(dyn ToSql + Sync)> =
            vec![&self.consumer, &stream, shard_id, sequence_number, &partition_key, &reason, attempts, payload];
        let statement = match event {
            None => {
                parameters.push(unmarked);
                FAIL_RECORD
            }
            Some(event) => {
                let Mark { event_id, aggregate_type, aggregate_id, event_type, sequence, committed_at, .. } = event;
                let event: [&(dyn ToSql + Sync); 6] =
                    [event_id, aggregate_type, aggregate_id, event_type, sequence, committed_at];
                parameters.extend(event);
                FAIL_EVENT
            }
        };
        let written = self.client.execute(statement, &parameters).await;
        written.map(drop).map_err(failed("store a record that could not be processed"))
    }
}
