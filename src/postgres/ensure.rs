//! The writer and consumer roles with minimal rights, and the publication.
//!
//! Checked on every run, not once by a migration: roles belong to the whole server, and a publication can be dropped.
//! Each step reports its change.

use tokio_postgres::GenericClient;

use super::fault::failed;
use crate::error::Result;

/// The role of functions that write. On RDS it signs in with an IAM token, so it has no password.
pub const WRITER: &str = "outbox_writer";

/// The role of stream consumers that mark events. It signs in as [`WRITER`] does.
pub const CONSUMER: &str = "outbox_consumer";

/// The publication that the capture reads.
pub const PUBLICATION: &str = "outboxctl";

/// A condition, and the statement that makes it true.
struct Rule {
    holds: &'static str,
    remedy: &'static str,
    done: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        holds: "EXISTS (SELECT FROM pg_roles WHERE rolname = 'outbox_writer')",
        remedy: "CREATE ROLE outbox_writer LOGIN",
        done: "role outbox_writer created",
    },
    // rds_iam exists on RDS and on the local stack; on a server without it the writer signs in differently.
    Rule {
        holds: "NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') OR EXISTS (
            SELECT FROM pg_auth_members
            WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'rds_iam')
              AND member = (SELECT oid FROM pg_roles WHERE rolname = 'outbox_writer'))",
        remedy: "GRANT rds_iam TO outbox_writer",
        done: "rds_iam granted to outbox_writer",
    },
    Rule {
        holds: "has_database_privilege('outbox_writer', current_database(), 'CONNECT')",
        remedy: "DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO outbox_writer', current_database()); END $$",
        done: "outbox_writer may connect",
    },
    Rule {
        holds: "has_schema_privilege('outbox_writer', 'public', 'USAGE')",
        remedy: "GRANT USAGE ON SCHEMA public TO outbox_writer",
        done: "outbox_writer may use the schema",
    },
    Rule {
        holds: "has_function_privilege('outbox_writer',
            'public.outbox_append(varchar, varchar, varchar, jsonb, varchar, integer, uuid)', 'EXECUTE')",
        remedy: "GRANT EXECUTE ON FUNCTION public.outbox_append TO outbox_writer",
        done: "outbox_writer may append to the outbox",
    },
    Rule {
        // A table of the sample, which may be missing.
        holds: "CASE WHEN to_regclass('public.cars') IS NULL THEN true
            ELSE has_table_privilege('outbox_writer', 'public.cars', 'SELECT')
             AND has_table_privilege('outbox_writer', 'public.cars', 'INSERT')
             AND has_table_privilege('outbox_writer', 'public.cars', 'UPDATE') END",
        remedy: "GRANT SELECT, INSERT, UPDATE ON public.cars TO outbox_writer",
        done: "outbox_writer may write cars",
    },
    Rule {
        // A table of the sample, which may be missing.
        holds: "CASE WHEN to_regclass('public.people') IS NULL THEN true
            ELSE has_table_privilege('outbox_writer', 'public.people', 'SELECT')
             AND has_table_privilege('outbox_writer', 'public.people', 'INSERT')
             AND has_table_privilege('outbox_writer', 'public.people', 'UPDATE') END",
        remedy: "GRANT SELECT, INSERT, UPDATE ON public.people TO outbox_writer",
        done: "outbox_writer may write people",
    },
    Rule {
        holds: "EXISTS (SELECT FROM pg_roles WHERE rolname = 'outbox_consumer')",
        remedy: "CREATE ROLE outbox_consumer LOGIN",
        done: "role outbox_consumer created",
    },
    Rule {
        holds: "NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_iam') OR EXISTS (
            SELECT FROM pg_auth_members
            WHERE roleid = (SELECT oid FROM pg_roles WHERE rolname = 'rds_iam')
              AND member = (SELECT oid FROM pg_roles WHERE rolname = 'outbox_consumer'))",
        remedy: "GRANT rds_iam TO outbox_consumer",
        done: "rds_iam granted to outbox_consumer",
    },
    Rule {
        holds: "has_database_privilege('outbox_consumer', current_database(), 'CONNECT')",
        remedy: "DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO outbox_consumer', current_database()); END $$",
        done: "outbox_consumer may connect",
    },
    Rule {
        holds: "has_schema_privilege('outbox_consumer', 'public', 'USAGE')",
        remedy: "GRANT USAGE ON SCHEMA public TO outbox_consumer",
        done: "outbox_consumer may use the schema",
    },
    // In the outbox it reads ids and marks, but no payload.
    Rule {
        holds: "has_column_privilege('outbox_consumer', 'public.outbox', 'id', 'SELECT')
            AND has_column_privilege('outbox_consumer', 'public.outbox', 'processed_at', 'SELECT')
            AND has_column_privilege('outbox_consumer', 'public.outbox', 'processed_at', 'UPDATE')",
        remedy: "GRANT SELECT (id, processed_at), UPDATE (processed_at) ON public.outbox TO outbox_consumer",
        done: "outbox_consumer may mark outbox rows",
    },
    Rule {
        holds: "has_table_privilege('outbox_consumer', 'public.outbox_processed', 'SELECT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_processed', 'INSERT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_failures', 'SELECT')
            AND has_table_privilege('outbox_consumer', 'public.outbox_failures', 'INSERT')",
        remedy: "GRANT SELECT, INSERT ON public.outbox_processed, public.outbox_failures TO outbox_consumer",
        done: "outbox_consumer may log what it processed",
    },
    Rule {
        holds: "EXISTS (SELECT FROM pg_publication WHERE pubname = 'outboxctl')",
        remedy: "CREATE PUBLICATION outboxctl FOR TABLE public.outbox",
        done: "publication outboxctl created",
    },
    // DMS reads with test_decoding, which includes every operation. The task's source filter drops the others, so that
    // the local stack captures the same as AWS.
    Rule {
        holds: "EXISTS (SELECT FROM pg_publication WHERE pubname = 'outboxctl' AND pubinsert AND pubupdate AND pubdelete)",
        remedy: "ALTER PUBLICATION outboxctl SET (publish = 'insert, update, delete, truncate')",
        done: "publication outboxctl publishes every operation",
    },
    Rule {
        holds: "EXISTS (SELECT FROM pg_publication_tables
            WHERE pubname = 'outboxctl' AND schemaname = 'public' AND tablename = 'outbox')",
        remedy: "ALTER PUBLICATION outboxctl ADD TABLE public.outbox",
        done: "table outbox added to publication outboxctl",
    },
];

/// Applies every rule; returns the changes.
pub(super) async fn all(client: &impl GenericClient) -> Result<Vec<String>> {
    let mut changes = Vec::new();
    for rule in RULES {
        let question = format!("SELECT {}", rule.holds);
        let action = format!("apply: {}", rule.done);
        let holds: bool = client.query_one(&question, &[]).await.map_err(failed(&action))?.get(0);
        if !holds {
            client.batch_execute(rule.remedy).await.map_err(failed(&action))?;
            changes.push(rule.done.to_owned());
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
