//! Migrates the schema in one transaction, so that a kill leaves the old state or the new one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, GenericClient};

use super::fault::failed;
use super::schema::{MIGRATIONS, Migration};
use super::{blocking, ensure, requirements};
use crate::error::{Error, Kind, Result};
use crate::outbox::Layout;

/// Serialises concurrent `db init`s; the number is arbitrary and never changes.
pub(super) const LOCK: i64 = 0x6f75_7462_6f78;
/// Attempts of an init that other sessions get in the way of.
const MAX_ATTEMPTS: u32 = 10;

pub(super) const LEDGER: &str = "CREATE TABLE IF NOT EXISTS public.outboxctl_migrations (
    version    integer      PRIMARY KEY,
    name       varchar(100) NOT NULL,
    checksum   char(64)     NOT NULL,
    applied_at timestamptz  NOT NULL DEFAULT now()
)";

/// A migration, and whether it was applied before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub version: i32,
    pub name: String,
}

/// Changes by `db init`, or with `dry_run` the changes that it would make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitReport {
    pub changed: bool,
    pub dry_run: bool,
    /// Migrations applied by this run.
    pub applied: Vec<Step>,
    /// Migrations that were already applied.
    pub present: Vec<Step>,
    /// Roles, grants and publication created or corrected by this run.
    pub ensured: Vec<String>,
    /// Warnings about this server.
    pub warnings: Vec<String>,
}

/// Applies missing migrations, then corrects roles, grants and publication. With `dry_run` everything is executed and
/// rolled back, so the report is exact. Without `sample` its tables are not created; existing ones stay. A table of the
/// application's own is neither created nor altered.
///
/// # Errors
/// `Schema` if a table of the application's own lacks something, all of it named;
/// `Failed` on a standby; `Schema` if an applied migration's text differs from ours, or the database is newer than this executable.
pub async fn init(client: &mut Client, layout: &Layout, dry_run: bool, sample: bool) -> Result<InitReport> {
    requirements::refuse_standby(client).await?;
    let mut attempts = 1;
    let result = loop {
        match migrate(client, layout, dry_run, sample).await {
            // Roles belong to the server, and its catalog has no lock for them: an init of another database makes the same.
            Err(failure) if failure.is_race && attempts < MAX_ATTEMPTS => attempts += 1,
            result => break result,
        }
    };
    match result {
        Err(failure) if failure.is_lock => {
            // The transaction has ended, so the session accepts queries again.
            let holders = blocking::lock_holders(client, LOCK).await.unwrap_or_default();
            let named = holders.iter().take(3).fold(failure.error, |error, one| {
                error.hint(format!("it is held by {one}: commit it, or end it with {}", one.end()))
            });
            Err(named)
        }
        result => result.map_err(|failure| failure.error),
    }
}

/// The reason of a failed migration.
struct Failure {
    error: Error,
    /// Indicates whether it waited too long for a lock.
    is_lock: bool,
    /// Another session made or changed the same role at the same time.
    is_race: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<tokio_postgres::Error>());
        let is_lock = cause.and_then(tokio_postgres::Error::code) == Some(&SqlState::LOCK_NOT_AVAILABLE);
        let is_race = cause.and_then(tokio_postgres::Error::as_db_error).is_some_and(is_race);
        Self { error, is_lock, is_race }
    }
}

/// Returns whether two sessions wrote the same row of the server's catalog of roles. PostgreSQL reports the second as a
/// duplicate, or as an internal error without a specific code ("tuple concurrently updated" in its source).
fn is_race(error: &DbError) -> bool {
    match *error.code() {
        SqlState::UNIQUE_VIOLATION => error.schema() == Some("pg_catalog"),
        SqlState::DUPLICATE_OBJECT => true,
        SqlState::INTERNAL_ERROR => error.message().starts_with("tuple concurrently"),
        _ => false,
    }
}

async fn migrate(client: &mut Client, layout: &Layout, dry_run: bool, sample: bool) -> Result<InitReport, Failure> {
    let transaction = client.transaction().await.map_err(failed("begin"))?;
    transaction
        .batch_execute("SET LOCAL lock_timeout = '30s'; SET LOCAL client_min_messages = warning")
        .await
        .map_err(failed("set the lock time-out"))?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await
        .map_err(failed("take the migration lock"))?;
    requirements::refuse(layout, requirements::missing(&transaction, layout).await?)?;
    transaction.batch_execute(LEDGER).await.map_err(failed("create the table of migrations"))?;
    let recorded = recorded(&transaction).await?;
    let mut pending = pending(&recorded)?;
    pending.retain(|migration| migration.belongs_to(layout) && (sample || !migration.sample));
    for migration in &pending {
        apply(&transaction, migration).await?;
    }
    let ensured = ensure::all(&transaction, layout).await?;
    let warnings = ensure::warnings(&transaction).await?;
    let end = if dry_run { transaction.rollback().await } else { transaction.commit().await };
    end.map_err(failed("end the migration"))?;
    Ok(InitReport {
        changed: !(pending.is_empty() && ensured.is_empty()),
        dry_run,
        applied: pending.iter().map(|m| Step { version: m.version, name: m.name.to_owned() }).collect(),
        present: recorded.into_iter().map(|(version, row)| Step { version, name: row.name }).collect(),
        ensured,
        warnings,
    })
}

async fn apply(client: &impl GenericClient, migration: &Migration) -> Result<()> {
    let what = format!("migration {:04}_{}", migration.version, migration.name);
    client.batch_execute(migration.sql).await.map_err(failed(&what))?;
    client
        .execute(
            "INSERT INTO public.outboxctl_migrations (version, name, checksum) VALUES ($1, $2, $3)",
            &[&migration.version, &migration.name, &migration.checksum()],
        )
        .await
        .map_err(failed(&what))?;
    Ok(())
}

/// A row of the table of migrations.
#[derive(Debug, Clone)]
pub(super) struct Recorded {
    pub name: String,
    pub checksum: String,
    pub applied_at: chrono::DateTime<chrono::Utc>,
}

pub(super) async fn recorded(client: &impl GenericClient) -> Result<BTreeMap<i32, Recorded>> {
    let rows = client
        .query("SELECT version, name, checksum, applied_at FROM public.outboxctl_migrations", &[])
        .await
        .map_err(failed("read the table of migrations"))?;
    Ok(rows
        .into_iter()
        .map(|row| (row.get(0), Recorded { name: row.get(1), checksum: row.get(2), applied_at: row.get(3) }))
        .collect())
}

/// Returns the migrations to apply, after comparing the record with those of this executable.
pub(super) fn pending(recorded: &BTreeMap<i32, Recorded>) -> Result<Vec<Migration>> {
    for (version, row) in recorded {
        match MIGRATIONS.iter().find(|m| m.version == *version) {
            None => {
                return Err(Error::new(
                    Kind::Schema,
                    format!("the database has migration {version:04}_{}, which this outboxctl does not know", row.name),
                )
                .hint("use the newer outboxctl that applied it"));
            }
            Some(migration) if migration.checksum() != row.checksum => {
                return Err(Error::new(
                    Kind::Schema,
                    format!(
                        "migration {version:04}_{} was applied with another text than this outboxctl has",
                        row.name
                    ),
                )
                .hint("use the outboxctl version that applied it; an applied migration is never edited"));
            }
            Some(_) => {}
        }
    }
    Ok(MIGRATIONS.iter().filter(|m| !recorded.contains_key(&m.version)).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(checksum: String) -> Recorded {
        Recorded { name: "outbox".into(), checksum, applied_at: chrono::Utc::now() }
    }

    #[test]
    fn only_missing_migrations_are_pending() {
        assert_eq!(pending(&BTreeMap::new()).expect("fine").len(), MIGRATIONS.len());
        let first = BTreeMap::from([(1, row(MIGRATIONS[0].checksum()))]);
        assert_eq!(pending(&first).expect("fine").first().map(|m| m.version), Some(2));
    }

    #[test]
    fn edited_and_unknown_migrations_are_refused() {
        for recorded in [BTreeMap::from([(1, row("other".into()))]), BTreeMap::from([(9_999, row(String::new()))])] {
            assert_eq!(pending(&recorded).expect_err("refused").kind(), Kind::Schema);
        }
    }
}
