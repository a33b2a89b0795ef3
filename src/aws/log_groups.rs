//! Log groups of a pipeline, which outlive its stacks if a service writes to them late.

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

/// Returns the names of the log groups of the pipeline with this prefix.
///
/// # Errors
/// The errors of CloudWatch Logs.
pub async fn of(clients: &Clients, prefix: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for place in PLACES {
        let wanted = format!("{place}{prefix}");
        let answer = clients.logs().describe_log_groups().log_group_name_prefix(&wanted).send().await;
        let answer = answer.aws("list the log groups")?;
        let names = answer.log_groups().iter().filter_map(|group| group.log_group_name());
        let ours = |name: &&str| {
            let rest = &name[wanted.len()..];
            // `…-rds` is a prefix of `…-rds-kinesis` as well.
            rest.is_empty() || rest.starts_with('/') || *place == "/aws/lambda/" && rest.starts_with('-')
        };
        found.extend(names.filter(ours).map(str::to_owned));
    }
    Ok(found)
}
