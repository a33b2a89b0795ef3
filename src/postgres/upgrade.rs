//! The prerequisites of a major upgrade of the server, and the statistics after it.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Row};

use super::fault::failed;
use super::query::{rows, value};
use crate::base::error::Result;

/// Time after which [`analyze`] returns, after the table under way: a call of the admin function has 300 s.
const LIMIT: Duration = Duration::from_secs(20);

/// The state of a server before an upgrade.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpgradeState {
    /// PostgreSQL's version, like "16.4".
    pub server: String,
    /// Logical replication slots of all databases.
    pub slots: Vec<LogicalSlot>,
    /// Names of prepared transactions.
    pub prepared: Vec<String>,
    /// Columns of this database with types that an upgrade can't keep, as `schema.table.column`.
    pub reg_columns: Vec<String>,
    /// Databases of which DROP DATABASE was interrupted.
    pub invalid_databases: Vec<String>,
    /// Further databases, which are upgraded as well.
    pub other_databases: Vec<String>,
    /// Extensions of this database besides plpgsql, with their versions.
    pub extensions: Vec<String>,
}

/// A logical replication slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogicalSlot {
    pub name: String,
    pub plugin: String,
    pub database: String,
    /// Indicates whether a reader is connected.
    pub active: bool,
    /// Indicates whether the slot is of the outbox's database.
    pub here: bool,
}

/// Reads the state. Queries: "How to perform a major version upgrade for RDS for PostgreSQL" in the RDS user guide; the
/// types: "pg_upgrade" in the PostgreSQL documentation.
///
/// # Errors
/// Those of the queries.
pub(super) async fn state(client: &Client) -> Result<UpgradeState> {
    const READING: &str = "read the state before an upgrade";
    let slots = "SELECT slot_name::text, plugin::text, database::text, active, database = current_database()
                 FROM pg_replication_slots WHERE slot_type = 'logical' ORDER BY 1";
    let slot = |row: Row| LogicalSlot {
        name: row.get(0),
        plugin: row.get(1),
        database: row.get(2),
        active: row.get(3),
        here: row.get(4),
    };
    let names = async |query: &str| rows(client, READING, query, &[], |row| row.get(0)).await;
    Ok(UpgradeState {
        server: value(client, READING, "SELECT current_setting('server_version')", &[]).await?,
        slots: rows(client, READING, slots, &[], slot).await?,
        prepared: names("SELECT gid::text FROM pg_prepared_xacts ORDER BY 1").await?,
        reg_columns: names(
            "SELECT n.nspname || '.' || c.relname || '.' || a.attname
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE NOT a.attisdropped AND c.relkind IN ('r', 'm', 'i')
               AND n.nspname NOT IN ('pg_catalog', 'information_schema')
               AND a.atttypid IN ('regproc'::regtype, 'regprocedure'::regtype, 'regoper'::regtype,
                                  'regoperator'::regtype, 'regconfig'::regtype, 'regdictionary'::regtype)
             ORDER BY 1",
        )
        .await?,
        invalid_databases: names("SELECT datname::text FROM pg_database WHERE datconnlimit = -2 ORDER BY 1").await?,
        other_databases: names(
            "SELECT datname::text FROM pg_database
             WHERE datallowconn AND NOT datistemplate AND datname NOT IN (current_database(), 'postgres', 'rdsadmin')
             ORDER BY 1",
        )
        .await?,
        extensions: names(
            "SELECT extname || ' ' || extversion FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1",
        )
        .await?,
    })
}

/// Analyzes the tables of this database with a higher oid than `after`, in the order of their oids, for [`LIMIT`].
/// Returns their number and the last oid if there are more. Tables of other owners are skipped by the server; tables
/// that are dropped in the meantime are skipped here.
///
/// # Errors
/// Those of the server.
pub(super) async fn analyze(client: &Client, after: u32) -> Result<(u64, Option<u32>)> {
    let analyzing = || failed("refresh the statistics");
    let begun = Instant::now();
    let tables = "SELECT c.oid, format('%I.%I', n.nspname, c.relname) FROM pg_class c
                  JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p', 'm') AND c.oid > $1 AND c.relpersistence <> 't'
                    AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
                  ORDER BY c.oid";
    let tables = client.query(tables, &[&after]).await.map_err(analyzing())?;
    let mut done = 0;
    for row in &tables {
        match client.batch_execute(&format!("ANALYZE {}", row.get::<_, &str>(1))).await {
            Ok(()) => done += 1,
            // It was dropped or renamed since it was listed.
            Err(error) if is_gone(&error) => {}
            Err(error) => return Err(analyzing()(error)),
        }
        if begun.elapsed() > LIMIT {
            return Ok((done, Some(row.get(0))));
        }
    }
    Ok((done, None))
}

/// Returns whether the statement failed because its table or its schema does not exist.
fn is_gone(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(&SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME))
}
