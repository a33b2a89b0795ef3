//! Databases on RDS, and databases, secrets and tables that outlive their stack, for `destroy` and `doctor`.

use aws_sdk_dynamodb::types::{TableDescription, TableStatus};
use aws_sdk_rds::types::{DbCluster, DbInstance};

use super::Clients;
use crate::base::error::{AwsContext, Error, Kind, RESOURCE_MISSING, Result, sdk_code};

/// A PostgreSQL database on RDS, by its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server<'a> {
    Instance(&'a str),
    /// An Aurora cluster, whose instances share its data.
    Cluster(&'a str),
}

/// Returns the instance; None if it does not exist.
pub async fn instance(clients: &Clients, name: &str) -> Result<Option<DbInstance>> {
    let answer = clients.rds().describe_db_instances().db_instance_identifier(name).send().await;
    let answer = answer.aws_unless("DBInstanceNotFound", format!("describe database {name}"))?;
    Ok(answer.and_then(|answer| answer.db_instances?.pop()))
}

/// Returns the instance.
///
/// # Errors
/// `NotDeployed` if it does not exist, and those of RDS.
pub(super) async fn existing_instance(clients: &Clients, name: &str) -> Result<DbInstance> {
    let missing = || Error::new(Kind::NotDeployed, format!("database {name} not found"));
    instance(clients, name).await?.ok_or_else(missing)
}

/// Returns the cluster; None if it does not exist.
pub async fn cluster(clients: &Clients, name: &str) -> Result<Option<DbCluster>> {
    let answer = clients.rds().describe_db_clusters().db_cluster_identifier(name).send().await;
    let answer = answer.aws_unless("DBClusterNotFoundFault", format!("describe cluster {name}"))?;
    Ok(answer.and_then(|answer| answer.db_clusters?.pop()))
}

/// Returns the identifier of the instance that writes; None while the cluster has none.
pub fn writer(cluster: &DbCluster) -> Option<&str> {
    let members = cluster.db_cluster_members();
    members.iter().find(|member| member.is_cluster_writer() == Some(true))?.db_instance_identifier()
}

/// Returns whether the database has a public address. The instances of a cluster decide for themselves; the writer counts.
///
/// # Errors
/// `NotDeployed` if the instance does not exist, and those of RDS.
pub async fn is_public(clients: &Clients, server: Server<'_>) -> Result<bool> {
    let instance = match server {
        Server::Instance(name) => existing_instance(clients, name).await?,
        Server::Cluster(name) => match cluster(clients, name).await?.as_ref().and_then(writer) {
            Some(name) => existing_instance(clients, name).await?,
            None => return Ok(false),
        },
    };
    Ok(instance.publicly_accessible().unwrap_or(false))
}

/// Returns the identifiers of the database's manual snapshots, which outlive it.
pub async fn snapshots(clients: &Clients, server: Server<'_>) -> Result<Vec<String>> {
    let rds = clients.rds();
    match server {
        Server::Instance(name) => {
            let request = rds.describe_db_snapshots().db_instance_identifier(name).snapshot_type("manual");
            let found: std::result::Result<Vec<_>, _> = request.into_paginator().items().send().collect().await;
            let found = match found {
                Err(error) if matches!(sdk_code(&error), "DBInstanceNotFound" | "DBSnapshotNotFound") => Vec::new(),
                found => found.aws(format!("list the snapshots of {name}"))?,
            };
            Ok(found.into_iter().filter_map(|snapshot| snapshot.db_snapshot_identifier).collect())
        }
        Server::Cluster(name) => {
            const MISSING: [&str; 2] = ["DBClusterNotFoundFault", "DBClusterSnapshotNotFoundFault"];
            let request = rds.describe_db_cluster_snapshots().db_cluster_identifier(name).snapshot_type("manual");
            let found: std::result::Result<Vec<_>, _> = request.into_paginator().items().send().collect().await;
            let found = match found {
                Err(error) if MISSING.contains(&sdk_code(&error)) => Vec::new(),
                found => found.aws(format!("list the snapshots of cluster {name}"))?,
            };
            Ok(found.into_iter().filter_map(|snapshot| snapshot.db_cluster_snapshot_identifier).collect())
        }
    }
}

/// Returns the resource ids of the automated backups that RDS keeps of a deleted database: storage is billed for up to
/// their retention.
pub async fn retained_backups(clients: &Clients, server: Server<'_>) -> Result<Vec<String>> {
    let rds = clients.rds();
    // The local stack has no automated backups.
    let none = |code: &str| {
        matches!(
            code,
            "DBInstanceAutomatedBackupNotFoundFault" | "DBClusterAutomatedBackupNotFoundFault" | "InvalidAction"
        )
    };
    match server {
        Server::Instance(name) => {
            let answer = match rds.describe_db_instance_automated_backups().db_instance_identifier(name).send().await {
                Err(error) if none(sdk_code(&error)) => return Ok(Vec::new()),
                answer => answer.aws(format!("list the automated backups of {name}"))?,
            };
            let retained = answer.db_instance_automated_backups().iter();
            let retained = retained.filter(|backup| backup.status() == Some("retained"));
            Ok(retained.filter_map(|backup| backup.dbi_resource_id().map(str::to_owned)).collect())
        }
        Server::Cluster(name) => {
            let answer = match rds.describe_db_cluster_automated_backups().db_cluster_identifier(name).send().await {
                Err(error) if none(sdk_code(&error)) => return Ok(Vec::new()),
                answer => answer.aws(format!("list the automated backups of cluster {name}"))?,
            };
            let retained = answer.db_cluster_automated_backups().iter();
            let retained = retained.filter(|backup| backup.status() == Some("retained"));
            Ok(retained.filter_map(|backup| backup.db_cluster_resource_id().map(str::to_owned)).collect())
        }
    }
}

/// Returns whether the secret exists and is not being deleted.
pub async fn has_secret(clients: &Clients, arn: &str) -> Result<bool> {
    let found = clients.secrets().describe_secret().secret_id(arn).send().await;
    let found = found.aws_unless(RESOURCE_MISSING, format!("check secret {arn}"))?;
    Ok(found.is_some_and(|secret| secret.deleted_date().is_none()))
}

/// Returns the DynamoDB table; None if it does not exist.
pub async fn table(clients: &Clients, name: &str) -> Result<Option<TableDescription>> {
    let answer = clients.dynamodb().describe_table().table_name(name).send().await;
    Ok(answer.aws_unless(RESOURCE_MISSING, format!("describe table {name}"))?.and_then(|answer| answer.table))
}

/// Returns whether the table exists and is not being deleted.
pub async fn has_table(clients: &Clients, name: &str) -> Result<bool> {
    Ok(table(clients, name).await?.is_some_and(|table| table.table_status() != Some(&TableStatus::Deleting)))
}
