//! What an outbox table of the application's own must have: checked, and never changed.

use serde::{Deserialize, Serialize};
use tokio_postgres::GenericClient;

use super::fault::failed;
use super::names::table;
use super::replication::quote_identifier;
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
                format!("column {column:?} of {name} is varchar without a length: DMS cuts it off at 8000 characters"),
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

/// Returns one error that names everything missing; each hint is a remedy.
pub(super) fn refuse(layout: &Layout, missing: Vec<Missing>) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let problems = missing.iter().map(|one| one.problem.as_str()).collect::<Vec<_>>().join("; ");
    let error = Error::new(Kind::Schema, format!("{} can't be an outbox yet: {problems}", layout.full_name()));
    Err(missing.into_iter().fold(error, |error, one| error.hint(format!("`{}`", one.remedy))))
}
