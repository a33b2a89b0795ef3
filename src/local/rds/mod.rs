//! AWS::RDS::DBInstance and AWS::RDS::DBCluster: a database and its master in a local PostgreSQL, behind the emulator's
//! record of it.
//!
//! The first instance or cluster of a stack uses the server that every stack has. Each further one has its own server, and
//! so has one with another major version, if this machine has that version. The instances of a cluster share its server.
//! `server.rs` has the statements that a server gets, `upgrade.rs` changes the major version of an instance, and `api.rs`
//! answers the operations of the API that concern versions.

mod api;
mod aurora;
mod server;
mod upgrade;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::gateway::{Gateway, Made, Resource, ResourceProvider, ResourceRequest};
use super::postgres_server::SUPERUSER;
use super::postgres_server::further::Instance;
use super::state::Postgres;
use super::tools::{PostgresPrograms, postgres_majors};
use crate::capture::settings::flag;
use server::{connect, drop_database, drop_unused_roles, label, owner_label, reason, version};
use upgrade::Change;

pub use server::instance_in;

const INSTANCE: &str = "AWS::RDS::DBInstance";
const CLUSTER: &str = "AWS::RDS::DBCluster";

/// The RDS API, and the provider of databases in the stack's PostgreSQL.
pub struct Rds;

impl ResourceProvider for Rds {
    fn types(&self) -> &'static [&'static str] {
        &[INSTANCE, CLUSTER]
    }

    fn create<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a> {
        Box::pin(async move { provide(gateway, &request).await })
    }

    fn update<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a> {
        Box::pin(async move {
            if let Some(change) = Change::of(&request) {
                upgrade::modify(gateway, &change).await.map_err(|refusal| refusal.message)?;
            }
            provide(gateway, &request).await
        })
    }

    fn delete<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { remove(gateway, &request).await })
    }
}

async fn provide(gateway: &Gateway, request: &ResourceRequest) -> Result<Resource, String> {
    match cluster_of(request) {
        Some(cluster) => member(gateway, request, cluster).await,
        None => ensure(gateway, &Wanted::of(request)?).await,
    }
}

/// Returns the identifier of the cluster whose instance the request is for.
fn cluster_of(request: &ResourceRequest) -> Option<&str> {
    let cluster = request.properties.get("DBClusterIdentifier").and_then(Value::as_str);
    cluster.filter(|cluster| request.resource_type == INSTANCE && !cluster.is_empty())
}

/// Checks an instance of a cluster, and returns the server of the cluster.
async fn member(gateway: &Gateway, request: &ResourceRequest, cluster: &str) -> Result<Resource, String> {
    let rds = gateway.clients_in(&request.region).rds();
    let answer = rds.describe_db_clusters().db_cluster_identifier(cluster).send().await;
    let answer = answer.map_err(|_| format!("DBCluster {cluster} not found."))?;
    let found = answer.db_clusters().first().ok_or_else(|| format!("DBCluster {cluster} not found."))?;
    let of = aurora::Cluster {
        engine: found.engine().unwrap_or_default().to_owned(),
        has_capacity: found.serverless_v2_scaling_configuration().is_some(),
    };
    aurora::check_member(&request.properties, &of)?;
    let identifier = request.physical_id.clone().ok_or("the instance has no identifier")?;
    let instance = Instance { region: request.region.clone(), identifier: cluster.to_owned(), is_cluster: true };
    let _turn = gateway.servers.turn.lock().await;
    let server = place(gateway, &instance, None).await?;
    Ok(Resource { physical_id: identifier, attributes: attributes(&server).await? })
}

/// The template's properties.
struct Wanted {
    instance: Instance,
    /// Major version, if the template names one.
    major: Option<u32>,
    database: String,
    master: String,
    password: String,
}

impl Wanted {
    fn of(request: &ResourceRequest) -> Result<Self, String> {
        let text = |name: &str| request.properties.get(name).and_then(Value::as_str).map(str::to_owned);
        let is_cluster = request.resource_type == CLUSTER;
        match is_cluster {
            true => aurora::check_cluster(&request.properties)?,
            false => check_engine(&text("Engine").unwrap_or_default())?,
        }
        if !is_cluster {
            aurora::check_class_outside(&request.properties)?;
        }
        let name = if is_cluster { "DatabaseName" } else { "DBName" };
        let wanted = Self {
            instance: instance(request).ok_or("the instance has no identifier")?,
            major: text("EngineVersion").as_deref().and_then(upgrade::major),
            database: text(name).unwrap_or_else(|| "postgres_".to_owned() + &request.logical_id.to_lowercase()),
            master: text("MasterUsername").ok_or("MasterUsername is missing")?,
            password: text("MasterUserPassword").ok_or("MasterUserPassword is missing")?,
        };
        check_name(name, &wanted.database, &["postgres", "template0", "template1", "rdsadmin"])?;
        check_name("MasterUsername", &wanted.master, &[SUPERUSER, "rdsadmin"])?;
        if !(8..=128).contains(&wanted.password.len()) {
            return Err("The parameter MasterUserPassword is not a valid password: 8 to 128 characters".into());
        }
        Ok(wanted)
    }
}

fn check_engine(engine: &str) -> Result<(), String> {
    match engine {
        aurora::AURORA => Err(format!("The engine {engine} needs DBClusterIdentifier: its instances are in a cluster")),
        engine if engine.contains("postgres") => Ok(()),
        engine => Err(format!("the local stack has PostgreSQL only, not the engine {engine:?}")),
    }
}

/// Checks a name by RDS's rule: begins with a letter, then letters, digits and underscores, at most 63, not a reserved
/// word.
fn check_name(property: &str, name: &str, reserved: &[&str]) -> Result<(), String> {
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 63
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !reserved.contains(&name);
    if good { Ok(()) } else { Err(format!("{property} {name:?} can't be used")) }
}

/// Creates missing parts and keeps existing ones: a repeated create, or a stack whose record was lost, finds its data.
async fn ensure(gateway: &Gateway, wanted: &Wanted) -> Result<Resource, String> {
    let Wanted { instance, major, database, master, password } = wanted;
    let _turn = gateway.servers.turn.lock().await;
    let server = place(gateway, instance, *major).await?;
    let client = connect(&server).await?;
    let label = label(instance);
    match owner_label(&client, database).await? {
        Some(other) if other != label => {
            return Err(format!("database {database:?} in the local PostgreSQL belongs to another instance ({other})"));
        }
        found => {
            let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
            let exists =
                client.query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[master]).await.map_err(reason)?;
            let verb = if exists.is_some() { "ALTER" } else { "CREATE" };
            // On RDS the master gets REPLICATION through rds_replication; here the attribute itself is needed.
            let role = format!("{verb} ROLE \"{master}\" LOGIN CREATEROLE CREATEDB REPLICATION PASSWORD '{verifier}'");
            client.batch_execute(&role).await.map_err(reason)?;
            let rights = format!(
                "GRANT rds_superuser TO \"{master}\"; GRANT rds_iam, rds_replication TO rds_superuser WITH ADMIN OPTION"
            );
            client.batch_execute(&rights).await.map_err(reason)?;
            if found.is_none() {
                let make = format!("CREATE DATABASE \"{database}\" OWNER \"{master}\"");
                client.batch_execute(&make).await.map_err(reason)?;
            }
            let mark = format!("COMMENT ON DATABASE \"{database}\" IS '{}'", label.replace('\'', "''"));
            client.batch_execute(&mark).await.map_err(reason)?;
        }
    }
    Ok(Resource { physical_id: instance.identifier.clone(), attributes: attributes(&server).await? })
}

/// Returns the attributes of a resource with this server.
async fn attributes(server: &Postgres) -> Result<Map<String, Value>, String> {
    let client = connect(server).await?;
    Ok(Map::from_iter([
        ("Endpoint.Address".to_owned(), server.host.as_str().into()),
        ("Endpoint.Port".to_owned(), server.port.to_string().into()),
        ("EngineVersion".to_owned(), version(&client).await?.into()),
    ]))
}

fn instance(request: &ResourceRequest) -> Option<Instance> {
    let is_cluster = request.resource_type == CLUSTER;
    Some(Instance { region: request.region.clone(), identifier: request.physical_id.clone()?, is_cluster })
}

/// Returns the instance's present server; `None` if it has none yet.
async fn present(gateway: &Gateway, instance: &Instance) -> Result<Option<Postgres>, String> {
    if let Some(server) = gateway.servers.find(instance).await.map_err(|error| error.to_string())? {
        return Ok(Some(server));
    }
    let own = "SELECT FROM pg_database WHERE shobj_description(oid, 'pg_database') = $1";
    let own = connect(&gateway.postgres).await?.query_opt(own, &[&label(instance)]).await.map_err(reason)?;
    Ok(own.map(|_| gateway.postgres.clone()))
}

/// Returns the instance's server: its present one, the stack's if no other instance uses it and its version is not
/// another one than the wanted, else a new one.
async fn place(gateway: &Gateway, instance: &Instance, major: Option<u32>) -> Result<Postgres, String> {
    if let Some(server) = present(gateway, instance).await? {
        return Ok(server);
    }
    let client = connect(&gateway.postgres).await?;
    let others =
        "SELECT FROM pg_database WHERE shobj_description(oid, 'pg_database') ~ '^outboxctl (instance|cluster) '";
    let taken = !client.query(others, &[]).await.map_err(reason)?.is_empty();
    let running = upgrade::major(&version(&client).await?);
    let has_other = major.is_some_and(|major| Some(major) != running && versions(gateway).contains_key(&major));
    match taken || has_other {
        true => gateway.servers.start(instance, major).await.map_err(|error| error.to_string()),
        false => Ok(gateway.postgres.clone()),
    }
}

/// Returns the programs of every major version on this machine.
fn versions(gateway: &Gateway) -> std::collections::BTreeMap<u32, PostgresPrograms> {
    postgres_majors(&gateway.home)
}

async fn remove(gateway: &Gateway, request: &ResourceRequest) -> Result<(), String> {
    // The data is the cluster's.
    if cluster_of(request).is_some() {
        return Ok(());
    }
    if request.properties.get("DeletionProtection").and_then(flag) == Some(true) {
        let what = if request.resource_type == CLUSTER { "Cluster" } else { "DB Instance" };
        return Err(format!("Cannot delete protected {what}, please disable deletion protection and try again."));
    }
    let Some(instance) = instance(request) else { return Ok(()) };
    let _turn = gateway.servers.turn.lock().await;
    if gateway.servers.find(&instance).await.map_err(|error| error.to_string())?.is_some() {
        return gateway.servers.remove(&instance).await.map_err(|error| error.to_string());
    }
    let client = connect(&gateway.postgres).await?;
    let label = label(&instance);
    let query = "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = $1";
    let found = client.query(query, &[&label]).await.map_err(reason)?;
    for row in &found {
        drop_database(&client, row.get(0)).await?;
    }
    drop_unused_roles(&client).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_of_rds() {
        assert!(check_name("DBName", "outbox", &[]).is_ok());
        for bad in ["", "1a", "a-b", "a\"b", "a'b", "_a", "postgres"] {
            assert!(check_name("DBName", bad, &["postgres"]).is_err(), "{bad}");
        }
    }
}
