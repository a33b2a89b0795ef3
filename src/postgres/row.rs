//! A row of the outbox, as the requests that read it page by page return it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;

/// Maximum rows per page.
pub(super) const MOST: i64 = 5_000;
/// Maximum characters of payload per page, except for a single row: an answer of the admin function holds 6 MB.
pub(super) const MOST_PAYLOAD: i64 = 2_500_000;

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRow {
    pub id: Uuid,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub event_type: String,
    /// `None` if the table has no such column.
    pub sequence: Option<i64>,
    /// JSON as text, so that numbers keep their digits; `None` if it is null.
    pub payload: Option<String>,
    pub traceparent: Option<String>,
    pub schema_version: i32,
    /// `None` if the table has no such column.
    pub created_at: Option<DateTime<Utc>>,
}

impl EventRow {
    /// Reads the columns, which a statement calls as these fields.
    pub(super) fn read(row: &Row) -> Self {
        Self {
            id: row.get("id"),
            aggregate_type: row.get("aggregate_type"),
            aggregate_id: row.get("aggregate_id"),
            event_type: row.get("event_type"),
            sequence: row.get("sequence"),
            payload: row.get("payload"),
            traceparent: row.get("traceparent"),
            schema_version: row.get("schema_version"),
            created_at: row.get("created_at"),
        }
    }
}

/// Checks that rows can be selected by time.
///
/// # Errors
/// `Usage` for a table without a time.
pub fn need_time(layout: &Layout) -> Result<()> {
    created_at(layout, "its rows can't be selected by time", "")
}

/// Checks that the age of rows is known.
///
/// # Errors
/// `Usage` for a table without a time.
pub(super) fn need_age(layout: &Layout) -> Result<()> {
    created_at(layout, "the age of its rows is not known", "; otherwise the application deletes its rows")
}

fn created_at(layout: &Layout, problem: &str, otherwise: &str) -> Result<()> {
    if layout.columns.created_at.is_some() {
        return Ok(());
    }
    Err(Error::new(Kind::Usage, format!("{} has no created_at column: {problem}", layout.full_name()))
        .hint(format!("name the column in [outbox] of outboxctl.toml, if there is one{otherwise}")))
}
