//! A server and its databases: each has its instance in a comment. Roles go with the last database.

use tokio_postgres::Client;

use crate::local::postgres_server::further::Instance;
use crate::local::postgres_server::{SUPERUSER, superuser};
use crate::local::state::{Postgres, REGION};

/// Returns the version that a server runs, like "15.14".
pub(super) async fn version(client: &Client) -> Result<String, String> {
    let row = client.query_one("SELECT split_part(current_setting('server_version'), ' ', 1)", &[]).await;
    row.map(|row| row.get(0)).map_err(reason)
}

/// Returns the comment on an instance's database.
pub(super) fn label(instance: &Instance) -> String {
    let Instance { region, identifier, is_cluster } = instance;
    let kind = if *is_cluster { "cluster" } else { "instance" };
    // The label of stacks before there were regions.
    if region == REGION {
        format!("outboxctl {kind} {identifier}")
    } else {
        format!("outboxctl {kind} {identifier} in {region}")
    }
}

/// Reads the instance of a server from the comment on its database.
///
/// # Errors
/// The error of the server.
pub async fn instance_in(server: &Postgres) -> Result<Option<Instance>, String> {
    let query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database
                 WHERE shobj_description(oid, 'pg_database') ~ '^outboxctl (instance|cluster) '";
    let found = connect(server).await?.query(query, &[]).await.map_err(reason)?;
    Ok(found.first().and_then(|row| labelled(row.get(0))))
}

/// Parses a [`label`].
fn labelled(label: &str) -> Option<Instance> {
    let (kind, text) = label.strip_prefix("outboxctl ")?.split_once(' ')?;
    let is_cluster = match kind {
        "instance" => false,
        "cluster" => true,
        _ => return None,
    };
    let (identifier, region) = text.split_once(" in ").unwrap_or((text, REGION));
    Some(Instance { region: region.to_owned(), identifier: identifier.to_owned(), is_cluster })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_parsed_to_their_instance() {
        for region in [REGION, "eu-central-1"] {
            for is_cluster in [false, true] {
                let instance = Instance { region: region.into(), identifier: "db-1".into(), is_cluster };
                assert_eq!(labelled(&label(&instance)), Some(instance));
            }
        }
        assert_eq!(labelled("of another program"), None);
    }
}
