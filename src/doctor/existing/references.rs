//! Rules of other security groups that name the groups of the pipeline.
//!
//! EC2 deletes no group that "is referenced by another security group in the same VPC" (DeleteSecurityGroup in its API
//! reference), such as that of an existing database, which admits the functions and DMS.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use serde_json::Value;

use crate::aws::Clients;
use crate::base::error::Result;
use crate::doctor::cloud_control::{AT_ONCE, get, list};
use crate::pipelines::Output;

const GROUP: &str = "AWS::EC2::SecurityGroup";

/// Returns a command for each rule in another group of the VPC that names one of `own`; it removes the rule.
pub async fn references(clients: &Clients, vpc: &str, own: &BTreeSet<String>) -> Result<Vec<String>> {
    let client = &clients.cloud_control();
    let listed = list(client, GROUP).await?.into_iter().filter_map(|one| one.identifier);
    let others: Vec<_> = listed.filter(|id| !own.contains(id)).collect();
    let mut commands = Vec::new();
    for some in others.chunks(AT_ONCE) {
        let found = try_join_all(some.iter().map(|id| get(client, GROUP, id))).await?;
        for (id, group) in some.iter().zip(found) {
            let group = group.filter(|group| group[Output::VpcId.name()] == vpc).unwrap_or_default();
            commands.extend(removals(id, &group, own));
        }
    }
    Ok(commands)
}

/// Returns the commands for one group.
fn removals(id: &str, group: &Value, own: &BTreeSet<String>) -> Vec<String> {
    let directions = [
        ("ingress", "SecurityGroupIngress", "SourceSecurityGroupId"),
        ("egress", "SecurityGroupEgress", "DestinationSecurityGroupId"),
    ];
    let mut commands = Vec::new();
    for (direction, rules, peer) in directions {
        for rule in group[rules].as_array().into_iter().flatten() {
            let Some(named) = rule[peer].as_str().filter(|named| own.contains(*named)) else { continue };
            let mut permission = serde_json::json!({
                "IpProtocol": rule["IpProtocol"], "UserIdGroupPairs": [{ "GroupId": named }],
            });
            for port in ["FromPort", "ToPort"].into_iter().filter(|port| rule[*port].is_number()) {
                permission[port] = rule[port].clone();
            }
            commands.push(format!(
                "aws ec2 revoke-security-group-{direction} --group-id {id} --ip-permissions '[{permission}]'"
            ));
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_rule_that_names_an_own_group_has_a_command() {
        let own = BTreeSet::from(["sg-own".to_owned()]);
        let rule = |peer: &str, id: &str| json!({ "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, peer: id });
        let group = json!({
            "SecurityGroupIngress": [
                rule("SourceSecurityGroupId", "sg-own"), rule("SourceSecurityGroupId", "sg-other"),
                rule("CidrIp", "10.0.0.0/8"),
            ],
            "SecurityGroupEgress": [{ "IpProtocol": "-1", "DestinationSecurityGroupId": "sg-own" }],
        });
        let commands = removals("sg-db", &group, &own);
        assert_eq!(commands.len(), 2, "{commands:?}");
        let ingress = "aws ec2 revoke-security-group-ingress --group-id sg-db --ip-permissions '[{";
        assert!(commands[0].starts_with(ingress) && commands[0].contains(r#""FromPort":5432"#), "{commands:?}");
        assert!(commands[1].contains("revoke-security-group-egress") && !commands[1].contains("Port"), "{commands:?}");
    }
}
