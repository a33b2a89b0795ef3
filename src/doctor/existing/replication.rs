//! The existing replication instance.

use aws_sdk_databasemigration::types::ReplicationInstance;

use super::{Finding, Scene, not_found};
use crate::aws::dms::filter;
use crate::error::{AwsContext, Result};
use crate::pipelines::Output;

pub const CHECK: &str = "existing replication instance";

pub async fn instance(scene: Scene<'_>, arn: &str) -> Result<Vec<Finding>> {
    let filter = filter("replication-instance-arn", arn)?;
    let answer = scene.deployment.clients.dms().describe_replication_instances().filters(filter).send().await;
    let answer = answer.aws_unless("ResourceNotFoundFault", format!("look at replication instance {arn}"))?;
    let Some(found) = answer.and_then(|answer| answer.replication_instances?.pop()) else {
        return Ok(vec![not_found(CHECK, &format!("replication instance {arn}"))]);
    };
    Ok(judge(&found, scene.deployment.given().value(Output::VpcId)))
}

/// Returns the findings for an instance; `vpc` is that of the network, if it is given.
fn judge(found: &ReplicationInstance, vpc: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let status = found.replication_instance_status().unwrap_or_default();
    if status != "available" {
        findings.push(Finding::failed(CHECK, format!("it is {status}"), "wait until it is available"));
    }
    let theirs = found.replication_subnet_group().and_then(|group| group.vpc_id());
    if let (Some(theirs), Some(vpc)) = (theirs, vpc.filter(|vpc| theirs.is_some_and(|theirs| theirs != *vpc))) {
        let text = format!("it is in {theirs}, and network.vpc is {vpc}");
        findings.push(Finding::failed(CHECK, text, "name a replication instance in the VPC of the database"));
    }
    if findings.is_empty() {
        let text = format!(
            "{}, DMS {}",
            found.replication_instance_identifier().unwrap_or_default(),
            found.engine_version().unwrap_or("?")
        );
        findings.push(Finding::ok(CHECK, text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use aws_sdk_databasemigration::types::ReplicationSubnetGroup;

    use super::*;
    use crate::doctor::State;

    #[test]
    fn state_and_network_are_compared() {
        let group = ReplicationSubnetGroup::builder().vpc_id("vpc-1").build();
        let found = |status: &str| {
            ReplicationInstance::builder()
                .replication_instance_status(status)
                .replication_subnet_group(group.clone())
                .build()
        };
        assert_eq!(judge(&found("available"), Some("vpc-1"))[0].state, State::Ok);
        assert_eq!(judge(&found("available"), None)[0].state, State::Ok);
        let both = judge(&found("modifying"), Some("vpc-2"));
        assert_eq!(both.iter().map(|finding| finding.state).collect::<Vec<_>>(), [State::Failed, State::Failed]);
        assert!(both[1].message.contains("vpc-1"), "{both:?}");
    }
}
