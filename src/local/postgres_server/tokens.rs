//! IAM database authentication: verifies tokens for a role.
//!
//! A token is a presigned URL of `rds-db:connect` without its scheme, for one instance, port and role, and valid for 15
//! minutes (RDS user guide, "IAM database authentication for MariaDB, MySQL, and PostgreSQL").

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use http::header;

use super::instance::Instance;
use crate::base::error::sdk_code;
use crate::local::gateway::{Gateway, Right, query_fields};
use crate::local::network;
use crate::local::state::{ACCOUNT, Postgres};

/// "An authentication token has a lifetime of 15 minutes", whatever its own expiry.
const LIFETIME: Duration = Duration::from_secs(900);

/// Verifies tokens once the gateway runs; before, and when the stack stops, all are refused.
#[derive(Clone, Default)]
pub struct Tokens(Arc<OnceLock<Weak<Gateway>>>);

impl Tokens {
    /// Verifies tokens with the keys and policies of this gateway. Later calls have no effect.
    pub fn verify_with(&self, gateway: &Arc<Gateway>) {
        let _ = self.0.set(Arc::downgrade(gateway));
    }

    /// Returns the reason why the security groups of the server's instance do not allow a connection; `None` if they do,
    /// for programs that are not functions, and while the stack starts or stops.
    pub async fn unreachable(&self, server: &Postgres, client: SocketAddr, here: SocketAddr) -> Option<String> {
        let gateway = self.0.get().and_then(Weak::upgrade)?;
        let place = network::visitor(&gateway.emulator, client, here).await.ok()??;
        let instance = Instance::of_server(server).await.ok()??;
        let reached = network::reaches_database(&gateway.emulator, &place, &instance).await;
        reached.err().map(|error| error.message().to_owned())
    }

    /// Checks that a token is for this server and role, and that it was signed with the stack's key or by a role that
    /// may connect as this one.
    ///
    /// # Errors
    /// The reason, for the log: RDS does not send it to clients.
    pub async fn verify(&self, server: &Postgres, user: &str, token: &str) -> Result<(), String> {
        let gateway = self.0.get().and_then(Weak::upgrade).ok_or("the stack is starting or stopping")?;
        let query = query_for(server, user, token)?;
        let instance = Instance::of_server(server).await.map_err(|error| error.to_string())?;
        let instance = instance.ok_or("the server has no database instance")?;
        let id = resource_id(&gateway, &instance).await?;
        let resource = format!("arn:aws:rds-db:{}:{ACCOUNT}:dbuser:{id}/{user}", instance.region);
        let request = http::Request::get(format!("/?{query}"))
            .header(header::HOST, format!("{}:{}", server.host, server.port))
            .body(())
            .map_err(|_| "it is not a URL")?;
        let right = Right { action: "rds-db:connect", resource: &resource, region: &instance.region };
        gateway.check_presigned(&request.into_parts().0, right).await
    }
}

/// Returns the query of a token that is for this server and role. Does not check its signature and age.
fn query_for<'a>(server: &Postgres, user: &str, token: &'a str) -> Result<&'a str, String> {
    let (place, query) = token.split_once("/?").ok_or("it is not a token")?;
    let wanted = format!("{}:{}", server.host, server.port);
    if place != wanted {
        return Err(format!("it is for another server than {wanted}"));
    }
    let mut fields = HashMap::new();
    for (name, value) in query_fields(query) {
        if fields.insert(name, value).is_some() {
            return Err("a field is duplicated".into());
        }
    }
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    if field("Action") != "connect" {
        return Err("it is not for the action connect".into());
    }
    if field("DBUser") != user {
        return Err("it is for another user".into());
    }
    let expires = field("X-Amz-Expires").parse::<u64>().ok().map(Duration::from_secs);
    if expires.is_none_or(|expires| expires > LIFETIME) {
        return Err("it is valid for longer than 15 minutes".into());
    }
    Ok(query)
}

/// Returns the id by which policies name an instance or a cluster, which must have IAM authentication enabled.
async fn resource_id(gateway: &Gateway, instance: &Instance) -> Result<String, String> {
    let (rds, name) = (gateway.clients_in(&instance.region).rds(), &instance.identifier);
    let (enabled, id) = if instance.is_cluster {
        let answer = rds.describe_db_clusters().db_cluster_identifier(name).send().await;
        let found = answer.map_err(|error| sdk_code(&error).to_owned())?.db_clusters.unwrap_or_default().pop();
        found.map(|found| (found.iam_database_authentication_enabled, found.db_cluster_resource_id))
    } else {
        let answer = rds.describe_db_instances().db_instance_identifier(name).send().await;
        let found = answer.map_err(|error| sdk_code(&error).to_owned())?.db_instances.unwrap_or_default().pop();
        found.map(|found| (found.iam_database_authentication_enabled, found.dbi_resource_id))
    }
    .ok_or("the database is not known")?;
    if enabled != Some(true) {
        return Err("the database does not have IAM database authentication enabled".into());
    }
    id.ok_or_else(|| "the database has no resource id".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Postgres {
        Postgres {
            host: "localhost".into(),
            port: 5432,
            ca_file: "/ca".into(),
            version: "15".into(),
            bin: "/bin".into(),
            socket: "/s".into(),
        }
    }

    #[test]
    fn a_token_is_for_one_server_and_one_role() {
        let good = "localhost:5432/?Action=connect&DBUser=outbox_writer&X-Amz-Expires=900&X-Amz-Signature=0";
        assert!(query_for(&server(), "outbox_writer", good).is_ok());
        for bad in [
            "",
            "anything",
            &good.replace("5432", "5433"),
            &good.replace("localhost", "127.0.0.1"),
            &good.replace("connect", "other"),
            &good.replace("outbox_writer", "outbox_consumer"),
            &good.replace("900", "901"),
            &good.replace("&X-Amz-Expires=900", ""),
            &format!("{good}&DBUser=postgres"),
        ] {
            assert!(query_for(&server(), "outbox_writer", bad).is_err(), "{bad}");
        }
    }
}
