//! Log groups of a pipeline, which outlive its stacks if a service writes to them late.

use aws_sdk_cloudwatchlogs::types::LogGroup;

use super::Clients;
use crate::error::{AwsContext, Result};

/// Prefixes of the services.
const PLACES: &[&str] = &[
    "/aws/lambda/",
    "/aws/vendedlogs/apigateway/",
    "/aws/apigateway/",
    "/aws/events/",
    "/aws/rds/cluster/",
    "/aws/rds/instance/",
    "dms-tasks-",
];

/// Returns the log group of this name; None if it does not exist.
pub async fn find(clients: &Clients, name: &str) -> Result<Option<LogGroup>> {
    let answer = clients.logs().describe_log_groups().log_group_name_prefix(name).send().await;
    let groups = answer.aws(format!("look for log group {name}"))?.log_groups.unwrap_or_default();
    Ok(groups.into_iter().find(|group| group.log_group_name() == Some(name)))
}

/// Returns the names of the log groups of the pipeline with this prefix.
pub async fn of(clients: &Clients, prefix: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for place in PLACES {
        let wanted = format!("{place}{prefix}");
        let groups = clients.logs().describe_log_groups().log_group_name_prefix(&wanted).into_paginator().items();
        let groups: std::result::Result<Vec<_>, _> = groups.send().collect().await;
        let names = groups.aws("list the log groups")?.into_iter().filter_map(|group| group.log_group_name);
        let ours = |name: &String| {
            let rest = &name[wanted.len()..];
            // `…-rds` is a prefix of `…-rds-kinesis` as well.
            rest.is_empty() || rest.starts_with('/') || *place == "/aws/lambda/" && rest.starts_with('-')
        };
        found.extend(names.filter(ours));
    }
    Ok(found)
}
