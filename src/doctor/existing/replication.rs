//! The existing replication instance.

use aws_sdk_databasemigration::types::ReplicationInstance;

use super::{Finding, Subject, differing, not_found};
use crate::aws::dms::describe;
use crate::aws::dms::versions::unsupported;
use crate::base::error::Result;
use crate::pipelines::Output;

pub const CHECK: &str = "existing replication instance";

/// The parameter with the version of an instance that a deploy creates.
const ENGINE: &str = "ReplicationEngineVersion";
/// The parameter with the major version of a database that a deploy creates.
const DATABASE: &str = "DatabaseVersion";

pub async fn instance(subject: Subject<'_>, arn: &str) -> Result<Vec<Finding>> {
    let Some(found) = describe::instance(&subject.deployment.clients.dms(), arn).await? else {
        return Ok(vec![not_found(CHECK, &format!("replication instance {arn}"))]);
    };
    // The version of an existing database is compared by its own check.
    let given = subject.deployment.given();
    let database = subject.parameters.get(DATABASE).filter(|_| given.value(Output::DatabaseEndpoint).is_none());
    Ok(judge(&found, given.value(Output::VpcId), database.map(String::as_str)))
}

/// Returns the version of DMS that captures: that of the existing instance, or the one that a deploy sets; empty for the
/// default of DMS.
pub async fn version(subject: Subject<'_>) -> Result<String> {
    let existing = match subject.deployment.given().value(Output::ReplicationInstanceArn) {
        Some(arn) => {
            let found = describe::instance(&subject.deployment.clients.dms(), arn).await?;
            found.and_then(|found| found.engine_version)
        }
        None => None,
    };
    Ok(existing.or_else(|| subject.parameters.get(ENGINE).cloned()).unwrap_or_default())
}

/// Returns the findings for an instance; `vpc` is that of the network, if it is given, and `database` the version of a
/// database that the deploy creates.
fn judge(found: &ReplicationInstance, vpc: Option<&str>, database: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(text) = unsupported(found.engine_version().unwrap_or_default(), database.unwrap_or_default()) {
        let remedy = "upgrade the replication instance, or set DatabaseVersion to an older version";
        findings.push(Finding::failed(CHECK, text, remedy));
    }
    let status = found.replication_instance_status().unwrap_or_default();
    if status != "available" {
        findings.push(Finding::failed(CHECK, format!("it is {status}"), "wait until it is available"));
    }
    let theirs = found.replication_subnet_group().and_then(|group| group.vpc_id());
    if let Some((theirs, vpc)) = differing(theirs, vpc) {
        let text = format!("it is in {theirs}, and network.vpc is {vpc}");
        findings.push(Finding::failed(CHECK, text, "name a replication instance in the VPC of the database"));
    }
    if findings.is_empty() {
        let name = found.replication_instance_identifier().unwrap_or_default();
        findings.push(Finding::ok(CHECK, format!("{name}, DMS {}", found.engine_version().unwrap_or("?"))));
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
        assert_eq!(judge(&found("available"), Some("vpc-1"), None)[0].state, State::Ok);
        assert_eq!(judge(&found("available"), None, None)[0].state, State::Ok);
        let old =
            ReplicationInstance::builder().replication_instance_status("available").engine_version("3.5.4").build();
        assert_eq!(judge(&old, None, Some("16"))[0].state, State::Ok);
        let unsupported = &judge(&old, None, Some("17"))[0];
        assert!(unsupported.state == State::Failed && unsupported.message.contains("3.6.1"), "{unsupported:?}");
        let both = judge(&found("modifying"), Some("vpc-2"), None);
        assert_eq!(both.iter().map(|finding| finding.state).collect::<Vec<_>>(), [State::Failed, State::Failed]);
        assert!(both[1].message.contains("vpc-1"), "{both:?}");
    }
}
