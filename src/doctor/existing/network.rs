//! The existing network: VPC, subnets, security groups, and the connections that they allow. `services.rs` checks the
//! connections to services of AWS.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use super::reach::{self, CHECK, Found, Peer, ids};
use super::{Finding, Subject, not_found, services};
use crate::base::error::Result;
use crate::doctor::cloud_control::get;
use crate::pipelines::{NETWORK, Output};

/// The property with the VPC, which CloudFormation names like the output.
const VPC: &str = Output::VpcId.name();

pub async fn network(subject: Subject<'_>) -> Result<Vec<Finding>> {
    let given = |output: Output| subject.deployment.given().value(output).unwrap_or_default();
    let vpc = given(Output::VpcId);
    if let Some(finding) = other_vpc(subject, vpc) {
        return Ok(vec![finding]);
    }
    let subnets = [
        ("private_subnets", ids(given(Output::PrivateSubnetIds))),
        ("database_subnets", ids(given(Output::DatabaseSubnetIds))),
    ];
    let groups: Vec<(&str, &str)> = [
        ("function_security_group", Output::FunctionSecurityGroupId),
        ("dms_security_group", Output::DmsSecurityGroupId),
        ("database_security_group", Output::DatabaseSecurityGroupId),
        ("consumer_security_group", Output::ConsumerSecurityGroupId),
    ]
    .into_iter()
    // The stack of the network creates the groups that are not given.
    .map(|(name, output)| (name, subject.deployment.output(output).unwrap_or_default()))
    .filter(|(_, id)| !id.is_empty())
    .collect();
    let client = &subject.deployment.clients.cloud_control();
    let mut wanted = vec![("AWS::EC2::VPC", vpc.to_owned())];
    wanted.extend(subnets.iter().flat_map(|(_, ids)| ids).map(|id| ("AWS::EC2::Subnet", id.clone())));
    wanted.extend(groups.iter().map(|(_, id)| ("AWS::EC2::SecurityGroup", (*id).to_owned())));
    let found = try_join_all(wanted.iter().map(|(kind, id)| get(client, kind, id))).await?;
    let found: Found = wanted.into_iter().map(|(_, id)| id).zip(found).collect();

    let mut findings = missing(&found);
    for (name, ids) in &subnets {
        findings.extend(zones(name, ids, &found));
    }
    let inside =
        subnets.iter().flat_map(|(name, ids)| ids.iter().map(|id| (*name, id.as_str()))).chain(groups.iter().copied());
    findings.extend(inside.filter_map(|(name, id)| elsewhere(name, id, vpc, &found)));
    if findings.is_empty() {
        findings.extend(connections(subject, &found));
        findings.extend(services::services(subject, vpc, &found).await?);
    }
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, format!("{vpc}, with its subnets and security groups")));
    }
    Ok(findings)
}

/// Refuses the change of a deployed network of outboxctl to an existing one: it would delete the VPC of a pipeline in use.
fn other_vpc(subject: Subject<'_>, vpc: &str) -> Option<Finding> {
    let mut stacks = subject.deployment.own_stacks();
    let deployed = stacks.find(|view| view.stack.name == NETWORK.name)?.outputs().remove(VPC)?;
    let text = format!("the stack {} was deployed with {deployed}, and network.vpc is {vpc}", NETWORK.name);
    let remedy = "deploy to another stage, or `outboxctl destroy` this deployment first";
    (deployed != vpc).then(|| Finding::failed(CHECK, text, remedy))
}

fn missing(found: &Found) -> Vec<Finding> {
    found.iter().filter(|(_, one)| one.is_none()).map(|(id, _)| not_found(CHECK, id)).collect()
}

/// Checks that subnets are in two zones, which RDS and DMS require.
fn zones(name: &str, ids: &[String], found: &Found) -> Option<Finding> {
    let there: Vec<_> = ids.iter().filter_map(|id| found.get(id)?.as_ref()).collect();
    let zones: BTreeSet<_> = there.iter().filter_map(|subnet| subnet["AvailabilityZone"].as_str()).collect();
    // A missing subnet has a separate finding.
    if ids.is_empty() || there.len() < ids.len() || zones.len() > 1 {
        return None;
    }
    let text = format!("network.{name} are in one availability zone: {}", zones.into_iter().collect::<String>());
    Some(Finding::failed(CHECK, text, "name subnets of two zones or more: RDS and DMS require them"))
}

/// Checks that a subnet or group is in the VPC.
fn elsewhere(name: &str, id: &str, vpc: &str, found: &Found) -> Option<Finding> {
    let theirs = found.get(id)?.as_ref()?[VPC].as_str()?;
    let text = format!("{id} is in {theirs}, and network.vpc is {vpc}");
    (theirs != vpc).then(|| Finding::failed(CHECK, text, format!("correct network.{name} or network.vpc")))
}

/// Checks that the security groups let the functions and DMS connect to the database.
fn connections(subject: Subject<'_>, found: &Found) -> Vec<Finding> {
    let given = |output: Output| subject.deployment.output(output).unwrap_or_default();
    let group = |output: Output| found.get(given(output)).and_then(Option::as_ref);
    let ranges = |output: Output| reach::ranges(&ids(given(output)), found);
    // The groups of a database that outboxctl creates are for the port of PostgreSQL.
    let port =
        subject.deployment.given().value(Output::DatabasePort).and_then(|port| port.parse().ok()).unwrap_or(5432);
    let (private, inside) = (ranges(Output::PrivateSubnetIds), ranges(Output::DatabaseSubnetIds));
    let database = Peer { id: given(Output::DatabaseSecurityGroupId), ranges: &inside };
    let mut findings = Vec::new();
    let clients = [Output::FunctionSecurityGroupId, Output::DmsSecurityGroupId];
    let to_create = clients.iter().any(|output| given(*output).is_empty());
    if to_create && !given(Output::DatabaseEndpoint).is_empty() {
        let text = "the deploy creates security groups that the existing database does not admit yet";
        let remedy =
            "after the deploy, `outboxctl doctor` names the commands that allow them; `outboxctl db init` needs them";
        findings.push(Finding::warning(CHECK, text, remedy));
    }
    for output in clients.into_iter().filter(|output| !given(*output).is_empty()) {
        let from = Peer { id: given(output), ranges: &private };
        if let Some(theirs) = group(Output::DatabaseSecurityGroupId)
            && !reach::permits(&theirs["SecurityGroupIngress"], from, port)
        {
            let text = format!("{} does not admit {} on port {port}", database.id, from.id);
            let remedy = format!(
                "allow it: `aws ec2 authorize-security-group-ingress --group-id {} --protocol tcp --port {port} --source-group {}`",
                database.id, from.id
            );
            findings.push(Finding::failed(CHECK, text, remedy));
        }
        if let Some(ours) = group(output)
            && !database.id.is_empty()
            && !reach::permits(&ours["SecurityGroupEgress"], database, port)
        {
            let text = format!("{} does not allow outgoing connections to port {port} of the database", from.id);
            findings.push(Finding::failed(CHECK, text, "add an outgoing rule to the security group"));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn subnet(vpc: &str, zone: &str) -> Option<Value> {
        Some(json!({ "VpcId": vpc, "AvailabilityZone": zone, "CidrBlock": "10.0.0.0/24" }))
    }

    #[test]
    fn missing_and_misplaced_parts_are_named_with_their_keys() {
        let found: Found = [
            ("vpc-1".to_owned(), None),
            ("subnet-a".to_owned(), subnet("vpc-1", "eu-west-1a")),
            ("subnet-b".to_owned(), subnet("vpc-2", "eu-west-1a")),
        ]
        .into();
        assert!(missing(&found)[0].message.contains("vpc-1"));
        let ids = ["subnet-a".to_owned(), "subnet-b".to_owned()];
        let zones = zones("private_subnets", &ids, &found).expect("one zone");
        assert!(zones.message.contains("network.private_subnets") && zones.message.contains("eu-west-1a"), "{zones:?}");
        assert_eq!(elsewhere("private_subnets", "subnet-a", "vpc-1", &found), None);
        let other = elsewhere("private_subnets", "subnet-b", "vpc-1", &found).expect("another VPC");
        assert!(
            other.message.contains("vpc-2") && other.remedy.is_some_and(|remedy| remedy.contains("private_subnets"))
        );
    }
}
