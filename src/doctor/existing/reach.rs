//! Evaluates whether rules of security groups allow a connection. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::doctor::ranges::Range;

/// The name of the check of the network and its connections.
pub const CHECK: &str = "existing network";

/// The resources of the network by id; None for one that was not found.
pub type Found = BTreeMap<String, Option<Value>>;

/// Returns the ids of a list.
pub fn ids(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

/// Returns the address ranges of these subnets, as far as they were found.
pub fn ranges(subnets: &[String], found: &Found) -> Vec<Range> {
    let subnets = subnets.iter().filter_map(|id| found.get(id)?.as_ref());
    subnets.filter_map(|subnet| subnet["CidrBlock"].as_str()?.parse().ok()).collect()
}

/// The other side of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer<'a> {
    /// Its security group; empty if it is not known.
    pub id: &'a str,
    /// The ranges of its subnets; empty if they are not known.
    pub ranges: &'a [Range],
}

/// Returns whether rules, as CloudFormation writes them, allow TCP to or from the peer: they name its group, or ranges
/// that contain all of its subnets. Where its subnets are not known, any range counts. Prefix lists are not resolved and count as no permission.
pub fn permits(rules: &Value, peer: Peer<'_>, port: u16) -> bool {
    let rules: Vec<_> = rules.as_array().into_iter().flatten().filter(|rule| is_for(rule, port)).collect();
    let names = |rule: &&Value| {
        ["SourceSecurityGroupId", "DestinationSecurityGroupId"].iter().any(|key| rule[*key].as_str() == Some(peer.id))
    };
    let allowed: Vec<Range> = rules.iter().filter_map(|rule| rule["CidrIp"].as_str()?.parse().ok()).collect();
    let covered = |range: &Range| allowed.iter().any(|allowed| allowed.contains(*range));
    let by_range = if peer.ranges.is_empty() { !allowed.is_empty() } else { peer.ranges.iter().all(covered) };
    by_range || (!peer.id.is_empty() && rules.iter().any(names))
}

/// Returns whether a rule is for TCP on this port.
fn is_for(rule: &Value, port: u16) -> bool {
    let bound = |name: &str, default: i64| rule[name].as_i64().unwrap_or(default);
    match rule["IpProtocol"].as_str() {
        Some("-1") => true,
        Some("tcp" | "6") => (bound("FromPort", 0)..=bound("ToPort", 65_535)).contains(&port.into()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_permits_a_group_or_all_of_its_subnets() {
        let ranges: Vec<Range> =
            ["10.0.0.0/24", "10.0.1.0/24"].iter().map(|text| text.parse().expect("a range")).collect();
        let peer = Peer { id: "sg-1", ranges: &ranges };
        let tcp = |more: Value| {
            let mut rule = json!({ "IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432 });
            rule.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            json!([rule])
        };
        for (rules, permitted) in [
            (tcp(json!({ "SourceSecurityGroupId": "sg-1" })), true),
            (tcp(json!({ "DestinationSecurityGroupId": "sg-1" })), true),
            (tcp(json!({ "SourceSecurityGroupId": "sg-2" })), false),
            (tcp(json!({ "CidrIp": "10.0.0.0/16" })), true),
            (tcp(json!({ "CidrIp": "10.0.0.0/24" })), false),
            (tcp(json!({ "SourceSecurityGroupId": "sg-1", "FromPort": 443, "ToPort": 443 })), false),
            (json!([{ "IpProtocol": "-1", "CidrIp": "0.0.0.0/0" }]), true),
            (json!([{ "IpProtocol": "udp", "CidrIp": "0.0.0.0/0" }]), false),
            (json!([]), false),
            (Value::Null, false),
        ] {
            assert_eq!(permits(&rules, peer, 5432), permitted, "{rules}");
        }
        let unknown = Peer { id: "sg-1", ranges: &[] };
        assert!(permits(&tcp(json!({ "CidrIp": "10.0.0.0/16" })), unknown, 5432));
        assert!(!permits(&tcp(json!({ "DestinationSecurityGroupId": "sg-2" })), unknown, 5432));
    }
}
