//! The requirements of an outbox table that the application owns: checks them, and never changes the table.

mod server;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, GenericClient};

use self::server::{STANDBY, server};
use super::fault::failed;
use super::names::quote_identifier;
use super::query::exists;
use super::schema::{pending, recorded};
use super::{ensure, readiness};
use crate::base::error::{Error, Kind, Result};
use crate::outbox::Layout;

pub(super) use self::server::refuse_standby;
pub(super) use self::table::missing;

/// A missing property of the table, the server or the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    pub problem: String,
    /// The SQL statement that solves it, or a comment in SQL where none does.
    pub remedy: String,
}

impl Missing {
    fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }
}

/// Returns the rights that `db init` needs and its user lacks.
async fn rights(client: &impl GenericClient, user: &str) -> Result<Vec<Missing>> {
    let row = client
        .query_one(
            "SELECT current_database()::text,
                    EXISTS (SELECT FROM pg_publication WHERE pubname = 'outboxctl')
                        OR has_database_privilege(current_database(), 'CREATE'),
                    to_regclass('public.outbox_processed') IS NOT NULL OR has_schema_privilege('public', 'CREATE'),
                    EXISTS (SELECT FROM pg_roles WHERE rolname = 'outbox_consumer')
                        OR (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user),
                    to_regclass('public.outbox_processed') IS NULL
                        OR to_regclass('public.outboxctl_migrations') IS NOT NULL",
            &[],
        )
        .await
        .map_err(failed("read the rights of the user"))?;
    let (database, role): (&str, _) = (row.get(0), quote_identifier(user));
    let may = |at: usize| row.get::<_, bool>(at);
    let mut missing = Vec::new();
    if !may(1) {
        missing.push(Missing::new(
            format!("{user} can't create a publication in {database}"),
            format!("GRANT CREATE ON DATABASE {} TO {role}", quote_identifier(database)),
        ));
    }
    if !may(2) {
        missing.push(Missing::new(
            format!("{user} can't create the processed log in schema public"),
            format!("GRANT CREATE ON SCHEMA public TO {role}"),
        ));
    }
    if !may(3) {
        missing.push(Missing::new(
            format!("{user} can't create the role outbox_consumer"),
            "CREATE ROLE outbox_consumer LOGIN",
        ));
    }
    if !may(4) {
        missing.push(Missing::new(
            "public.outbox_processed exists, and `outboxctl db init` did not create it",
            format!("ALTER TABLE public.outbox_processed RENAME TO {}", quote_identifier("outbox_processed_before")),
        ));
    }
    Ok(missing)
}

/// Returns everything that a database lacks for `db init` and the capture: in the table, on the server, and what
/// `db init` would create. Changes nothing.
///
/// # Errors
/// Those of the queries.
pub(super) async fn all(client: &Client, layout: &Layout, sample: bool) -> Result<Vec<Missing>> {
    let ready = readiness::readiness(client).await?;
    if ready.recovers {
        // Everything else is a copy of the primary's, and can only be changed there.
        let remedy = "-- connect to the primary server, or to the writer endpoint of the cluster";
        return Ok(vec![Missing::new(STANDBY, remedy)]);
    }
    let mut missing = server(client, &ready).await?;
    missing.extend(self::missing(client, layout).await?);
    if layout.is_own() {
        missing.extend(rights(client, &ready.user).await?);
    }
    let ledger = exists(client, "public.outboxctl_migrations").await?;
    let recorded = if ledger { recorded(client).await? } else { BTreeMap::new() };
    missing.extend(pending(&recorded)?.iter().filter(|migration| migration.is_needed(layout, sample)).map(
        |migration| {
            let problem = format!("migration {} is not applied", migration.title());
            Missing::new(problem, "-- it is part of `outboxctl db init --print-sql`")
        },
    ));
    for rule in ensure::rules(layout) {
        // A right of a role that does not exist is an error of the server.
        let holds = match client.query_one(&format!("SELECT ({}) IS TRUE", rule.holds), &[]).await {
            Ok(row) => row.get(0),
            Err(error) if error.as_db_error().is_some() => false,
            Err(error) => return Err(failed("check a right")(error)),
        };
        if !holds {
            missing.push(Missing::new(format!("not done: {}", rule.done), rule.remedy));
        }
    }
    Ok(missing)
}

/// Returns one error that names everything missing; each hint is a remedy.
pub(super) fn refuse(layout: &Layout, missing: Vec<Missing>) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let problems = missing.iter().map(|one| one.problem.as_str()).collect::<Vec<_>>().join("; ");
    let error = Error::new(Kind::Schema, format!("{} can't be an outbox yet: {problems}", layout.full_name()));
    Err(missing.into_iter().fold(error, |error, one| error.hint(format!("`{}`", one.remedy))))
}
