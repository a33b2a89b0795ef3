//! Log groups of a pipeline, which outlive its stacks if a service writes to them late.

use aws_sdk_cloudwatchlogs::types::LogGroup;

use super::Clients;
use crate::base::error::{AwsContext, Result};

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

#[cfg(test)]
mod tests {
    use outboxctl_test_support::aws::{Asked, FakeAws};

    use super::*;

    /// Two pages of groups of functions; no other groups.
    fn paged(asked: &Asked) -> Option<(u16, String)> {
        let page = match (asked.body.contains("/aws/lambda/"), asked.body.contains(r#""nextToken":"2""#)) {
            (true, false) => {
                r#"{"logGroups": [{"logGroupName": "/aws/lambda/outboxctl-dev-rds-admin"}], "nextToken": "2"}"#
            }
            (true, true) => {
                r#"{"logGroups": [{"logGroupName": "/aws/lambda/outboxctl-dev-rds-writer"},
                                  {"logGroupName": "/aws/lambda/outboxctl-dev-rdsx-writer"}]}"#
            }
            (false, _) => r#"{"logGroups": []}"#,
        };
        Some((200, page.to_owned()))
    }

    #[tokio::test]
    async fn every_page_of_log_groups_is_read() {
        let aws = FakeAws::start(paged, None).await;
        let clients = Clients::for_test(&aws.url);
        let found = of(&clients, "outboxctl-dev-rds").await.expect("log groups");
        assert_eq!(found, ["/aws/lambda/outboxctl-dev-rds-admin", "/aws/lambda/outboxctl-dev-rds-writer"]);
        assert_eq!(aws.asked().len(), PLACES.len() + 1);
    }
}
