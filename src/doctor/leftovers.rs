//! Resources of earlier runs: taps of killed processes, and resources that were kept when their stack was deleted.

use super::policy::beginning;
use super::run::Check;
use super::{Context, Finding};
use crate::aws::databases::Server;
use crate::aws::{Clients, buckets, databases, log_groups};
use crate::base::error::{AwsContext, Result};
use crate::deployment::Deployment;
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

/// Returns whether CloudFormation generated this name of a table, of at most 255 characters, for a stack of the pipeline
/// that no longer exists.
fn is_left(name: &str, prefix: &str, deployment: &Deployment) -> bool {
    name.starts_with(&format!("{prefix}-")) && deployment.outputs().values().all(|output| output != name)
}

async fn taps(context: &Context<'_>) -> Result<Vec<Finding>> {
    let orphans = bus::orphans(&context.clients).await?;
    let remedy = "the next `outboxctl tail --bus NAME` on their bus removes them";
    Ok(findings("leftovers: taps", &orphans, remedy))
}

async fn buckets(context: &Context<'_>, deployment: &Deployment) -> Result<Vec<Finding>> {
    let stacks = Stacks { pipeline: context.pipeline.name, stage: context.stage, prefix: context.prefix() };
    let is_used = |name: &str| deployment.outputs().values().any(|output| output == name);
    let left = buckets_of(&context.clients, &stacks, is_used).await?;
    let remedy = "check their content, then: `aws s3 rb --force s3://NAME`";
    Ok(findings("leftovers: buckets", &left, remedy))
}

/// The stacks of a pipeline in a stage.
struct Stacks<'a> {
    pipeline: &'a str,
    stage: &'a str,
    prefix: String,
}

/// Returns the buckets of these stacks that are not used. CloudFormation truncates the name of a stack in the names of its
/// buckets, which have at most 63 characters. A truncated name may be that of another stage or pipeline:
/// the tags that `deploy` sets identify its bucket.
async fn buckets_of(clients: &Clients, stacks: &Stacks<'_>, is_used: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let whole = format!("{}-", stacks.prefix);
    let mut left = Vec::new();
    for name in buckets::named(clients, beginning(&whole)).await? {
        if is_used(&name) {
            continue;
        }
        if !name.starts_with(&whole) {
            let tags = buckets::tags(clients, &name, ["outboxctl:pipeline", "outboxctl:stage"]).await?;
            if tags.each_ref().map(Option::as_deref) != [Some(stacks.pipeline), Some(stacks.stage)] {
                continue;
            }
        }
        left.push(name);
    }
    Ok(left)
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{Method, Uri};
    use outboxctl_test_support::serve::Endpoint;

    use super::*;
    use crate::aws::{AccessKey, LocalEndpoint};

    const WHOLE: &str = "outboxctl-staging-eu-rds-kinesis-stream-codebucket-1a2b3c4d5e6f";
    const CUT: &str = "outboxctl-staging-eu-dynamodb-eventb-failurebucket-1a2b3c4d5e6f";
    const OTHER: &str = "outboxctl-staging-eu-dynamodb-eventb-failurebucket-6f5e4d3c2b1a";
    const UNTAGGED: &str = "outboxctl-staging-eu-dynamodb-exports";
    const USED: &str = "outboxctl-staging-eu-dynamodb-eventbr-codebucket-1a2b3c4d5e6f";

    /// Answers as S3, and as STS.
    async fn answer(method: Method, uri: Uri) -> (http::StatusCode, String) {
        let tags = |pipeline: &str| {
            let tag = |key: &str, value: &str| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
            let tags = tag("outboxctl:stage", "staging-eu") + &tag("outboxctl:pipeline", pipeline);
            format!("<Tagging><TagSet>{tags}</TagSet></Tagging>")
        };
        let (status, text) = match uri.path().trim_matches('/') {
            _ if method == Method::POST => {
                let result = "<GetCallerIdentityResult><Account>000000000000</Account></GetCallerIdentityResult>";
                (200, format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"))
            }
            "" => {
                let query = uri.query().unwrap_or_default();
                assert!(query.contains("bucket-region=eu-west-1"), "only those of the region: {query}");
                let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).expect("a prefix");
                let names = [WHOLE, CUT, OTHER, UNTAGGED, USED].into_iter().filter(|name| name.starts_with(prefix));
                let names: String = names.map(|name| format!("<Bucket><Name>{name}</Name></Bucket>")).collect();
                (200, format!("<ListAllMyBucketsResult><Buckets>{names}</Buckets></ListAllMyBucketsResult>"))
            }
            CUT => (200, tags("dynamodb-eventbridge")),
            OTHER => (200, tags("dynamodb-eventbridge-two")),
            _ => (404, "<Error><Code>NoSuchTagSet</Code></Error>".to_owned()),
        };
        (http::StatusCode::from_u16(status).expect("a status"), text)
    }

    #[tokio::test]
    async fn buckets_with_truncated_names_are_identified_by_their_tags() {
        let url = Endpoint::serve(Router::new().fallback(answer)).await.url;
        let endpoint = LocalEndpoint { url, region: "eu-west-1".into(), key: AccessKey::new("test", "test") };
        let clients = Clients::for_local(endpoint);
        let left = async |pipeline: &str| {
            let prefix = format!("outboxctl-staging-eu-{pipeline}");
            let stacks = Stacks { pipeline, stage: "staging-eu", prefix };
            buckets_of(&clients, &stacks, |name| name == USED).await.expect("the buckets")
        };
        assert_eq!(left("dynamodb-eventbridge").await, [CUT]);
        assert_eq!(left("rds-kinesis").await, [WHOLE]);
    }
}
