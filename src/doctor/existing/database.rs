//! The existing database, as RDS and Secrets Manager describe it. `inside.rs` asks the database itself.

use aws_sdk_rds::types::DbInstance;
use serde_json::Value;

use super::{Finding, Subject, differing, not_found, replication};
use crate::aws::databases;
use crate::aws::dms::versions::unsupported;
use crate::base::error::{AwsContext, RESOURCE_MISSING, Result};
use crate::pipelines::Output;
use crate::settings::ExistingKey;

pub const CHECK: &str = "existing database";
pub const SECRET: &str = "existing secret";

/// Checks the RDS instance, and the name of the server.
pub async fn instance(subject: Subject<'_>, endpoint: &str) -> Result<Vec<Finding>> {
    if let Some(finding) = not_a_writer(endpoint) {
        return Ok(vec![finding]);
    }
    let given = |output: Output| subject.deployment.given().value(output);
    let Some(name) = given(Output::DatabaseIdentifier) else {
        // The cluster has a separate check.
        if subject.deployment.given().existing().has(ExistingKey::DatabaseCluster) {
            return Ok(Vec::new());
        }
        let text = "database.identifier is not set: instance, engine version and network are not checked";
        return Ok(vec![Finding::not_checked(CHECK, text)]);
    };
    let Some(found) = databases::instance(&subject.deployment.clients, name).await? else {
        return Ok(vec![not_found(CHECK, &format!("RDS instance {name}"))]);
    };
    let dms = replication::version(subject).await?;
    let wanted = Wanted {
        endpoint,
        port: given(Output::DatabasePort).unwrap_or_default(),
        resource_id: given(Output::DatabaseResourceId),
        vpc: given(Output::VpcId),
        dms: &dms,
    };
    Ok(judge(&found, &wanted))
}

/// The values of the file.
struct Wanted<'a> {
    endpoint: &'a str,
    port: &'a str,
    resource_id: Option<&'a str>,
    vpc: Option<&'a str>,
    /// Version of DMS; empty for its default.
    dms: &'a str,
}

/// Returns the finding for a host name that does not lead to the server that writes.
///
/// Sources: RDS user guide, "Amazon RDS Proxy" and "Amazon Aurora endpoint connections" (names of endpoints); DMS user
/// guide, "Using a PostgreSQL database as an AWS DMS source" (a replication connection does not pass a pooler).
fn not_a_writer(endpoint: &str) -> Option<Finding> {
    let kind = endpoint.split('.').nth(1)?;
    let (what, instead) = match kind {
        kind if kind.starts_with("proxy-") => {
            ("RDS Proxy, which passes no replication connections", "the endpoint of the instance")
        }
        kind if kind.starts_with("cluster-ro-") => {
            ("the reader endpoint of a cluster", "the writer endpoint of the cluster")
        }
        kind if kind.starts_with("cluster-custom-") => {
            ("a custom endpoint of a cluster", "the writer endpoint of the cluster")
        }
        _ => return None,
    };
    let text = format!("{endpoint} is {what}: replication slots are on the server that writes");
    Some(Finding::failed(CHECK, text, format!("set database.endpoint to {instead}")))
}

/// Returns the instance that this one is a read replica of.
pub(super) fn replicated(found: &DbInstance) -> Option<&str> {
    // Empty where an emulator writes every member.
    found.read_replica_source_db_instance_identifier().filter(|source| !source.is_empty())
}

/// Returns the findings for an instance.
fn judge(found: &DbInstance, wanted: &Wanted<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut failed = |text: String, remedy: &str| findings.push(Finding::failed(CHECK, text, remedy));
    let engine = found.engine().unwrap_or_default();
    if !engine.ends_with("postgres") && engine != "aurora-postgresql" {
        failed(format!("its engine is {engine}"), "name a PostgreSQL database");
    }
    let status = found.db_instance_status().unwrap_or_default();
    if !matches!(status, "available" | "backing-up" | "storage-optimization") {
        failed(format!("it is {status}"), "wait until it is available, or start it");
    }
    if let Some(source) = replicated(found) {
        failed(format!("it is a read replica of {source}"), "name the instance that writes");
    }
    let at = found.endpoint();
    let (host, port) = (at.and_then(|at| at.address()), at.and_then(|at| at.port()));
    // The name of a cluster leads to the instance, too.
    let in_cluster = found.db_cluster_identifier().is_some_and(|cluster| !cluster.is_empty());
    if let Some((host, _)) = differing(host.filter(|_| !in_cluster), Some(wanted.endpoint)) {
        failed(
            format!("its endpoint is {host}, and database.endpoint is {}", wanted.endpoint),
            "correct database.endpoint",
        );
    }
    if let Some(port) = port.filter(|port| port.to_string() != wanted.port) {
        failed(format!("its port is {port}, and database.port is {}", wanted.port), "correct database.port");
    }
    if let Some((id, wanted)) = differing(found.dbi_resource_id().filter(|_| !in_cluster), wanted.resource_id) {
        failed(
            format!("its resource id is {id}, and database.resource_id is {wanted}"),
            "correct database.resource_id",
        );
    }
    if let Some((vpc, wanted)) = differing(found.db_subnet_group().and_then(|group| group.vpc_id()), wanted.vpc) {
        failed(
            format!("it is in {vpc}, and network.vpc is {wanted}"),
            "name subnets and security groups of the database's VPC",
        );
    }
    if found.iam_database_authentication_enabled() == Some(false) {
        failed(
            "IAM authentication is disabled, which the functions need".to_owned(),
            "enable it: `aws rds modify-db-instance --enable-iam-database-authentication --apply-immediately --db-instance-identifier NAME`",
        );
    }
    let version = found.engine_version().unwrap_or_default();
    if let Some(text) = unsupported(wanted.dms, version) {
        failed(text, NEWER_DMS);
    }
    if findings.is_empty() {
        let name = found.db_instance_identifier().unwrap_or_default();
        findings.push(Finding::ok(CHECK, format!("{name}, PostgreSQL {version}")));
    }
    findings
}

/// Remedy of [`unsupported`].
pub(super) const NEWER_DMS: &str = "use that version or newer: ReplicationEngineVersion in [parameters], or the version of the existing replication instance";

/// Checks the members of the secret that DMS reads ("Using secrets to access AWS DMS endpoints" in the DMS user guide).
pub async fn secret(subject: Subject<'_>, arn: &str, endpoint: &str) -> Result<Vec<Finding>> {
    let answer = subject.deployment.clients.secrets().get_secret_value().secret_id(arn).send().await;
    Ok(vec![match answer.aws_unless(RESOURCE_MISSING, format!("read secret {arn}"))? {
        Some(answer) => members(answer.secret_string().unwrap_or_default(), endpoint),
        None => not_found(SECRET, &format!("secret {arn}")),
    }])
}

fn members(text: &str, endpoint: &str) -> Finding {
    let Ok(Value::Object(document)) = serde_json::from_str(text) else {
        let remedy = "store a JSON object with username, password, host and port";
        return Finding::failed(SECRET, "it is not a JSON object", remedy);
    };
    let missing: Vec<_> =
        ["username", "password", "host", "port"].into_iter().filter(|name| !document.contains_key(*name)).collect();
    if !missing.is_empty() {
        let text = format!("it has no {}, which DMS reads", missing.join(", "));
        let remedy =
            "add them; for a secret that RDS manages, which has no host, create another one with a user for DMS";
        return Finding::failed(SECRET, text, remedy);
    }
    match document["host"].as_str() {
        Some(host) if host != endpoint => {
            let text = format!("its host is {host}, and database.endpoint is {endpoint}");
            Finding::failed(SECRET, text, "correct one of them: DMS connects to the host in the secret")
        }
        _ => Finding::ok(SECRET, "has username, password, host and port"),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{DbSubnetGroup, Endpoint};

    use super::*;
    use crate::doctor::State;

    const HOST: &str = "shop.abcdefghijkl.eu-west-1.rds.amazonaws.com";
    const WANTED: Wanted<'_> =
        Wanted { endpoint: HOST, port: "5432", resource_id: Some("db-1"), vpc: Some("vpc-1"), dms: "3.6.1" };

    fn instance() -> aws_sdk_rds::types::builders::DbInstanceBuilder {
        DbInstance::builder()
            .db_instance_identifier("shop")
            .engine("postgres")
            .engine_version("17.4")
            .db_instance_status("available")
            .endpoint(Endpoint::builder().address(HOST).port(5432).build())
            .dbi_resource_id("db-1")
            .db_subnet_group(DbSubnetGroup::builder().vpc_id("vpc-1").build())
            .iam_database_authentication_enabled(true)
    }

    #[test]
    fn each_mismatch_is_a_finding_of_its_own() {
        assert_eq!(judge(&instance().build(), &WANTED)[0].state, State::Ok);
        let elsewhere = DbSubnetGroup::builder().vpc_id("vpc-2").build();
        for (found, wanted, said) in [
            (instance().engine("mysql"), WANTED, "engine is mysql"),
            (instance().db_instance_status("stopped"), WANTED, "it is stopped"),
            (instance().read_replica_source_db_instance_identifier("main"), WANTED, "read replica of main"),
            (instance(), Wanted { endpoint: "other", ..WANTED }, "database.endpoint is other"),
            (instance(), Wanted { port: "6432", ..WANTED }, "database.port is 6432"),
            (instance(), Wanted { resource_id: Some("db-2"), ..WANTED }, "database.resource_id is db-2"),
            (instance().db_subnet_group(elsewhere), WANTED, "it is in vpc-2"),
            (instance().iam_database_authentication_enabled(false), WANTED, "IAM authentication"),
            (instance(), Wanted { dms: "3.5.4", ..WANTED }, "3.6.1 or newer"),
        ] {
            let findings = judge(&found.build(), &wanted);
            assert_eq!(findings.len(), 1, "{said}: {findings:?}");
            assert!(findings[0].message.contains(said) && findings[0].remedy.is_some(), "{findings:?}");
        }
        let all = judge(&instance().engine("mysql").db_instance_status("stopped").build(), &WANTED);
        assert_eq!(all.len(), 2, "{all:?}");
    }

    #[test]
    fn poolers_and_readers_are_recognised_by_their_names() {
        let rest = "abcdefghijkl.eu-west-1.rds.amazonaws.com";
        for (name, said) in [
            (format!("shop.proxy-{rest}"), "RDS Proxy"),
            (format!("shop.cluster-ro-{rest}"), "reader endpoint"),
            (format!("any.cluster-custom-{rest}"), "custom endpoint"),
        ] {
            assert!(not_a_writer(&name).is_some_and(|finding| finding.message.contains(said)), "{name}");
        }
        for name in [HOST.to_owned(), format!("shop.cluster-{rest}"), "localhost".to_owned(), "10.0.0.7".to_owned()] {
            assert_eq!(not_a_writer(&name), None, "{name}");
        }
    }

    #[test]
    fn members_that_dms_reads_are_required_and_never_shown() {
        let whole = r#"{"username": "u", "password": "s3cr3t", "host": "h", "port": 5432}"#;
        assert_eq!(members(whole, "h").state, State::Ok);
        let managed = members(r#"{"username": "u", "password": "s3cr3t"}"#, "h");
        assert!(managed.message.contains("host, port") && !format!("{managed:?}").contains("s3cr3t"), "{managed:?}");
        assert!(members(whole, "other").message.contains("its host is h"));
        assert_eq!(members("no JSON", "h").state, State::Failed);
    }
}
