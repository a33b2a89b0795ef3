//! Resources that remain after a destroy.

use crate::aws::{Clients, buckets, databases, log_groups};
use crate::base::error::Result;
use crate::deployment::Deployment;
use crate::pipelines::{Output, Owner};
use crate::settings::Settings;
use crate::streams::bus;

/// Returns a line for each stack, retained bucket, table and secret, snapshot, automated backup, log group, and queue
/// of a killed tap. `before` is the deployment before the destroy.
pub async fn find(clients: &Clients, before: &Deployment, settings: &Settings) -> Result<Vec<String>> {
    let now = Deployment::load(clients, settings).await?;
    let stacks = now.stacks.iter().filter(|view| view.stack.owner == Owner::Pipeline && view.described.is_some());
    let mut left: Vec<_> = stacks.map(|view| format!("stack {} ({})", view.name, view.status())).collect();
    for name in Output::BUCKETS.iter().copied() {
        if let Ok(bucket) = before.output(name)
            && now.output(name).is_err()
            && buckets::exists(clients, bucket).await?
        {
            left.push(format!("bucket {bucket}"));
        }
    }
    for name in Output::KEPT_TABLES.iter().copied() {
        if let Ok(table) = before.output(name)
            && now.output(name).is_err()
            && databases::has_table(clients, table).await?
        {
            left.push(format!("table {table}"));
        }
    }
    if let Ok(secret) = before.output(Output::DatabaseSecretArn)
        && !before.is_existing(Output::DatabaseSecretArn)
        && now.output(Output::DatabaseSecretArn).is_err()
        && databases::has_secret(clients, secret).await?
    {
        left.push(format!("secret {secret}"));
    }
    if let Some(database) = before.server().filter(|_| !before.is_existing(Output::DatabaseEndpoint)) {
        let snapshots = databases::snapshots(clients, database).await?;
        left.extend(snapshots.into_iter().map(|snapshot| format!("database snapshot {snapshot}")));
        let backups = databases::retained_backups(clients, database).await?;
        left.extend(
            backups.into_iter().map(|backup| format!("automated backups of the database, resource id {backup}")),
        );
    }
    // Log groups of existing stacks are not leftovers.
    if left.iter().all(|one| !one.starts_with("stack ")) {
        let groups = log_groups::of(clients, &before.pipeline.name_prefix(&before.stage)).await?;
        left.extend(groups.into_iter().map(|group| format!("log group {group}")));
    }
    if before.output(Output::BusName).is_ok() {
        let queues = bus::orphans(clients).await?;
        left.extend(queues.into_iter().map(|queue| format!("queue {queue}, left by a killed tail")));
    }
    Ok(left)
}
