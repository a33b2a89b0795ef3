//! Rows of a PostgreSQL outbox, directly or through the admin function.

use serde_json::value::RawValue;

use super::Filter;
use crate::deployment::database::Database;
use crate::error::{Error, Kind, Result};
use crate::outbox::Message;
use crate::postgres::admin::{CommittedRequest, CommittedRow, OutboxKey};

pub(super) async fn page(
    database: &mut Database,
    filter: &Filter,
    after: Option<OutboxKey>,
) -> Result<(Vec<Message>, Option<OutboxKey>)> {
    let Filter { from, until, aggregate, event_type, ids } = filter.clone();
    let rows = database.committed(CommittedRequest { after, from, until, aggregate, event_type, ids }).await?;
    let next = rows.last().map(|row| OutboxKey {
        aggregate_type: row.aggregate_type.clone(),
        aggregate_id: row.aggregate_id.clone(),
        sequence: row.sequence,
    });
    Ok((rows.into_iter().map(message).collect::<Result<_>>()?, next))
}

fn message(row: CommittedRow) -> Result<Message> {
    let payload = RawValue::from_string(row.payload);
    let payload = payload.map_err(|error| Error::new(Kind::Unexpected, "jsonb that is not JSON").with_source(error))?;
    Ok(Message {
        id: row.id,
        aggregate_type: row.aggregate_type,
        aggregate_id: row.aggregate_id,
        event_type: row.event_type,
        sequence: row.sequence,
        payload,
        traceparent: row.traceparent,
        schema_version: row.schema_version,
        committed_at: row.created_at,
        replay: None,
    })
}
