//! Databases, secrets and tables that outlive their stack, for `destroy` and `doctor`.

use aws_sdk_dynamodb::types::{TableDescription, TableStatus};

use super::Clients;
use crate::error::{AwsContext, RESOURCE_MISSING, Result, sdk_code};

/// Returns the identifiers of the instance's manual snapshots, which outlive it.
pub async fn snapshots(clients: &Clients, database: &str) -> Result<Vec<String>> {
    let request = clients.rds().describe_db_snapshots().db_instance_identifier(database).snapshot_type("manual");
    let mut pages = request.into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(snapshot) = pages.next().await {
        match snapshot {
            Ok(snapshot) => names.extend(snapshot.db_snapshot_identifier),
            Err(error) if matches!(sdk_code(&error), "DBInstanceNotFound" | "DBSnapshotNotFound") => break,
            Err(error) => return Err(error).aws(format!("list the snapshots of {database}")),
        }
    }
    Ok(names)
}

/// Returns the automated backups that RDS keeps of a deleted instance: storage is billed for up to their retention.
pub async fn retained_backups(clients: &Clients, database: &str) -> Result<Vec<String>> {
    let request = clients.rds().describe_db_instance_automated_backups().db_instance_identifier(database);
    let answer = match request.send().await {
        // The local stack has no automated backups.
        Err(error) if matches!(sdk_code(&error), "DBInstanceAutomatedBackupNotFoundFault" | "InvalidAction") => {
            return Ok(Vec::new());
        }
        answer => answer.aws(format!("list the automated backups of {database}"))?,
    };
    let retained = answer.db_instance_automated_backups().iter().filter(|backup| backup.status() == Some("retained"));
    Ok(retained.filter_map(|backup| backup.dbi_resource_id().map(str::to_owned)).collect())
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
