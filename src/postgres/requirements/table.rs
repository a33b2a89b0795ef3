//! The table: its kind, its owner, and its columns.

use tokio_postgres::GenericClient;

use super::super::fault::failed;
use super::super::names::{quote_identifier, table};
use super::{Missing, rights};
use crate::base::error::Result;
use crate::outbox::Layout;

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
pub async fn missing(client: &impl GenericClient, layout: &Layout) -> Result<Vec<Missing>> {
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
