//! AWS::RDS::DBInstance and AWS::RDS::DBCluster: a database and its master in a local PostgreSQL, behind the emulator's
//! record of it.
//!
//! The first instance or cluster of a stack uses the server that every stack has. Each further one has its own server, and
//! so has one with another major version, if this machine has that version. The instances of a cluster share its server.
//! `wanted.rs` checks the properties of a template (`aurora.rs` those of clusters), `server.rs` has the statements that a
//! server gets, `upgrade.rs` changes the major version of an instance, and `api.rs` answers the operations of the API that
//! concern versions.

mod api;
mod aurora;
mod server;
mod upgrade;
mod wanted;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::gateway::{Gateway, Made, Resource, ResourceProvider, ResourceRequest};
use super::postgres_server::further::Servers;
use super::postgres_server::instance::Instance;
use super::state::Postgres;
use super::tools::postgres_majors;
use crate::local::capture::settings::flag;
use server::{connect, drop_database, drop_unused_roles, major, owner_label, reason, version};
use upgrade::Change;
use wanted::{Wanted, instance};

const INSTANCE: &str = "AWS::RDS::DBInstance";
const CLUSTER: &str = "AWS::RDS::DBCluster";

/// The RDS API, and the provider of databases in the stack's PostgreSQL.
pub struct Rds {
    /// Servers of further instances.
    servers: Servers,
}

impl Rds {
    pub fn new(servers: Servers) -> Self {
        Self { servers }
    }

    async fn provide(&self, gateway: &Gateway, request: &ResourceRequest) -> Result<Resource, String> {
        match cluster_of(request) {
            Some(cluster) => self.member(gateway, request, cluster).await,
            None => self.ensure(gateway, &Wanted::of(request)?).await,
        }
    }

    /// Checks an instance of a cluster, and returns the server of the cluster.
    async fn member(&self, gateway: &Gateway, request: &ResourceRequest, cluster: &str) -> Result<Resource, String> {
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
        let _turn = self.servers.turn.lock().await;
        let server = self.place(gateway, &instance, None).await?;
        Ok(Resource { physical_id: identifier, attributes: attributes(&server).await? })
    }

    /// Creates missing parts and keeps existing ones: a repeated create, or a stack whose record was lost, finds its data.
    async fn ensure(&self, gateway: &Gateway, wanted: &Wanted) -> Result<Resource, String> {
        let Wanted { instance, major, database, master, password } = wanted;
        let _turn = self.servers.turn.lock().await;
        let server = self.place(gateway, instance, *major).await?;
        let client = connect(&server).await?;
        let label = instance.label();
        let owner = owner_label(&client, database).await?;
        if let Some(other) = owner.as_ref().filter(|owner| **owner != label) {
            return Err(format!("database {database:?} in the local PostgreSQL belongs to another instance ({other})"));
        }
        let verifier = postgres_protocol::password::scram_sha_256(password.as_bytes());
        let exists = client.query_opt("SELECT FROM pg_roles WHERE rolname = $1", &[master]).await.map_err(reason)?;
        let verb = if exists.is_some() { "ALTER" } else { "CREATE" };
        // On RDS the master gets REPLICATION through rds_replication; here the attribute itself is needed.
        let role = format!("{verb} ROLE \"{master}\" LOGIN CREATEROLE CREATEDB REPLICATION PASSWORD '{verifier}'");
        client.batch_execute(&role).await.map_err(reason)?;
        let rights = format!(
            "GRANT rds_superuser TO \"{master}\"; GRANT rds_iam, rds_replication TO rds_superuser WITH ADMIN OPTION"
        );
        client.batch_execute(&rights).await.map_err(reason)?;
        if owner.is_none() {
            let make = format!("CREATE DATABASE \"{database}\" OWNER \"{master}\"");
            client.batch_execute(&make).await.map_err(reason)?;
        }
        let mark = format!("COMMENT ON DATABASE \"{database}\" IS '{}'", label.replace('\'', "''"));
        client.batch_execute(&mark).await.map_err(reason)?;
        Ok(Resource { physical_id: instance.identifier.clone(), attributes: attributes(&server).await? })
    }

    /// Returns the instance's present server; `None` if it has none yet.
    async fn present(&self, gateway: &Gateway, instance: &Instance) -> Result<Option<Postgres>, String> {
        if let Some(server) = self.servers.find(instance).await.map_err(|error| error.to_string())? {
            return Ok(Some(server));
        }
        let own = "SELECT FROM pg_database WHERE shobj_description(oid, 'pg_database') = $1";
        let own = connect(&gateway.postgres).await?.query_opt(own, &[&instance.label()]).await.map_err(reason)?;
        Ok(own.map(|_| gateway.postgres.clone()))
    }

    /// Returns the instance's server: its present one, the stack's if no other instance uses it and its version is not
    /// another one than the wanted, else a new one.
    async fn place(&self, gateway: &Gateway, instance: &Instance, wanted: Option<u32>) -> Result<Postgres, String> {
        if let Some(server) = self.present(gateway, instance).await? {
            return Ok(server);
        }
        let taken = Instance::of_server(&gateway.postgres).await.map_err(|error| error.to_string())?.is_some();
        let running = major(&version(&connect(&gateway.postgres).await?).await?);
        let has_other = wanted
            .is_some_and(|wanted| Some(wanted) != running && postgres_majors(&gateway.home).contains_key(&wanted));
        match taken || has_other {
            true => self.servers.start(instance, wanted).await.map_err(|error| error.to_string()),
            false => Ok(gateway.postgres.clone()),
        }
    }

    async fn remove(&self, gateway: &Gateway, request: &ResourceRequest) -> Result<(), String> {
        // The data is the cluster's.
        if cluster_of(request).is_some() {
            return Ok(());
        }
        if request.properties.get("DeletionProtection").and_then(flag) == Some(true) {
            let what = if request.resource_type == CLUSTER { "Cluster" } else { "DB Instance" };
            return Err(format!("Cannot delete protected {what}, please disable deletion protection and try again."));
        }
        let Some(instance) = instance(request) else { return Ok(()) };
        let _turn = self.servers.turn.lock().await;
        if self.servers.find(&instance).await.map_err(|error| error.to_string())?.is_some() {
            return self.servers.remove(&instance).await.map_err(|error| error.to_string());
        }
        let client = connect(&gateway.postgres).await?;
        let query = "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') = $1";
        let found = client.query(query, &[&instance.label()]).await.map_err(reason)?;
        for row in &found {
            drop_database(&client, row.get(0)).await?;
        }
        drop_unused_roles(&client).await
    }
}

impl ResourceProvider for Rds {
    fn types(&self) -> &'static [&'static str] {
        &[INSTANCE, CLUSTER]
    }

    fn create<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a> {
        Box::pin(async move { self.provide(gateway, &request).await })
    }

    fn update<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> Made<'a> {
        Box::pin(async move {
            if let Some(change) = Change::of(&request) {
                upgrade::modify(self, gateway, &change).await.map_err(|refusal| refusal.message)?;
            }
            self.provide(gateway, &request).await
        })
    }

    fn delete<'a>(&'a self, gateway: &'a Arc<Gateway>, request: ResourceRequest) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move { self.remove(gateway, &request).await })
    }
}

/// Returns the identifier of the cluster whose instance the request is for.
fn cluster_of(request: &ResourceRequest) -> Option<&str> {
    let cluster = request.properties.get("DBClusterIdentifier").and_then(Value::as_str);
    cluster.filter(|cluster| request.resource_type == INSTANCE && !cluster.is_empty())
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
