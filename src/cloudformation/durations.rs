//! Usual times of slow CloudFormation operations, so that users do not take a long wait for a hang.
//!
//! From AWS's guides and operators' reports; ranges without a guarantee. Operations of less than a minute are not
//! listed.

/// Resource type, beginning of the status, and the usual time.
const USUAL: &[(&str, &str, &str)] = &[
    ("AWS::RDS::DBCluster", "CREATE", "1–5 min"),
    ("AWS::RDS::DBCluster", "UPDATE", "1–15 min"),
    // With its final snapshot.
    ("AWS::RDS::DBCluster", "DELETE", "2–10 min"),
    ("AWS::RDS::DBInstance", "CREATE", "5–15 min"),
    ("AWS::RDS::DBInstance", "UPDATE", "1–15 min"),
    // With its final snapshot.
    ("AWS::RDS::DBInstance", "DELETE", "3–10 min"),
    ("AWS::DMS::ReplicationInstance", "CREATE", "5–10 min"),
    ("AWS::DMS::ReplicationInstance", "UPDATE", "5–15 min"),
    ("AWS::DMS::ReplicationInstance", "DELETE", "3–6 min"),
    ("AWS::DMS::ReplicationTask", "DELETE", "1–3 min"),
    ("AWS::EC2::VPCEndpoint", "CREATE", "1–3 min"),
    ("AWS::EC2::VPCEndpoint", "DELETE", "1–5 min"),
    ("AWS::Lambda::EventSourceMapping", "CREATE", "under 2 min"),
    // Lambda takes long to delete the network interfaces of functions inside a VPC.
    ("AWS::EC2::SecurityGroup", "DELETE", "1 s–20 min"),
    ("AWS::EC2::Subnet", "DELETE", "1 s–20 min"),
];

/// Returns the usual time of a resource of this type in this status, if it is long.
pub(super) fn usual(resource_type: &str, status: &str) -> Option<&'static str> {
    let verb = status.strip_suffix("_IN_PROGRESS")?;
    USUAL.iter().find(|(kind, of, _)| *kind == resource_type && *of == verb).map(|(_, _, time)| *time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;
    use crate::pipelines::templates::resources;

    #[test]
    fn only_slow_operations_have_a_usual_time() {
        assert_eq!(usual("AWS::RDS::DBInstance", "CREATE_IN_PROGRESS"), Some("5–15 min"));
        assert_eq!(usual("AWS::RDS::DBInstance", "CREATE_COMPLETE"), None);
        assert_eq!(usual("AWS::RDS::DBInstance", "ROLLBACK_IN_PROGRESS"), None);
        assert_eq!(usual("AWS::SQS::Queue", "CREATE_IN_PROGRESS"), None);
    }

    #[test]
    fn every_type_is_one_of_ours() {
        let stacks = pipelines::ALL.iter().flat_map(|pipeline| pipeline.stacks);
        let ours: Vec<_> = stacks.flat_map(|stack| resources(stack.template).unwrap()).map(|(_, kind)| kind).collect();
        for (kind, ..) in USUAL {
            assert!(ours.iter().any(|ours| ours == kind), "no template has {kind}");
        }
    }
}
