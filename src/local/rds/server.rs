//! A server and its databases: each has its instance in a comment. Roles go with the last database.

use tokio_postgres::Client;

use crate::local::postgres_server::{SUPERUSER, superuser};
use crate::local::state::Postgres;

/// Returns the version that a server runs, like "15.14".
pub(super) async fn version(client: &Client) -> Result<String, String> {
    let row = client.query_one("SELECT split_part(current_setting('server_version'), ' ', 1)", &[]).await;
    row.map(|row| row.get(0)).map_err(reason)
}

/// Returns the major version of a version; `None` for text without a number.
pub(super) fn major(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

pub(super) async fn drop_database(client: &Client, database: &str) -> Result<(), String> {
    // A slot with a reader keeps its database.
    let readers = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = $1 AND active";
    client.execute(readers, &[&database]).await.map_err(reason)?;
    let slots = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1";
    for attempt in 0.. {
        match client.execute(slots, &[&database]).await {
            Ok(_) => break,
            Err(error) if attempt == 50 => return Err(reason(error)),
            // Its reader is about to end.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    }
    client.batch_execute(&format!("DROP DATABASE \"{database}\" WITH (FORCE)")).await.map_err(reason)
}

/// Drops the roles with the last database. On RDS, roles belong to an instance.
pub(super) async fn drop_unused_roles(client: &Client) -> Result<(), String> {
    let left = "SELECT FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'";
    if !client.query(left, &[]).await.map_err(reason)?.is_empty() {
        return Ok(());
    }
    let roles = "SELECT quote_ident(rolname) FROM pg_roles
                 WHERE rolname <> $1 AND rolname NOT LIKE 'pg\\_%' AND rolname NOT LIKE 'rds\\_%'";
    for row in client.query(roles, &[&SUPERUSER]).await.map_err(reason)? {
        let name: String = row.get(0);
        client.batch_execute(&format!("DROP OWNED BY {name}; DROP ROLE {name}")).await.map_err(reason)?;
    }
    Ok(())
}

/// Returns the comment on a database; `None` if it does not exist.
pub(super) async fn owner_label(client: &Client, database: &str) -> Result<Option<String>, String> {
    let query = "SELECT coalesce(shobj_description(oid, 'pg_database'), 'unknown') FROM pg_database WHERE datname = $1";
    Ok(client.query_opt(query, &[&database]).await.map_err(reason)?.map(|row| row.get(0)))
}

pub(super) async fn connect(server: &Postgres) -> Result<Client, String> {
    superuser(server, "postgres").await.map_err(|error| error.to_string())
}

pub(super) fn reason(error: tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |said| format!("{} ({})", said.message(), said.code().code()))
}
