//! Rows of a PostgreSQL outbox, directly or through the admin function.

use chrono::Utc;
use serde_json::value::RawValue;

use super::{Filter, Page};
use crate::base::error::Result;
use crate::deployment::database::Database;
use crate::outbox::Message;
use crate::postgres::admin::{CommittedRequest, CommittedRow, OutboxKey};

/// Reads a page; rows whose payload is not JSON are unreadable.
pub(super) async fn page(
    database: &mut Database,
    filter: &Filter,
    after: Option<OutboxKey>,
) -> Result<Page<OutboxKey>> {
    let rows = database.committed(CommittedRequest { after, filter: filter.clone() }).await?;
    let next = rows.last().map(key);
    let count = rows.len();
    let messages: Vec<Message> = rows.into_iter().filter_map(message).collect();
    let unreadable = (count - messages.len()) as u64;
    Ok(Page { messages, unreadable, next })
}

/// Returns the position after a row. An admin function of an older version reports rows of our own table alone, by
/// their sequence.
fn key(CommittedRow { row, key }: &CommittedRow) -> OutboxKey {
    key.clone().unwrap_or_else(|| OutboxKey {
        aggregate_type: row.aggregate_type.clone(),
        aggregate_id: row.aggregate_id.clone(),
        sequence: row.sequence.unwrap_or_default(),
        at: None,
        id: None,
    })
}

/// Returns the event of a row; `None` if its payload is not JSON, as a payload of type text can be.
fn message(CommittedRow { row, .. }: CommittedRow) -> Option<Message> {
    let payload = RawValue::from_string(row.payload?).ok()?;
    Some(Message {
        id: row.id,
        aggregate_type: row.aggregate_type,
        aggregate_id: row.aggregate_id,
        event_type: row.event_type,
        sequence: row.sequence,
        payload,
        traceparent: row.traceparent,
        schema_version: row.schema_version,
        // Without a time in the table, an event that is delivered from it has the time of its reading.
        committed_at: row.created_at.unwrap_or_else(Utc::now),
        replay: None,
    })
}
