//! Sessions that others wait for: open transactions, and holders of locks on the outbox's tables.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, GenericClient, Row};

use super::names::quote_literal;
use super::query::rows;
use crate::base::error::Result;

/// Age from which an open transaction is reported.
const SETTLED: &str = "5 seconds";

/// An open transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTransaction {
    /// The backend's process; `None` for a prepared transaction.
    pub pid: Option<i32>,
    pub user: Option<String>,
    pub database: Option<String>,
    pub application: Option<String>,
    /// Start time. `None` if the role may not see it (it lacks pg_read_all_stats).
    pub since: Option<DateTime<Utc>>,
    /// The id of a prepared transaction, which belongs to no session.
    pub prepared: Option<String>,
}

impl OpenTransaction {
    /// Returns the SQL that ends the transaction.
    pub fn end(&self) -> String {
        match (&self.prepared, self.pid) {
            (Some(gid), _) => format!("ROLLBACK PREPARED {}", quote_literal(gid)),
            (None, pid) => format!("SELECT pg_terminate_backend({})", pid.unwrap_or_default()),
        }
    }

    /// Returns its description with its age at `now`: `the transaction of process 77, open since … (42 s)`.
    pub fn with_age(&self, now: DateTime<Utc>) -> String {
        match self.since {
            Some(since) => format!("{self} ({} s)", (now - since).num_seconds().max(0)),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for OpenTransaction {
    /// Writes `the transaction of process 77 (user app, psql), open since 12:00:00 UTC`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.prepared, self.pid) {
            (Some(gid), _) => write!(f, "the prepared transaction {gid:?}")?,
            (None, pid) => write!(f, "the transaction of process {}", pid.unwrap_or_default())?,
        }
        let application = self.application.as_deref().filter(|name| !name.is_empty());
        let who = [self.user.as_deref().map(|user| format!("user {user}")), application.map(str::to_owned)];
        let who: Vec<String> = who.into_iter().flatten().collect();
        if !who.is_empty() {
            write!(f, " ({})", who.join(", "))?;
        }
        match self.since {
            Some(since) => write!(f, ", open since {}", since.format("%Y-%m-%d %H:%M:%S UTC")),
            None => Ok(()),
        }
    }
}

/// Returns the transactions of the whole server that have written data and are open for some seconds, oldest first: the
/// creation of a logical replication slot waits for them. Source: PostgreSQL documentation, "Logical Decoding
/// Concepts"; `pg_locks` shows every session's, whatever the role may see in `pg_stat_activity`.
pub(super) async fn open_transactions(client: &impl GenericClient) -> Result<Vec<OpenTransaction>> {
    let query = format!(
        "SELECT l.pid, a.usename::text, a.datname::text, a.application_name::text, a.xact_start, NULL::text
         FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
           AND coalesce(a.backend_type, 'client backend') = 'client backend'
           AND coalesce(a.xact_start, '-infinity') < clock_timestamp() - interval '{SETTLED}'
         UNION ALL
         SELECT NULL, owner::text, database::text, NULL, prepared, gid
         FROM pg_prepared_xacts WHERE prepared < clock_timestamp() - interval '{SETTLED}'
         ORDER BY 5"
    );
    rows(client, "look for open transactions", &query, &[], transaction).await
}

/// Returns the transactions that hold a lock on a table of the outbox, or the lock of a migration, oldest first.
pub(super) async fn lock_holders(client: &Client, migration_lock: i64) -> Result<Vec<OpenTransaction>> {
    let query = "
        SELECT DISTINCT l.pid, a.usename::text, a.datname::text, a.application_name::text, a.xact_start, NULL::text
        FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.granted AND l.pid <> pg_backend_pid()
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.locktype = 'advisory' AND (l.classid::bigint << 32) | l.objid::bigint = $1
               OR l.locktype = 'relation' AND EXISTS (
                   SELECT FROM pg_class c WHERE c.oid = l.relation AND c.relnamespace = 'public'::regnamespace))
        ORDER BY 5";
    rows(client, "find the holder of the lock", query, &[&migration_lock], transaction).await
}

fn transaction(row: Row) -> OpenTransaction {
    OpenTransaction {
        pid: row.get(0),
        user: row.get(1),
        database: row.get(2),
        application: row.get(3),
        since: row.get(4),
        prepared: row.get(5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_is_described_by_its_known_fields() {
        let mut one = OpenTransaction {
            pid: Some(77),
            user: Some("app".into()),
            database: Some("outbox".into()),
            application: Some("psql".into()),
            since: DateTime::from_timestamp(1_800_000_000, 0),
            prepared: None,
        };
        let text = "the transaction of process 77 (user app, psql), open since 2027-01-15 08:00:00 UTC";
        assert_eq!((one.to_string().as_str(), one.end().as_str()), (text, "SELECT pg_terminate_backend(77)"));
        let later = DateTime::from_timestamp(1_800_000_042, 0).expect("a time");
        assert_eq!(one.with_age(later), format!("{text} (42 s)"));
        (one.since, one.user, one.application) = (None, None, Some(String::new()));
        assert_eq!(one.with_age(later), "the transaction of process 77");
        one.prepared = Some("it's".into());
        assert_eq!(one.end(), "ROLLBACK PREPARED 'it''s'");
    }
}
