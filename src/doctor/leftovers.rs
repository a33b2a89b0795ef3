//! Resources of earlier runs: taps of killed processes, and resources that were kept when their stack was deleted.

use super::run::Check;
use super::{Context, Finding};
use crate::aws::databases::Server;
use crate::aws::{databases, log_groups};
use crate::deployment::Deployment;
use crate::error::{AwsContext, Result};
use crate::pipelines::Part;
use crate::streams::bus;

pub fn checks<'a>(context: &'a Context<'_>, deployment: &'a Deployment) -> Vec<Check<'a>> {
    let mut checks = vec![
        Check::new("leftovers: taps", taps(context)),
        Check::new("leftovers: buckets", buckets(context, deployment)),
        Check::new("leftovers: tables", tables(context, deployment)),
    ];
    if !deployment.exists() {
        checks.push(Check::new("leftovers: log groups", groups(context)));
    }
    if context.pipeline.has(Part::Database) {
        checks.push(Check::new("leftovers: snapshots", snapshots(context)));
    }
    checks
}

fn findings(check: &str, found: &[String], remedy: &str) -> Vec<Finding> {
    vec![match found {
        [] => Finding::ok(check, "none"),
        found => Finding::warning(check, found.join(", "), remedy),
    }]
}

/// Returns whether CloudFormation generated this name for a stack of the pipeline that no longer exists.
fn is_left(name: &str, prefix: &str, deployment: &Deployment) -> bool {
    name.starts_with(&format!("{prefix}-")) && deployment.outputs().values().all(|output| output != name)
}

async fn taps(context: &Context<'_>) -> Result<Vec<Finding>> {
    let orphans = bus::orphans(&context.clients).await?;
    let remedy = "the next `outboxctl tail --bus NAME` on their bus removes them";
    Ok(findings("leftovers: taps", &orphans, remedy))
}

async fn buckets(context: &Context<'_>, deployment: &Deployment) -> Result<Vec<Finding>> {
    let prefix = context.prefix();
    let answer =
        context.clients.s3().list_buckets().prefix(format!("{prefix}-")).send().await.aws("list the buckets")?;
    let names = answer.buckets().iter().filter_map(|bucket| bucket.name());
    let left: Vec<_> = names.filter(|name| is_left(name, &prefix, deployment)).map(str::to_owned).collect();
    let remedy = "check their content, then: `aws s3 rb --force s3://NAME`";
    Ok(findings("leftovers: buckets", &left, remedy))
}

async fn tables(context: &Context<'_>, deployment: &Deployment) -> Result<Vec<Finding>> {
    let prefix = context.prefix();
    // Names are not sorted, and listing has no prefix.
    let names = context.clients.dynamodb().list_tables().into_paginator().items().send();
    let names: std::result::Result<Vec<_>, _> = names.collect().await;
    let mut left = names.aws("list the tables")?;
    left.retain(|name| is_left(name, &prefix, deployment));
    let remedy = "check their content, then: `aws dynamodb delete-table --table-name NAME`";
    Ok(findings("leftovers: tables", &left, remedy))
}

/// Checks for log groups that exist already: each makes the stack that creates it fail.
async fn groups(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "leftovers: log groups";
    let left = log_groups::of(&context.clients, &context.prefix()).await?;
    if left.is_empty() {
        return Ok(vec![Finding::ok(CHECK, "none")]);
    }
    Ok(vec![Finding::failed(
        CHECK,
        format!("{}: the deploy of a stack that creates them fails", left.join(", ")),
        "copy the logs that you need, then: `aws logs delete-log-group --log-group-name NAME`",
    )])
}

/// Checks for snapshots of both engines: an earlier deploy may have chosen the other one.
async fn snapshots(context: &Context<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "leftovers: snapshots";
    let prefix = context.prefix();
    let (instance, cluster) = tokio::try_join!(
        databases::snapshots(&context.clients, Server::Instance(&prefix)),
        databases::snapshots(&context.clients, Server::Cluster(&prefix)),
    )?;
    let remedy =
        "they cost storage; when their data is not needed: `aws rds delete-db-snapshot --db-snapshot-identifier NAME`";
    if cluster.is_empty() {
        return Ok(findings(CHECK, &instance, remedy));
    }
    let of_cluster = "they cost storage; when their data is not needed: `aws rds delete-db-cluster-snapshot \
                      --db-cluster-snapshot-identifier NAME`";
    let mut all = findings(CHECK, &cluster, of_cluster);
    if !instance.is_empty() {
        all.extend(findings(CHECK, &instance, remedy));
    }
    Ok(all)
}
