//! The writer and consumer roles with minimal rights, and the publication.
//!
//! Checked on every run, not once by a migration: roles belong to the whole server, and a publication can be dropped.
//! Each step reports its change.

use std::borrow::Cow;

use tokio_postgres::GenericClient;

use super::fault::failed;
use super::names::table;
use super::replication::{quote_identifier, quote_literal};
use crate::error::Result;
use crate::outbox::Layout;

/// The role of functions that write. On RDS it signs in with an IAM token, so it has no password.
pub const WRITER: &str = "outbox_writer";

/// The role of stream consumers that mark events. It signs in as [`WRITER`] does.
pub const CONSUMER: &str = "outbox_consumer";

/// The publication that the capture reads.
pub const PUBLICATION: &str = "outboxctl";

/// A condition, and the statement that makes it true.
pub(super) struct Rule {
    /// An SQL expression.
    pub(super) holds: Cow<'static, str>,
    /// An SQL statement.
    pub(super) remedy: Cow<'static, str>,
    pub(super) done: Cow<'static, str>,
}

impl Rule {
    const fn fixed(holds: &'static str, remedy: &'static str, done: &'static str) -> Self {
        Self { holds: Cow::Borrowed(holds), remedy: Cow::Borrowed(remedy), done: Cow::Borrowed(done) }
    }
}

/// The writer of our own outbox table.
const WRITER_RULES: &[Rule] = &[
    Rule::fixed(
        "EXISTS (SELECT FROM pg_roles WHERE rolname = 'outbox_writer')",
        "CREATE ROLE outbox_writer LOGIN",
        "role outbox_writer created",
    ),
    // rds_iam exists on RDS and on the local stack; on a server without it the writer signs in differently.
    Rule::fixed(
        "NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') OR EXISTS (
            SELECT FROM pg_auth_members
            WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'rds_iam')
              AND member = (SELECT oid FROM pg_roles WHERE rolname = 'outbox_writer'))",
        "GRANT rds_iam TO outbox_writer",
        "rds_iam granted to outbox_writer",
    ),
    Rule::fixed(
        "has_database_privilege('outbox_writer', current_database(), 'CONNECT')",
        "DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO outbox_writer', current_database()); END $$",
        "outbox_writer may connect",
    ),
    Rule::fixed(
        "has_schema_privilege('outbox_writer', 'public', 'USAGE')",
        "GRANT USAGE ON SCHEMA public TO outbox_writer",
        "outbox_writer may use the schema",
    ),
    Rule::fixed(
        "has_function_privilege('outbox_writer',
            'public.outbox_append(varchar, varchar, varchar, jsonb, varchar, integer, uuid)', 'EXECUTE')",
        "GRANT EXECUTE ON FUNCTION public.outbox_append TO outbox_writer",
        "outbox_writer may append to the outbox",
    ),
    // A table of the sample, which may be missing.
    Rule::fixed(
        "CASE WHEN to_regclass('public.cars') IS NULL THEN true
            ELSE has_table_privilege('outbox_writer', 'public.cars', 'SELECT')
             AND has_table_privilege('outbox_writer', 'public.cars', 'INSERT')
             AND has_table_privilege('outbox_writer', 'public.cars', 'UPDATE') END",
        "GRANT SELECT, INSERT, UPDATE ON public.cars TO outbox_writer",
        "outbox_writer may write cars",
    ),
    // A table of the sample, which may be missing.
    Rule::fixed(
        "CASE WHEN to_regclass('public.people') IS NULL THEN true
            ELSE has_table_privilege('outbox_writer', 'public.people', 'SELECT')
             AND has_table_privilege('outbox_writer', 'public.people', 'INSERT')
             AND has_table_privilege('outbox_writer', 'public.people', 'UPDATE') END",
        "GRANT SELECT, INSERT, UPDATE ON public.people TO outbox_writer",
        "outbox_writer may write people",
    ),
];

/// The consumer, with its log.
const CONSUMER_RULES: &[Rule] = &[
    Rule::fixed(
        "EXISTS (SELECT FROM pg_roles WHERE rolname = 'outbox_consumer')",
        "CREATE ROLE outbox_consumer LOGIN",
        "role outbox_consumer created",
    ),
    Rule::fixed(
        "NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') OR EXISTS (
            SELECT FROM pg_auth_members
            WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'rds_iam')
              AND member = (SELECT oid FROM pg_roles WHERE rolname = 'outbox_consumer'))",
        "GRANT rds_iam TO outbox_consumer",
        "rds_iam granted to outbox_consumer",
    ),
    Rule::fixed(
        "has_database_privilege('outbox_consumer', current_database(), 'CONNECT')",
        "DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO outbox_consumer', current_database()); END $$",
        "outbox_consumer may connect",
    ),
    Rule::fixed(
        "has_schema_privilege('outbox_consumer', 'public', 'USAGE')",
        "GRANT USAGE ON SCHEMA public TO outbox_consumer",
        "outbox_consumer may use the schema",
    ),
    Rule::fixed(
        "has_table_privilege('outbox_consumer', 'public.outbox_processed', 'SELECT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_processed', 'INSERT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_failures', 'SELECT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_failures', 'INSERT')",
        "GRANT SELECT, INSERT ON public.outbox_processed, public.outbox_failures TO outbox_consumer",
        "outbox_consumer may log what it processed",
    ),
];

/// Returns every rule, in the order in which they are applied. Writers of a table of the application's own are the
/// application's.
pub(super) fn rules(layout: &Layout) -> Vec<Rule> {
    let writer = WRITER_RULES.iter().filter(|_| layout.is_own());
    let fixed = writer.chain(CONSUMER_RULES).map(|rule| Rule {
        holds: rule.holds.clone(),
        remedy: rule.remedy.clone(),
        done: rule.done.clone(),
    });
    fixed.chain(marking(layout)).chain(published(layout)).collect()
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
        rules.push(Rule {
            holds: format!("has_schema_privilege('outbox_consumer', {}, 'USAGE')", quote_literal(schema)).into(),
            remedy: format!("GRANT USAGE ON SCHEMA {} TO outbox_consumer", quote_identifier(schema)).into(),
            done: format!("outbox_consumer may use schema {schema}").into(),
        });
    }
    rules.push(Rule {
        holds: [may(id, "SELECT"), may(mark, "SELECT"), may(mark, "UPDATE")].join(" AND ").into(),
        remedy: format!(
            "GRANT SELECT ({}, {mark}), UPDATE ({mark}) ON {table} TO outbox_consumer",
            quote_identifier(id),
            mark = quote_identifier(mark)
        )
        .into(),
        done: "outbox_consumer may mark outbox rows".into(),
    });
    rules
}

/// Returns the rules of the publication.
fn published(layout: &Layout) -> Vec<Rule> {
    let table = table(layout);
    vec![
        Rule {
            holds: "EXISTS (SELECT FROM pg_publication WHERE pubname = 'outboxctl')".into(),
            remedy: format!("CREATE PUBLICATION outboxctl FOR TABLE {table}").into(),
            done: "publication outboxctl created".into(),
        },
        // DMS reads with test_decoding, which includes every operation. The task's source filter drops the others, so
        // that the local stack captures the same as AWS.
        Rule::fixed(
            "EXISTS (SELECT FROM pg_publication WHERE pubname = 'outboxctl' AND pubinsert AND pubupdate AND pubdelete)",
            "ALTER PUBLICATION outboxctl SET (publish = 'insert, update, delete, truncate')",
            "publication outboxctl publishes every operation",
        ),
        Rule {
            holds: format!(
                "EXISTS (SELECT FROM pg_publication_tables
            WHERE pubname = 'outboxctl' AND schemaname = {} AND tablename = {})",
                quote_literal(&layout.schema),
                quote_literal(&layout.table)
            )
            .into(),
            remedy: format!("ALTER PUBLICATION outboxctl ADD TABLE {table}").into(),
            done: format!("table {} added to publication outboxctl", layout.table).into(),
        },
    ]
}

/// Applies every rule; returns the changes.
pub(super) async fn all(client: &impl GenericClient, layout: &Layout) -> Result<Vec<String>> {
    let mut changes = Vec::new();
    for rule in rules(layout) {
        let question = format!("SELECT {}", rule.holds);
        let action = format!("apply: {}", rule.done);
        let holds: bool = client.query_one(&question, &[]).await.map_err(failed(&action))?.get(0);
        if !holds {
            client.batch_execute(&rule.remedy).await.map_err(failed(&action))?;
            changes.push(rule.done.into_owned());
        }
    }
    Ok(changes)
}

/// Returns problems that prevent the capture and can't be fixed here.
pub(super) async fn warnings(client: &impl GenericClient) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    let level: String =
        client.query_one("SELECT current_setting('wal_level')", &[]).await.map_err(failed("read wal_level"))?.get(0);
    if level != "logical" {
        warnings.push(format!(
            "wal_level is {level}, so nothing can be captured: set rds.logical_replication = 1 in the parameter group and reboot"
        ));
    }
    Ok(warnings)
}
