//! Databases on RDS, and databases, secrets and tables that outlive their stack, for `destroy` and `doctor`.

use aws_sdk_dynamodb::types::{TableDescription, TableStatus};
use aws_sdk_rds::types::DbCluster;

use super::Clients;
use crate::error::{AwsContext, RESOURCE_MISSING, Result, sdk_code};

/// A PostgreSQL database on RDS, by its identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server<'a> {
    Instance(&'a str),
    /// An Aurora cluster, whose instances share its data.
    Cluster(&'a str),
}

/// Returns the identifier of the instance that writes; None while the cluster has none.
pub fn writer(cluster: &DbCluster) -> Option<&str> {
    let members = cluster.db_cluster_members();
    members.iter().find(|member| member.is_cluster_writer() == Some(true))?.db_instance_identifier()
}

/// Returns whether the database has a public address. The instances of a cluster decide for themselves; the writer counts.
///
/// # Errors
/// Those of RDS.
pub async fn is_public(clients: &Clients, server: Server<'_>) -> Result<bool> {
    let name = match server {
        Server::Instance(name) => name.to_owned(),
        Server::Cluster(name) => {
            let answer = clients.rds().describe_db_clusters().db_cluster_identifier(name).send().await;
            let answer = answer.aws(format!("describe cluster {name}"))?;
            match answer.db_clusters().first().and_then(writer) {
                Some(writer) => writer.to_owned(),
                None => return Ok(false),
            }
        }
    };
    let answer = clients.rds().describe_db_instances().db_instance_identifier(&name).send().await;
    let answer = answer.aws(format!("describe database {name}"))?;
    Ok(answer.db_instances().first().and_then(|instance| instance.publicly_accessible()).unwrap_or(false))
}

/// Returns the identifiers of the database's manual snapshots, which outlive it.
///
/// # Errors
/// Those of RDS.
pub async fn snapshots(clients: &Clients, server: Server<'_>) -> Result<Vec<String>> {
    let (rds, mut names) = (clients.rds(), Vec::new());
    match server {
        Server::Instance(name) => {
            let request = rds.describe_db_snapshots().db_instance_identifier(name).snapshot_type("manual");
            let mut pages = request.into_paginator().items().send();
            while let Some(snapshot) = pages.next().await {
                match snapshot {
                    Ok(snapshot) => names.extend(snapshot.db_snapshot_identifier),
                    Err(error) if matches!(sdk_code(&error), "DBInstanceNotFound" | "DBSnapshotNotFound") => break,
                    Err(error) => return Err(error).aws(format!("list the snapshots of {name}")),
                }
            }
        }
        Server::Cluster(name) => {
            let request = rds.describe_db_cluster_snapshots().db_cluster_identifier(name).snapshot_type("manual");
            let mut pages = request.into_paginator().items().send();
            while let Some(snapshot) = pages.next().await {
                match snapshot {
                    Ok(snapshot) => names.extend(snapshot.db_cluster_snapshot_identifier),
                    Err(error)
                        if matches!(sdk_code(&error), "DBClusterNotFoundFault" | "DBClusterSnapshotNotFoundFault") =>
                    {
                        break;
                    }
                    Err(error) => return Err(error).aws(format!("list the snapshots of cluster {name}")),
                }
            }
        }
    }
    Ok(names)
}

/// Returns the resource ids of the automated backups that RDS keeps of a deleted database: storage is billed for up to
/// their retention.
///
/// # Errors
/// Those of RDS.
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

/// Returns whether the table exists and is not being deleted.
pub async fn has_table(clients: &Clients, name: &str) -> Result<bool> {
    let found = clients.dynamodb().describe_table().table_name(name).send().await;
    let found = found.aws_unless(RESOURCE_MISSING, format!("check table {name}"))?;
    let status = |table: &TableDescription| table.table_status() != Some(&TableStatus::Deleting);
    Ok(found.is_some_and(|found| found.table().is_none_or(status)))
}
