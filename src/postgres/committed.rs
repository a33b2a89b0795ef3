//! Reads the outbox in the order of its aggregates, page by page.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use super::fault::failed;
use super::names::Names;
use super::row::{EventRow, MOST, MOST_PAYLOAD, need_time};
use crate::base::error::Result;
use crate::outbox::{Layout, Message};

/// Position of a row in the order of its aggregates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxKey {
    pub aggregate_type: String,
    pub aggregate_id: String,
    /// 0 without a sequence.
    pub sequence: i64,
    /// The time, which orders events without a sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// The id, which orders events of one sequence or time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
}

/// Selects events; without conditions all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Written then or later.
    pub from: Option<DateTime<Utc>>,
    /// Written before.
    pub until: Option<DateTime<Utc>>,
    /// An aggregate's id.
    pub aggregate: Option<String>,
    pub event_type: Option<String>,
    /// Any of these; all if empty.
    pub ids: Vec<Uuid>,
}

impl Filter {
    /// Returns whether an event meets all conditions.
    pub fn passes(&self, message: &Message) -> bool {
        self.from.is_none_or(|from| message.committed_at >= from)
            && self.until.is_none_or(|until| message.committed_at < until)
            && self.aggregate.as_ref().is_none_or(|wanted| *wanted == message.aggregate_id)
            && self.event_type.as_ref().is_none_or(|wanted| *wanted == message.event_type)
            && (self.ids.is_empty() || self.ids.contains(&message.id))
    }
}

/// Request for rows after a position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedRequest {
    pub after: Option<OutboxKey>,
    #[serde(flatten)]
    pub filter: Filter,
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedRow {
    #[serde(flatten)]
    pub row: EventRow,
    /// Position of the next page.
    #[serde(default)]
    pub key: Option<OutboxKey>,
}

/// Returns the statement. Its inner query reads the unique index of our own table in order; the outer one limits the
/// payload per page.
fn page(layout: &Layout) -> String {
    let names = Names::of(layout, "row");
    let order = names.order();
    let [kind, aggregate, sequence, at, id] = &order;
    let (after, by) = if layout.is_own() {
        (format!("({kind}, {aggregate}, {sequence}) > ($1, $2, $3)"), format!("{kind}, {aggregate}, {sequence}"))
    } else {
        (format!("({kind}, {aggregate}, {sequence}, {at}, {id}) > ($1, $2, $3, $11, $12)"), order.join(", "))
    };
    let Names { table, event_type, payload, traceparent, schema_version, created_at, time, .. } = &names;
    format!(
        "SELECT id, aggregate_type, aggregate_id, event_type, sequence, payload, traceparent, schema_version, created_at,
                k3, k4
         FROM (SELECT *, sum(coalesce(length(payload), 0)) OVER place AS size, row_number() OVER place AS number
               FROM (SELECT {id_column} AS id, {kind} AS aggregate_type, {aggregate} AS aggregate_id, {event_type} AS event_type,
                            {plain_sequence} AS sequence, {payload} AS payload, {traceparent} AS traceparent,
                            {schema_version} AS schema_version, {time} AS created_at, {sequence} AS k3, {at} AS k4
                     FROM {table} AS row
                     WHERE ($1::text IS NULL OR {after})
                       AND ($4::timestamptz IS NULL OR {created_at} >= $4)
                       AND ($5::timestamptz IS NULL OR {created_at} < $5)
                       AND ($6::text IS NULL OR {aggregate} = $6)
                       AND ($7::text IS NULL OR {event_type} = $7)
                       AND (cardinality($8::uuid[]) = 0 OR {id_column} = ANY($8))
                     ORDER BY {by} LIMIT $9) AS page
               WINDOW place AS (ORDER BY aggregate_type, aggregate_id, k3, k4, id)) AS sized
         WHERE size <= $10 OR number = 1
         ORDER BY aggregate_type, aggregate_id, k3, k4, id",
        id_column = names.id,
        plain_sequence = names.sequence,
    )
}

/// Reads a page.
///
/// # Errors
/// `Usage` for a window of time if the table has no time.
pub(super) async fn committed(
    client: &Client,
    layout: &Layout,
    request: &CommittedRequest,
) -> Result<Vec<CommittedRow>> {
    let filter = &request.filter;
    if filter.from.is_some() || filter.until.is_some() {
        need_time(layout)?;
    }
    let after = request.after.as_ref();
    let (kind, aggregate, sequence) = (
        after.map(|key| key.aggregate_type.as_str()),
        after.map(|key| key.aggregate_id.as_str()),
        after.map(|key| key.sequence),
    );
    let (at, id) = (after.and_then(|key| key.at), after.and_then(|key| key.id));
    let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
        &kind,
        &aggregate,
        &sequence,
        &filter.from,
        &filter.until,
        &filter.aggregate,
        &filter.event_type,
        &filter.ids,
        &MOST,
        &MOST_PAYLOAD,
    ];
    if !layout.is_own() {
        parameters.extend([&at as &(dyn ToSql + Sync), &id]);
    }
    let rows = client.query(&page(layout), &parameters).await.map_err(failed("read the outbox"))?;
    let row = |found: &Row| {
        let row = EventRow::read(found);
        // The key of our own table is its unique index.
        let (at, id) = if layout.is_own() { (None, None) } else { (Some(found.get("k4")), Some(row.id)) };
        let (aggregate_type, aggregate_id) = (row.aggregate_type.clone(), row.aggregate_id.clone());
        let key = OutboxKey { aggregate_type, aggregate_id, sequence: found.get("k3"), at, id };
        CommittedRow { row, key: Some(key) }
    };
    Ok(rows.iter().map(row).collect())
}
