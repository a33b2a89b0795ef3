//! From an endpoint's settings to the server behind it.

use std::path::PathBuf;

use serde_json::Value;

use super::store::{Resource, Store};
use crate::aws::dms::versions::Engine;
use crate::error::{AwsContext, Error, Kind, OrFail, Result, sdk_code};
use crate::local::gateway::Gateway;
use crate::local::home::write_atomically;
use crate::local::{network, roles};
use crate::postgres::tls::Roots;
use crate::postgres::{Secret, Target};

/// The database behind a source endpoint, its password read from the secret as DMS would, through the API.
pub(super) async fn database(gateway: &Gateway, store: &Store, endpoint: &Resource) -> Result<Target> {
    let settings = &endpoint.document.get("PostgreSQLSettings").cloned().unwrap_or_default();
    let given = |name: &str| settings[name].as_str().filter(|text| !text.is_empty());
    let name = given("DatabaseName").unwrap_or_else(|| endpoint.text("DatabaseName")).to_owned();
    let mut target = match given("SecretsManagerSecretId") {
        Some(id) => {
            if let Some(role) = given("SecretsManagerAccessRoleArn") {
                // The regional principal (DMS user guide, "Using secrets to access AWS DMS endpoints").
                let principal = format!("dms.{}.amazonaws.com", endpoint.region());
                let clients = gateway.clients_in(endpoint.region());
                roles::check(&clients, role, &principal, &["secretsmanager:GetSecretValue"], id).await?;
            }
            from_secret(gateway, endpoint.region(), id, &name).await?
        }
        None => {
            let or = |setting: &str, member: &str| given(setting).unwrap_or_else(|| endpoint.text(member)).to_owned();
            let port = |value: &Value| crate::capture::settings::count(value);
            let port = port(&settings["Port"]).or_else(|| endpoint.document.get("Port").and_then(port));
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
            format!("endpoint {} names no server", endpoint.identifier()),
        )
        .hint("give it a secret with host and port, or ServerName and Port"));
    }
    target.roots = roots(gateway, store, endpoint, &target.host)?;
    Ok(target)
}

async fn from_secret(gateway: &Gateway, region: &str, id: &str, database: &str) -> Result<Target> {
    let answer = gateway.clients_in(region).secrets().get_secret_value().secret_id(id).send().await;
    let answer = answer.aws(format!("read secret {id}"))?;
    let text = answer.secret_string().unwrap_or_default();
    Target::from_secret(text, "", gateway.postgres.port, database, Roots::Rds)
}

/// The endpoint's certificate; without one, what signed the local server, or Amazon's authorities.
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

/// That the instance's engine supports the database's version.
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

/// What TestConnection does: logs in to the database, or looks at the stream.
pub(super) async fn test(gateway: &Gateway, store: &Store, instance: &Resource, endpoint: &Resource) -> Result<()> {
    reachable(gateway, instance, endpoint).await?;
    if endpoint.text("EndpointType").eq_ignore_ascii_case("source") {
        let target = database(gateway, store, endpoint).await?;
        let client = crate::postgres::connect(&target).await?;
        client.simple_query("SELECT 1").await.or_fail(Kind::DatabaseUnreachable, || target.describe())?;
        return Ok(());
    }
    writable(gateway, endpoint).await?;
    let arn = stream(endpoint);
    let answer =
        gateway.clients_in(endpoint.region()).kinesis().describe_stream_summary().stream_arn(&arn).send().await;
    if answer.as_ref().is_err_and(|error| sdk_code(error) == "ResourceNotFoundException") {
        return Err(Error::new(Kind::StreamMissing, format!("stream {arn} does not exist")));
    }
    answer.aws(format!("describe stream {arn}"))?;
    Ok(())
}

/// Checks that the replication instance reaches the service behind an endpoint: Secrets Manager for a secret, Kinesis for a
/// stream. An instance with a public address reaches both.
pub(super) async fn reachable(gateway: &Gateway, instance: &Resource, endpoint: &Resource) -> Result<()> {
    if instance.document.get("PubliclyAccessible").and_then(Value::as_bool) != Some(false) {
        return Ok(());
    }
    let group = instance.document.get("ReplicationSubnetGroup").cloned().unwrap_or_default();
    let subnets = group["Subnets"].as_array().cloned().unwrap_or_default();
    let subnets: Vec<_> = subnets.iter().filter_map(|subnet| subnet["SubnetIdentifier"].as_str()).collect();
    let secret = &endpoint.document.get("PostgreSQLSettings").cloned().unwrap_or_default()["SecretsManagerSecretId"];
    let service = match (stream(endpoint).is_empty(), secret.is_string()) {
        (false, _) => "kinesis-streams",
        (true, true) => "secretsmanager",
        (true, false) => return Ok(()),
    };
    network::reaches(gateway, endpoint.region(), &subnets, service).await
}

/// Checks that the role of a target endpoint allows DMS to write to the stream (DMS user guide, "Prerequisites for using a
/// Kinesis data stream as a target").
pub(super) async fn writable(gateway: &Gateway, endpoint: &Resource) -> Result<()> {
    let settings = endpoint.document.get("KinesisSettings").cloned().unwrap_or_default();
    let Some(role) = settings["ServiceAccessRoleArn"].as_str() else { return Ok(()) };
    let actions = ["kinesis:DescribeStream", "kinesis:PutRecord", "kinesis:PutRecords"];
    let clients = gateway.clients_in(endpoint.region());
    roles::check(&clients, role, "dms.amazonaws.com", &actions, &stream(endpoint)).await
}

/// The stream of a target endpoint.
pub(super) fn stream(endpoint: &Resource) -> String {
    endpoint.document.get("KinesisSettings").and_then(|s| s["StreamArn"].as_str()).unwrap_or_default().to_owned()
}
