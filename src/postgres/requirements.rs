//! The requirements of an outbox table that the application owns: checks them, and never changes the table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokio_postgres::{Client, GenericClient};

use super::fault::failed;
use super::names::table;
use super::readiness::{self, Readiness};
use super::replication::quote_identifier;
use super::status::exists;
use super::{ensure, migrate};
use crate::error::{Error, Kind, Result};
use crate::outbox::Layout;

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

/// The types that a column may have, and the type of a new one.
struct Types {
    accepted: &'static [&'static str],
    new: &'static str,
}

const TEXT: &[&str] = &["text", "character varying", "character"];

/// Returns the types of the column of a key.
fn types(key: &str) -> Types {
    let (accepted, new): (&'static [&'static str], _) = match key {
        "id" => (&["uuid"], "uuid"),
        "payload" => (&["json", "jsonb", "text", "character varying", "character"], "jsonb"),
        "created_at" | "processed_at" => (&["timestamp with time zone", "timestamp without time zone"], "timestamptz"),
        "processed" => (&["boolean"], "boolean"),
        "sequence" | "schema_version" => (&["smallint", "integer", "bigint"], "bigint"),
        "aggregate_id" => {
            (&["text", "character varying", "character", "uuid", "smallint", "integer", "bigint"], "text")
        }
        _ => (TEXT, "text"),
    };
    Types { accepted, new }
}

/// Returns everything that the table of `layout` lacks, in the order in which it is best solved. Our own table is
/// created as it must be.
///
/// # Errors
/// Those of the queries.
pub(super) async fn missing(client: &impl GenericClient, layout: &Layout) -> Result<Vec<Missing>> {
    if layout.is_own() {
        return Ok(Vec::new());
    }
    let (name, quoted) = (layout.full_name(), table(layout));
    let found = client
        .query_opt(
            "SELECT c.oid, c.relkind::text, c.relreplident::text, c.relowner,
                    EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),
                    pg_has_role(c.relowner, 'USAGE'), pg_get_userbyid(c.relowner)::text, current_user::text
             FROM pg_class c WHERE c.oid = to_regclass($1)",
            &[&quoted],
        )
        .await
        .map_err(failed("look for the outbox table"))?;
    let Some(found) = found else {
        let remedy = format!("-- create {quoted} as the application needs it, or correct [outbox] in outboxctl.toml");
        return Ok(vec![Missing::new(format!("table {name} does not exist"), remedy)]);
    };
    let (oid, kind, identity): (u32, &str, &str) = (found.get(0), found.get(1), found.get(2));
    let (has_key, may_publish, owner, user): (bool, bool, &str, &str) =
        (found.get(4), found.get(5), found.get(6), found.get(7));
    if kind != "r" {
        let remedy = format!("-- map an ordinary table in [outbox]; {quoted} can't be captured");
        let what = if kind == "p" { "partitioned: DMS captures the names of its partitions" } else { "not a table" };
        return Ok(vec![Missing::new(format!("{name} is {what}"), remedy)]);
    }
    let mut missing = columns(client, layout, oid).await?;
    if !has_key {
        missing.push(Missing::new(
            format!("{name} has no primary key: DMS leaves json, jsonb and text columns out of its records"),
            format!("ALTER TABLE {quoted} ADD PRIMARY KEY ({})", quote_identifier(&layout.columns.id)),
        ));
    }
    if identity == "n" {
        missing.push(Missing::new(
            format!("{name} has REPLICA IDENTITY NOTHING: once published, it refuses updates and deletes"),
            format!("ALTER TABLE {quoted} REPLICA IDENTITY DEFAULT"),
        ));
    }
    if !may_publish {
        missing.push(Missing::new(
            format!("{user} can't publish {name}: only its owner {owner} may"),
            format!("GRANT {} TO {}", quote_identifier(owner), quote_identifier(user)),
        ));
    }
    missing.extend(rights(client, user).await?);
    Ok(missing)
}

/// Returns the missing columns, and those of another type.
async fn columns(client: &impl GenericClient, layout: &Layout, oid: u32) -> Result<Vec<Missing>> {
    let rows = client
        .query(
            "SELECT a.attname::text, format_type(CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END, NULL),
                    CASE t.typtype WHEN 'd' THEN t.typtypmod ELSE a.atttypmod END, t.typtype = 'e'
             FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
             WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped",
            &[&oid],
        )
        .await
        .map_err(failed("describe the outbox table"))?;
    let (name, quoted) = (layout.full_name(), table(layout));
    let mut missing = Vec::new();
    for (key, column) in layout.columns.named() {
        let Types { accepted, new } = types(key);
        let Some(row) = rows.iter().find(|row| row.get::<_, &str>(0) == column) else {
            missing.push(Missing::new(
                format!("{name} has no column {column:?} ({key} in [outbox])"),
                format!("ALTER TABLE {quoted} ADD COLUMN {} {new}", quote_identifier(column)),
            ));
            continue;
        };
        let (kind, modifier, enumeration): (&str, i32, bool) = (row.get(1), row.get(2), row.get(3));
        let fits = accepted.contains(&kind) || enumeration && accepted == TEXT;
        if !fits {
            missing.push(Missing::new(
                format!("column {column:?} of {name} has type {kind}; {key} needs {}", accepted.join(", ")),
                format!("ALTER TABLE {quoted} ALTER COLUMN {} TYPE {new}", quote_identifier(column)),
            ));
        } else if key == "payload" && kind == "character varying" && modifier < 0 {
            missing.push(Missing::new(
                format!(
                    "column {column:?} of {name} is varchar without a length: DMS truncates it after 8000 \
                     characters"
                ),
                format!("ALTER TABLE {quoted} ALTER COLUMN {} TYPE text", quote_identifier(column)),
            ));
        }
    }
    Ok(missing)
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

/// Returns everything that a database lacks for `db init` and the capture: in the table, on the server, and what `db init`
/// would create. Changes nothing.
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
    let recorded = if ledger { migrate::recorded(client).await? } else { BTreeMap::new() };
    let pending = migrate::pending(&recorded)?.into_iter();
    missing.extend(pending.filter(|m| m.belongs_to(layout) && (sample || !m.sample)).map(|m| {
        let name = format!("{:04}_{}", m.version, m.name);
        Missing::new(format!("migration {name} is not applied"), "-- it is part of `outboxctl db init --print-sql`")
    }));
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

/// A server that accepts no changes.
pub(super) const STANDBY: &str =
    "the server is a standby (pg_is_in_recovery): it accepts no writes, and has no replication slots for a capture";

/// Refuses a standby, before anything is changed.
///
/// # Errors
/// `Failed`, and those of the query.
pub(super) async fn refuse_standby(client: &impl GenericClient) -> Result<()> {
    let row = client.query_one("SELECT pg_is_in_recovery()", &[]).await;
    match row.map_err(failed("ask whether the server is a standby"))?.get(0) {
        false => Ok(()),
        true => Err(Error::new(Kind::Failed, STANDBY).hint(
            "connect to the primary server, or to the writer endpoint of the cluster instead of a reader endpoint",
        )),
    }
}

/// Returns the settings and rights that the capture needs and the server lacks ("Using a PostgreSQL database as a source" in
/// the DMS user guide).
async fn server(client: &Client, ready: &Readiness) -> Result<Vec<Missing>> {
    let row = client
        .query_one(
            "SELECT (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_sender_timeout'),
                    EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication'),
                    EXISTS (SELECT FROM pg_replication_slots
                            WHERE slot_type = 'logical' AND database = current_database())",
            &[],
        )
        .await
        .map_err(failed("read the settings of the server"))?;
    let (timeout, is_rds, captured): (i64, bool, bool) = (row.get(0), row.get(1), row.get(2));
    let Readiness { wal_level: level, slots, senders, user, may_replicate, .. } = ready;
    let set = |rds: &str, setting: &str| match is_rds {
        true => format!("-- set {rds} in the parameter group, and reboot the instance"),
        false => format!("ALTER SYSTEM SET {setting}; -- then restart the server"),
    };
    let mut missing = Vec::new();
    if level.as_str() != "logical" {
        let remedy = set("rds.logical_replication = 1", "wal_level = logical");
        missing.push(Missing::new(format!("wal_level is {level}: nothing can be captured"), remedy));
    }
    // A running capture has its slot and its sender among these.
    for (name, what, room) in
        [("max_replication_slots", "replication slots", slots), ("max_wal_senders", "WAL senders", senders)]
    {
        if room.most == 0 || room.is_full() && !captured {
            let remedy = set(&format!("a larger {name}"), &format!("{name} = {}", room.most + 10));
            let problem = format!("no free {what}: {} of {} are in use ({name})", room.used, room.most);
            missing.push(Missing::new(problem, remedy));
        }
    }
    if (1..10_000).contains(&timeout) {
        let remedy = "ALTER SYSTEM SET wal_sender_timeout = 60000; SELECT pg_reload_conf();";
        let remedy = if is_rds { set("wal_sender_timeout = 60000", "") } else { remedy.to_owned() };
        missing.push(Missing::new(format!("wal_sender_timeout is {timeout} ms: DMS needs 10000 or 0"), remedy));
    }
    if !may_replicate {
        let role = quote_identifier(user);
        let remedy = match is_rds {
            true => format!("GRANT rds_replication TO {role}"),
            false => format!("ALTER ROLE {role} REPLICATION"),
        };
        missing.push(Missing::new(format!("{user} may not read the database's log"), remedy));
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
