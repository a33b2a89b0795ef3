//! State of the database, for `db status`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, GenericClient};

use super::blocking::{self, OpenTransaction};
use super::ensure::{self, PUBLICATION, PUBLISHED_WHOLE};
use super::fault::failed;
use super::names::{Names, finite, table};
use super::query::{exists, value};
use super::schema::{MIGRATIONS, Step, recorded};
use super::slots::{self, Slot};
use crate::base::error::Result;
use crate::outbox::Layout;

/// Above this number of rows, by the planner's estimate, the estimate is reported instead of a count.
const COUNTED: i64 = 1_000_000;

/// The state of schema, outbox and capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    /// PostgreSQL's version, like "16.4".
    pub server: String,
    /// The setting: `logical` if changes can be captured. `None` from an admin function of an older version.
    #[serde(default)]
    pub wal_level: Option<String>,
    pub applied: Vec<Applied>,
    pub pending: Vec<Step>,
    /// `None` before `db init`.
    pub outbox: Option<Outbox>,
    /// Indicates whether the publication exists and contains the outbox table with all rows and columns.
    pub publication: bool,
    pub slots: Vec<Slot>,
    /// Transactions that a new slot would wait for. Empty from an admin function of an older version.
    #[serde(default)]
    pub open_transactions: Vec<OpenTransaction>,
    pub warnings: Vec<String>,
}

impl StatusReport {
    /// Returns an applied migration that this executable does not have.
    pub fn unknown(&self) -> Option<&Applied> {
        self.applied.iter().find(|applied| MIGRATIONS.iter().all(|known| known.version != applied.version))
    }
}

/// An applied migration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    pub version: i32,
    pub name: String,
    pub applied_at: DateTime<Utc>,
}

/// Size of the outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outbox {
    pub rows: i64,
    /// `false` if `rows` is the planner's estimate.
    pub exact: bool,
    /// Commit time of the oldest row that is not marked processed.
    pub oldest_unprocessed: Option<DateTime<Utc>>,
    /// Commit time of the oldest row.
    pub oldest: Option<DateTime<Utc>>,
    /// Size of table and indexes.
    pub bytes: i64,
    /// Size of the indexes.
    pub index_bytes: i64,
    /// Deleted and outdated rows that vacuum has not removed yet, by the statistics.
    pub dead_rows: i64,
    pub last_vacuum: Option<DateTime<Utc>>,
    /// Number of rows in `outbox_failures`.
    pub dead_lettered: i64,
}

pub(super) async fn status(client: &Client, layout: &Layout) -> Result<StatusReport> {
    let server = client.query_one("SELECT current_setting('server_version'), current_setting('wal_level')", &[]).await;
    let server = server.map_err(failed("read the server's version"))?;
    let ledger = exists(client, "public.outboxctl_migrations").await?;
    let recorded = if ledger { recorded(client).await? } else { Default::default() };
    let known = |version: &i32| recorded.contains_key(version);
    // A database that was set up without the sample does not need its tables.
    let sample = recorded.is_empty() || MIGRATIONS.iter().any(|m| m.is_of_sample() && known(&m.version));
    Ok(StatusReport {
        server: server.get(0),
        wal_level: server.get(1),
        pending: MIGRATIONS
            .iter()
            .filter(|m| !known(&m.version) && m.is_needed(layout, sample))
            .map(Step::from)
            .collect(),
        outbox: if exists(client, &table(layout)).await? { Some(outbox(client, layout).await?) } else { None },
        publication: publication(client, layout).await?,
        slots: slots::slots(client).await?,
        open_transactions: blocking::open_transactions(client).await?,
        warnings: ensure::warnings(client).await?,
        applied: recorded
            .into_iter()
            .map(|(version, row)| Applied { version, name: row.name, applied_at: row.applied_at })
            .collect(),
    })
}

async fn publication(client: &impl GenericClient, layout: &Layout) -> Result<bool> {
    let query = format!(
        "SELECT EXISTS (SELECT FROM pg_publication_tables t
         WHERE pubname = $1 AND schemaname = $2 AND tablename = $3 AND {PUBLISHED_WHOLE})"
    );
    value(client, "look for the publication", &query, &[&PUBLICATION, &layout.schema, &layout.table]).await
}

async fn outbox(client: &impl GenericClient, layout: &Layout) -> Result<Outbox> {
    let names = Names::of(layout, "row");
    let Names { table, created_at, .. } = &names;
    let [oldest_open, oldest] = ["unprocessed.at", "whole.at"].map(finite);
    let is_open = names.is_open(layout, exists(client, "public.outbox_processed").await?);
    let row = client
        .query_one(
            &format!(
                "SELECT c.reltuples::bigint, pg_total_relation_size(c.oid),
                        (SELECT {oldest_open} FROM (SELECT min({created_at}) AS at FROM {table} AS row WHERE {is_open}) AS unprocessed),
                        (SELECT {oldest} FROM (SELECT min({created_at}) AS at FROM {table} AS row) AS whole),
                        pg_indexes_size(c.oid),
                        coalesce(s.n_dead_tup, 0), greatest(s.last_vacuum, s.last_autovacuum)
                 FROM pg_class c LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
                 WHERE c.oid = to_regclass($1)"
            ),
            &[table],
        )
        .await
        .map_err(failed("measure the outbox"))?;
    let estimate: i64 = row.get(0);
    let exact = estimate < COUNTED;
    let rows = if exact {
        value(client, "count the outbox", &format!("SELECT count(*) FROM {table}"), &[]).await?
    } else {
        estimate
    };
    let dead_lettered = if exists(client, "public.outbox_failures").await? {
        value(client, "count the failures", "SELECT count(*) FROM public.outbox_failures", &[]).await?
    } else {
        0
    };
    Ok(Outbox {
        rows,
        exact,
        bytes: row.get(1),
        oldest_unprocessed: row.get(2),
        oldest: row.get(3),
        index_bytes: row.get(4),
        dead_rows: row.get(5),
        last_vacuum: row.get(6),
        dead_lettered,
    })
}
