//! The writer and consumer roles with minimal rights, and the publication.
//!
//! Checked on every run, not once by a migration: roles belong to the whole server, and a publication can be dropped.
//! Each step reports its change.

use tokio_postgres::GenericClient;

use super::fault::failed;
use super::names::{quote_identifier, quote_literal, table};
use super::query::value;
use crate::base::error::Result;
use crate::outbox::Layout;

/// The role of functions that write. On RDS it signs in with an IAM token, so it has no password.
pub const WRITER: &str = "outbox_writer";

/// The role of stream consumers that mark events. It signs in as [`WRITER`] does.
pub const CONSUMER: &str = "outbox_consumer";

/// The publication that the capture reads.
pub const PUBLICATION: &str = "outboxctl";

/// Condition on `pg_publication_tables t`: the publication has neither a row filter nor a column list for the table. Before
/// version 15, PostgreSQL has neither. Generated columns are not published by default.
pub const PUBLISHED_WHOLE: &str = "to_jsonb(t) ->> 'rowfilter' IS NULL AND NOT EXISTS (
            SELECT FROM pg_attribute a
            WHERE a.attrelid = format('%I.%I', t.schemaname, t.tablename)::regclass AND a.attnum > 0
              AND NOT a.attisdropped AND a.attgenerated = ''
              AND NOT coalesce(to_jsonb(t) -> 'attnames' ? a.attname::text, true))";

/// A condition, and the statement that makes it true.
pub(super) struct Rule {
    /// An SQL expression.
    pub(super) holds: String,
    /// An SQL statement.
    pub(super) remedy: String,
    pub(super) done: String,
}

impl Rule {
    fn new(holds: impl Into<String>, remedy: impl Into<String>, done: impl Into<String>) -> Self {
        Self { holds: holds.into(), remedy: remedy.into(), done: done.into() }
    }
}

/// Returns the rules by which a role exists and can connect.
fn role(name: &str) -> [Rule; 4] {
    [
        Rule::new(
            format!("EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')"),
            format!("CREATE ROLE {name} LOGIN"),
            format!("role {name} created"),
        ),
        // rds_iam exists on RDS and on the local stack; on a server without it the role signs in differently.
        Rule::new(
            format!(
                "NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') OR EXISTS (
            SELECT FROM pg_auth_members
            WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'rds_iam')
              AND member = (SELECT oid FROM pg_roles WHERE rolname = '{name}'))"
            ),
            format!("GRANT rds_iam TO {name}"),
            format!("rds_iam granted to {name}"),
        ),
        Rule::new(
            format!("has_database_privilege('{name}', current_database(), 'CONNECT')"),
            format!("DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO {name}', current_database()); END $$"),
            format!("{name} may connect"),
        ),
        Rule::new(
            format!("has_schema_privilege('{name}', 'public', 'USAGE')"),
            format!("GRANT USAGE ON SCHEMA public TO {name}"),
            format!("{name} may use the schema"),
        ),
    ]
}

/// Returns the rule by which the writer may write a table of the sample, which may be missing.
fn sample_table(name: &str) -> Rule {
    Rule::new(
        format!(
            "CASE WHEN to_regclass('public.{name}') IS NULL THEN true
            ELSE has_table_privilege('outbox_writer', 'public.{name}', 'SELECT')
             AND has_table_privilege('outbox_writer', 'public.{name}', 'INSERT')
             AND has_table_privilege('outbox_writer', 'public.{name}', 'UPDATE') END"
        ),
        format!("GRANT SELECT, INSERT, UPDATE ON public.{name} TO outbox_writer"),
        format!("outbox_writer may write {name}"),
    )
}

/// Returns the rules of the writer of our own outbox table.
fn writer() -> Vec<Rule> {
    let append = Rule::new(
        "has_function_privilege('outbox_writer',
            'public.outbox_append(varchar, varchar, varchar, jsonb, varchar, integer, uuid)', 'EXECUTE')",
        "GRANT EXECUTE ON FUNCTION public.outbox_append TO outbox_writer",
        "outbox_writer may append to the outbox",
    );
    role(WRITER).into_iter().chain([append, sample_table("cars"), sample_table("people")]).collect()
}

/// Returns the rules of the consumer, with its log.
fn consumer() -> Vec<Rule> {
    let log = Rule::new(
        "has_table_privilege('outbox_consumer', 'public.outbox_processed', 'SELECT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_processed', 'INSERT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_failures', 'SELECT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_failures', 'INSERT')",
        "GRANT SELECT, INSERT ON public.outbox_processed, public.outbox_failures TO outbox_consumer",
        "outbox_consumer may log what it processed",
    );
    role(CONSUMER).into_iter().chain([log]).collect()
}

/// Returns every rule, in the order in which they are applied. Writers of a table of the application's own are the
/// application's.
pub(super) fn rules(layout: &Layout) -> Vec<Rule> {
    let writer = if layout.is_own() { writer() } else { Vec::new() };
    writer.into_iter().chain(consumer()).chain(marking(layout)).chain(published(layout)).collect()
}

/// Returns the rules by which consumers mark rows. They read ids and marks in the outbox, but no payload.
fn marking(layout: &Layout) -> Vec<Rule> {
    let Some(processed) = &layout.columns.processed else { return Vec::new() };
    let (table, name) = (table(layout), quote_literal(&table(layout)));
    let (id, mark) = (&layout.columns.id, processed.column());
    let may = |column: &str, right: &str| {
        format!("has_column_privilege('outbox_consumer', {name}, {}, '{right}')", quote_literal(column))
    };
    let mut rules = Vec::new();
    if layout.schema != "public" {
        let schema = &layout.schema;
        rules.push(Rule::new(
            format!("has_schema_privilege('outbox_consumer', {}, 'USAGE')", quote_literal(schema)),
            format!("GRANT USAGE ON SCHEMA {} TO outbox_consumer", quote_identifier(schema)),
            format!("outbox_consumer may use schema {schema}"),
        ));
    }
    rules.push(Rule::new(
        [may(id, "SELECT"), may(mark, "SELECT"), may(mark, "UPDATE")].join(" AND "),
        format!(
            "GRANT SELECT ({}, {mark}), UPDATE ({mark}) ON {table} TO outbox_consumer",
            quote_identifier(id),
            mark = quote_identifier(mark)
        ),
        "outbox_consumer may mark outbox rows",
    ));
    rules
}

/// Returns the rules of the publication.
fn published(layout: &Layout) -> Vec<Rule> {
    let table = table(layout);
    vec![
        Rule::new(
            "EXISTS (SELECT FROM pg_publication WHERE pubname = 'outboxctl')",
            format!("CREATE PUBLICATION outboxctl FOR TABLE {table}"),
            "publication outboxctl created",
        ),
        // DMS reads with test_decoding, which includes every operation. The task's source filter drops the others, so
        // that the local stack captures the same as AWS.
        Rule::new(
            "EXISTS (SELECT FROM pg_publication WHERE pubname = 'outboxctl' AND pubinsert AND pubupdate AND pubdelete)",
            "ALTER PUBLICATION outboxctl SET (publish = 'insert, update, delete, truncate')",
            "publication outboxctl publishes every operation",
        ),
        Rule::new(
            format!(
                "EXISTS (SELECT FROM pg_publication_tables
            WHERE pubname = 'outboxctl' AND schemaname = {} AND tablename = {})",
                quote_literal(&layout.schema),
                quote_literal(&layout.table)
            ),
            format!("ALTER PUBLICATION outboxctl ADD TABLE {table}"),
            format!("table {} added to publication outboxctl", layout.table),
        ),
        // test_decoding knows neither row filters nor column lists.
        Rule::new(
            format!(
                "EXISTS (SELECT FROM pg_publication_tables t
            WHERE pubname = 'outboxctl' AND schemaname = {} AND tablename = {} AND {PUBLISHED_WHOLE})",
                quote_literal(&layout.schema),
                quote_literal(&layout.table)
            ),
            format!("ALTER PUBLICATION outboxctl DROP TABLE {table}; ALTER PUBLICATION outboxctl ADD TABLE {table}"),
            "publication outboxctl publishes every row and column",
        ),
    ]
}

/// Applies every rule; returns the changes.
pub(super) async fn all(client: &impl GenericClient, layout: &Layout) -> Result<Vec<String>> {
    let mut changes = Vec::new();
    for rule in rules(layout) {
        let question = format!("SELECT {}", rule.holds);
        let action = format!("apply: {}", rule.done);
        if !value::<bool>(client, &action, &question, &[]).await? {
            client.batch_execute(&rule.remedy).await.map_err(failed(&action))?;
            changes.push(rule.done);
        }
    }
    Ok(changes)
}

/// Returns problems that prevent the capture and can't be fixed here.
pub(super) async fn warnings(client: &impl GenericClient) -> Result<Vec<String>> {
    let level: String = value(client, "read wal_level", "SELECT current_setting('wal_level')", &[]).await?;
    let warning = format!(
        "wal_level is {level}, so nothing can be captured: set rds.logical_replication = 1 in the parameter group and reboot"
    );
    Ok(if level == "logical" { Vec::new() } else { vec![warning] })
}
