//! Migrates the schema in one transaction, so that a kill leaves the old state or the new one.

use serde::{Deserialize, Serialize};
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, GenericClient};

use super::fault::failed;
use super::query::exists;
use super::schema::{LEDGER, Migration, Step, pending, recorded};
use super::{blocking, ensure, requirements};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;

/// Serialises concurrent `db init`s; the number is arbitrary and never changes.
pub(super) const LOCK: i64 = 0x6f75_7462_6f78;
/// Attempts of an init that other sessions get in the way of.
const MAX_ATTEMPTS: u32 = 10;

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
/// `Failed` on a standby; `Schema` if an applied migration's text differs from ours, the database is newer than this executable, or
/// a table of an applied migration was dropped.
pub async fn init(client: &mut Client, layout: &Layout, dry_run: bool, sample: bool) -> Result<InitReport> {
    requirements::refuse_standby(client).await?;
    let mut attempts = 1;
    let result = loop {
        match migrate(client, layout, dry_run, sample).await {
            // Roles belong to the server, and its catalog has no lock for them: an init of another database makes the
            // same.
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
/// duplicate, or as an internal error without a specific code ("tuple concurrently updated" in its source, in the
/// functions `simple_heap_update` and `simple_heap_delete`: their names are not translated).
fn is_race(error: &DbError) -> bool {
    match *error.code() {
        SqlState::UNIQUE_VIOLATION => error.schema() == Some("pg_catalog"),
        SqlState::DUPLICATE_OBJECT => true,
        SqlState::INTERNAL_ERROR => error.routine().is_some_and(|name| name.starts_with("simple_heap_")),
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
    pending.retain(|migration| migration.is_needed(layout, sample));
    for migration in &pending {
        apply(&transaction, migration).await?;
    }
    refuse_dropped(&transaction, layout).await?;
    let ensured = ensure::all(&transaction, layout).await?;
    let warnings = ensure::warnings(&transaction).await?;
    let end = if dry_run { transaction.rollback().await } else { transaction.commit().await };
    end.map_err(failed("end the migration"))?;
    Ok(InitReport {
        changed: !(pending.is_empty() && ensured.is_empty()),
        dry_run,
        applied: pending.iter().map(Step::from).collect(),
        present: recorded.into_iter().map(|(version, row)| Step { version, name: row.name }).collect(),
        ensured,
        warnings,
    })
}

/// Refuses a database without a table that a recorded migration created: a migration is applied only once.
async fn refuse_dropped(client: &impl GenericClient, layout: &Layout) -> Result<()> {
    let own = ["public.outbox", "public.outbox_sequences"].into_iter().filter(|_| layout.is_own());
    let mut missing = Vec::new();
    for table in own.chain(["public.outbox_processed", "public.outbox_failures"]) {
        if !exists(client, table).await? {
            missing.push(table);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let text = format!("dropped after the migration that creates them: {}", missing.join(", "));
    Err(Error::new(Kind::Schema, text)
        .hint("restore them from a backup or a snapshot, then run `outboxctl db init` again")
        .without_standing_hint())
}

async fn apply(client: &impl GenericClient, migration: &Migration) -> Result<()> {
    let what = format!("migration {}", migration.title());
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
