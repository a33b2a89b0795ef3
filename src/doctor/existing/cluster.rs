//! The existing Aurora cluster, as RDS describes it.
//!
//! Replication slots are on the writer. A failover makes another instance the writer; the writer endpoint follows it, and
//! DMS reconnects (Aurora user guide, "Using logical replication to replicate data", and DMS user guide, "Using AWS DMS
//! with Amazon Aurora PostgreSQL").

use aws_sdk_rds::types::DbCluster;

use super::database::{CHECK, NEWER_DMS};
use super::{Finding, Subject, differing, not_found, replication};
use crate::aws::databases;
use crate::aws::dms::versions::unsupported;
use crate::base::error::Result;
use crate::pipelines::{AURORA, Output};
use crate::settings::ExistingKey;

pub async fn cluster(subject: Subject<'_>, name: &str, endpoint: &str) -> Result<Vec<Finding>> {
    let Some(found) = databases::cluster(&subject.deployment.clients, name).await? else {
        return Ok(vec![not_found(CHECK, &format!("cluster {name}"))]);
    };
    let given = subject.deployment.given();
    let dms = replication::version(subject).await?;
    let wanted = Wanted {
        endpoint,
        resource_id: given.value(Output::DatabaseResourceId),
        engine: given.existing().get(ExistingKey::DatabaseEngine),
        dms: &dms,
    };
    Ok(judge(&found, &wanted))
}

/// The values of the file.
struct Wanted<'a> {
    endpoint: &'a str,
    resource_id: Option<&'a str>,
    engine: Option<&'a str>,
    /// Version of DMS; empty for its default.
    dms: &'a str,
}

fn judge(found: &DbCluster, wanted: &Wanted<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut failed = |text: String, remedy: &str| findings.push(Finding::failed(CHECK, text, remedy));
    let engine = found.engine().unwrap_or_default();
    if engine != AURORA {
        failed(format!("the engine of the cluster is {engine}"), "name an Aurora PostgreSQL cluster");
    } else if wanted.engine != Some(AURORA) {
        failed(
            "database.engine must be aurora-postgresql, as DMS calls the engine of the cluster".to_owned(),
            "set database.engine = \"aurora-postgresql\"",
        );
    }
    let status = found.status().unwrap_or_default();
    if status != "available" {
        failed(format!("the cluster is {status}"), "wait until it is available, or start it");
    }
    let writer = found.endpoint().unwrap_or_default();
    if writer != wanted.endpoint {
        failed(
            format!("database.endpoint is {}, and the writer endpoint of the cluster is {writer}", wanted.endpoint),
            "set database.endpoint to the writer endpoint, which follows a failover",
        );
    }
    if let Some((id, wanted)) = differing(found.db_cluster_resource_id(), wanted.resource_id) {
        failed(
            format!("the resource id of the cluster is {id}, and database.resource_id is {wanted}"),
            "correct database.resource_id",
        );
    }
    if databases::writer(found).is_none() {
        failed("the cluster has no writer".to_owned(), "add an instance to the cluster");
    }
    if found.iam_database_authentication_enabled() == Some(false) {
        failed(
            "IAM authentication is disabled, which the functions need".to_owned(),
            "enable it: `aws rds modify-db-cluster --enable-iam-database-authentication --apply-immediately --db-cluster-identifier NAME`",
        );
    }
    let version = found.engine_version().unwrap_or_default();
    if let Some(text) = unsupported(wanted.dms, version) {
        failed(text, NEWER_DMS);
    }
    if findings.is_empty() {
        let name = found.db_cluster_identifier().unwrap_or_default();
        findings.push(Finding::ok(CHECK, format!("cluster {name}, Aurora PostgreSQL {version}")));
    }
    findings
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::DbClusterMember;

    use super::*;
    use crate::doctor::State;

    const WRITER: &str = "shop.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com";
    const WANTED: Wanted<'_> =
        Wanted { endpoint: WRITER, resource_id: Some("cluster-1"), engine: Some(AURORA), dms: "3.6.1" };

    fn cluster() -> aws_sdk_rds::types::builders::DbClusterBuilder {
        DbCluster::builder()
            .db_cluster_identifier("shop")
            .engine(AURORA)
            .engine_version("17.4")
            .status("available")
            .endpoint(WRITER)
            .db_cluster_resource_id("cluster-1")
            .db_cluster_members(
                DbClusterMember::builder().db_instance_identifier("shop-1").is_cluster_writer(true).build(),
            )
            .iam_database_authentication_enabled(true)
    }

    #[test]
    fn each_mismatch_of_a_cluster_is_a_finding_of_its_own() {
        assert_eq!(judge(&cluster().build(), &WANTED)[0].state, State::Ok);
        let instance = "shop-1.abcdefghijkl.eu-west-1.rds.amazonaws.com";
        for (found, wanted, said) in [
            (cluster().engine("postgres"), WANTED, "engine of the cluster is postgres"),
            (cluster(), Wanted { engine: None, ..WANTED }, "database.engine"),
            (cluster().status("stopped"), WANTED, "is stopped"),
            (cluster(), Wanted { endpoint: instance, ..WANTED }, "writer endpoint"),
            (cluster(), Wanted { resource_id: Some("db-1"), ..WANTED }, "database.resource_id is db-1"),
            (cluster().set_db_cluster_members(None), WANTED, "no writer"),
            (cluster().iam_database_authentication_enabled(false), WANTED, "IAM authentication"),
            (cluster(), Wanted { dms: "3.5.4", ..WANTED }, "3.6.1 or newer"),
        ] {
            let findings = judge(&found.build(), &wanted);
            assert_eq!(findings.len(), 1, "{said}: {findings:?}");
            assert!(findings[0].message.contains(said) && findings[0].remedy.is_some(), "{findings:?}");
        }
    }
}
