//! Servers behind endpoints, from their settings.

use std::path::PathBuf;

use serde_json::Value;

use super::store::{Resource, Store};
use crate::aws::Clients;
use crate::aws::dms::versions::Engine;
use crate::base::error::{AwsContext, Error, Kind, OrFail, RESOURCE_MISSING, Result, sdk_code};
use crate::local::capture::settings::count;
use crate::local::gateway::Gateway;
use crate::local::home::write_atomically;
use crate::local::network;
use crate::local::postgres_server::instance::Instance;
use crate::local::roles::{Assumed, Place};
use crate::postgres::tls::Roots;
use crate::postgres::{Secret, Target};

/// Returns the database behind a source endpoint. Reads its password from the secret as DMS does, through the API.
pub(super) async fn database(
    gateway: &Gateway,
    store: &Store,
    instance: Option<&Resource>,
    endpoint: &Resource,
) -> Result<Target> {
    let settings = endpoint.member("PostgreSQLSettings");
    let given = |name: &str| settings[name].as_str().filter(|text| !text.is_empty());
    let name = given("DatabaseName").unwrap_or_else(|| endpoint.text("DatabaseName")).to_owned();
    let mut target = match given("SecretsManagerSecretId") {
        Some(id) => {
            let clients = match given("SecretsManagerAccessRoleArn") {
                Some(role) => {
                    let role = reads_secrets(role, instance, endpoint);
                    role.check(gateway, endpoint.region(), &["secretsmanager:GetSecretValue"], id).await?;
                    role.clients(gateway, endpoint.region())
                }
                None => gateway.clients_in(endpoint.region()),
            };
            from_secret(gateway, &clients, id, &name).await?
        }
        None => {
            let or = |setting: &str, member: &str| given(setting).unwrap_or_else(|| endpoint.text(member)).to_owned();
            let port = count(&settings["Port"]).or_else(|| count(endpoint.member("Port")));
            Target {
                host: or("ServerName", "ServerName"),
                port: port.and_then(|port| u16::try_from(port).ok()).unwrap_or(5432),
                database: name.clone(),
                user: or("Username", "Username"),
                password: Secret::new(endpoint.hidden.password.clone().unwrap_or_default()),
                roots: Roots::Rds,
            }
        }
    };
    if !name.is_empty() {
        target.database = name;
    }
    if target.host.is_empty() {
        return Err(Error::new(
            Kind::DatabaseUnreachable,
            format!("endpoint {} does not name a server", endpoint.identifier()),
        )
        .hint("give it a secret with host and port, or ServerName and Port"));
    }
    target.roots = roots(gateway, store, endpoint, &target.host)?;
    Ok(target)
}

async fn from_secret(gateway: &Gateway, clients: &Clients, id: &str, database: &str) -> Result<Target> {
    let answer = clients.secrets().get_secret_value().secret_id(id).send().await;
    let answer = answer.aws(format!("read secret {id}"))?;
    let text = answer.secret_string().unwrap_or_default();
    Target::from_secret(text, "", gateway.postgres.port, database, Roots::Rds)
}

/// Returns the endpoint's certificate; without one, the authority of the local server, or Amazon's authorities.
fn roots(gateway: &Gateway, store: &Store, endpoint: &Resource, host: &str) -> Result<Roots> {
    let arn = endpoint.text("CertificateArn");
    if !arn.is_empty() {
        let missing = |fault: super::fault::Fault| Error::new(Kind::UntrustedCertificate, fault.message);
        let certificate = store.get(super::kind::Kind::Certificate, arn).map_err(missing)?;
        let name = arn.rsplit(':').next().unwrap_or("certificate");
        let file: PathBuf = gateway.home.file(&format!("dms-certificate-{name}.pem"));
        write_atomically(&file, certificate.text("CertificatePem").as_bytes())?;
        return Ok(Roots::File(file));
    }
    Ok(match host == gateway.postgres.host {
        true => Roots::File(gateway.postgres.ca_file.clone()),
        false => Roots::Rds,
    })
}

/// Checks that the instance's engine version supports the database's version.
pub(super) async fn supported(engine: &str, database: &Target) -> Result<()> {
    let client = crate::postgres::connect(database).await?;
    let row = client.query_one("SELECT current_setting('server_version_num')::int / 10000", &[]).await;
    let major = row.map_err(crate::postgres::failed("read the server's version"))?.get::<_, i32>(0).unsigned_abs();
    match Engine::parse(engine).and_then(|engine| engine.too_old_for(major)) {
        None => Ok(()),
        Some(first) => Err(Error::new(
            Kind::TaskFailed,
            format!("DMS {engine} does not support PostgreSQL {major} as a source, which needs {first} or newer"),
        )
        .hint("set ReplicationEngineVersion in [parameters]")),
    }
}

/// Runs TestConnection: logs in to the database, or describes the stream.
pub(super) async fn test(gateway: &Gateway, store: &Store, instance: &Resource, endpoint: &Resource) -> Result<()> {
    reachable(gateway, instance, endpoint).await?;
    if endpoint.text("EndpointType").eq_ignore_ascii_case("source") {
        let target = database(gateway, store, Some(instance), endpoint).await?;
        admitted(gateway, instance, endpoint, &target).await?;
        let client = crate::postgres::connect(&target).await?;
        client.simple_query("SELECT 1").await.or_fail(Kind::DatabaseUnreachable, || target.describe())?;
        return Ok(());
    }
    let clients = writable(gateway, instance, endpoint).await?;
    let arn = stream(endpoint);
    let answer = clients.kinesis().describe_stream().stream_arn(&arn).send().await;
    if answer.as_ref().is_err_and(|error| sdk_code(error) == RESOURCE_MISSING) {
        return Err(Error::new(Kind::StreamMissing, format!("stream {arn} does not exist")));
    }
    answer.aws(format!("describe stream {arn}"))?;
    Ok(())
}

/// Checks that the replication instance reaches the service behind an endpoint: Secrets Manager for a secret, Kinesis
/// for a stream. An instance with a public address reaches both.
pub(super) async fn reachable(gateway: &Gateway, instance: &Resource, endpoint: &Resource) -> Result<()> {
    let Some(place) = place(instance) else { return Ok(()) };
    let secret = &endpoint.member("PostgreSQLSettings")["SecretsManagerSecretId"];
    let service = match (stream(endpoint).is_empty(), secret.is_string()) {
        (false, _) => "kinesis-streams",
        (true, true) => "secretsmanager",
        (true, false) => return Ok(()),
    };
    network::reaches(&gateway.emulator, endpoint.region(), &place, service).await
}

/// Checks that security groups let the replication instance connect to the database instance at this address. Other
/// servers have none.
pub(super) async fn admitted(
    gateway: &Gateway,
    instance: &Resource,
    endpoint: &Resource,
    target: &Target,
) -> Result<()> {
    let region = endpoint.region().to_owned();
    let mut pages = gateway.clients_in(&region).rds().describe_db_instances().into_paginator().items().send();
    while let Some(found) = pages.next().await {
        let found = found.aws("describe database instances")?;
        let at = found.endpoint().and_then(|at| Some((at.address()?, at.port()?)));
        if let (Some(identifier), true) =
            (found.db_instance_identifier(), at == Some((target.host.as_str(), target.port.into())))
        {
            // An instance of a cluster has the security groups of the cluster.
            let database = Instance { region, identifier: identifier.to_owned(), is_cluster: false };
            return network::reaches_database(&gateway.emulator, &within(instance), &database).await;
        }
    }
    Ok(())
}

/// Returns the place of a replication instance without a public address. An instance with one reaches every service.
fn place(instance: &Resource) -> Option<Place> {
    (instance.member("PubliclyAccessible") == &Value::Bool(false)).then(|| within(instance))
}

/// Returns the subnets and security groups of a replication instance.
fn within(instance: &Resource) -> Place {
    let texts = |list: &Value, member: &str| -> Vec<String> {
        list.as_array().into_iter().flatten().filter_map(|item| item[member].as_str()).map(str::to_owned).collect()
    };
    let subnets = &instance.member("ReplicationSubnetGroup")["Subnets"];
    Place {
        subnets: texts(subnets, "SubnetIdentifier"),
        groups: texts(instance.member("VpcSecurityGroups"), "VpcSecurityGroupId"),
    }
}

/// Returns the role that reads the secret, assumed by the regional principal (DMS user guide, "Using secrets to access
/// AWS DMS endpoints"); the guide mentions no source for it.
fn reads_secrets(role: &str, instance: Option<&Resource>, endpoint: &Resource) -> Assumed {
    Assumed {
        role: role.to_owned(),
        service: format!("dms.{}.amazonaws.com", endpoint.region()),
        source: None,
        session: SESSION.into(),
        place: instance.and_then(place),
    }
}

/// Name of sessions that DMS makes.
const SESSION: &str = "dms-session-for-replication-engine";

/// Checks that the role of a target endpoint allows DMS to write to the stream (DMS user guide, "Prerequisites for
/// using a Kinesis data stream as a target"), and returns clients with sessions of it. DMS names the replication
/// instance as the source, and its account ("Cross-service confused deputy prevention").
pub(super) async fn writable(gateway: &Gateway, instance: &Resource, endpoint: &Resource) -> Result<Clients> {
    let Some(role) = endpoint.member("KinesisSettings")["ServiceAccessRoleArn"].as_str() else {
        return Ok(gateway.clients_in(endpoint.region()));
    };
    let role = Assumed {
        role: role.to_owned(),
        service: "dms.amazonaws.com".into(),
        source: Some(instance.arn.clone()),
        session: SESSION.into(),
        place: place(instance),
    };
    let actions = ["kinesis:DescribeStream", "kinesis:PutRecord", "kinesis:PutRecords"];
    role.check(gateway, endpoint.region(), &actions, &stream(endpoint)).await?;
    Ok(role.clients(gateway, endpoint.region()))
}

/// Returns the name of a target endpoint's stream.
pub(super) fn stream(endpoint: &Resource) -> String {
    endpoint.member("KinesisSettings")["StreamArn"].as_str().unwrap_or_default().to_owned()
}
