//! Reads a task, an endpoint or a replication instance by its ARN; None for one that does not exist.

use aws_sdk_databasemigration::Client;
use aws_sdk_databasemigration::types::{Endpoint, Filter, ReplicationInstance, ReplicationTask};

use crate::base::error::{AwsContext, Kind, OrFail, Result};

/// The answer of DMS to a filter that nothing matches.
pub(super) const NO_MATCH: &str = "ResourceNotFoundFault";

/// Returns the task.
pub async fn task(client: &Client, arn: &str) -> Result<Option<ReplicationTask>> {
    let request = client.describe_replication_tasks().filters(filter("replication-task-arn", arn)?);
    let answer = request.send().await.aws_unless(NO_MATCH, format!("describe task {arn}"))?;
    Ok(answer.and_then(|answer| answer.replication_tasks?.pop()))
}

/// Returns the endpoint.
pub async fn endpoint(client: &Client, arn: &str) -> Result<Option<Endpoint>> {
    let request = client.describe_endpoints().filters(filter("endpoint-arn", arn)?);
    let answer = request.send().await.aws_unless(NO_MATCH, format!("describe endpoint {arn}"))?;
    Ok(answer.and_then(|answer| answer.endpoints?.pop()))
}

/// Returns the replication instance.
pub async fn instance(client: &Client, arn: &str) -> Result<Option<ReplicationInstance>> {
    let request = client.describe_replication_instances().filters(filter("replication-instance-arn", arn)?);
    let answer = request.send().await.aws_unless(NO_MATCH, format!("describe replication instance {arn}"))?;
    Ok(answer.and_then(|answer| answer.replication_instances?.pop()))
}

/// Returns the filter of a Describe operation.
///
/// # Errors
/// `Unexpected`, which the given members rule out.
pub(super) fn filter(name: &str, value: &str) -> Result<Filter> {
    let filter = Filter::builder().name(name).values(value).build();
    filter.or_fail(Kind::Unexpected, || format!("the filter {name}"))
}
