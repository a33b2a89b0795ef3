//! Remedies for common failures, by words of the reason: most reasons come without a code.

use crate::base::error::Error;

/// A remedy.
#[derive(Debug, PartialEq, Eq)]
pub struct Remedy {
    /// For machines; does not change.
    pub name: &'static str,
    pub hint: String,
}

/// DMS does not see the newly created role of this name yet.
const ROLE_RACE: &str = "dms-vpc-role";
/// The same for any other role that DMS is to assume.
const OTHER_ROLE_RACE: &str = "dms-role";

/// Name → words, one of which is in the reason → hint. The first matching row counts. Access denied is not here: its
/// hint names the action.
const TABLE: &[(&str, &[&str], &str)] = &[
    (
        "concurrency",
        &["ReservedConcurrentExecutions"],
        "the account's concurrency limit leaves no room for a reservation: --parameter WriterConcurrency=0, or ask for a higher limit",
    ),
    (
        "engine-version",
        &[
            "Cannot find version",
            "No replication engine found",
            "is not a supported version",
            "is no longer available",
            "has reached end of",
        ],
        "that engine version is no longer available: `outboxctl doctor` lists the available ones; set one with --parameter",
    ),
    (
        "instance-class",
        &["does not support creating a DB instance with the following combination"],
        "RDS does not offer that instance class with the engine in this region: set DatabaseClass, or AuroraClass for Aurora, with --parameter; `outboxctl doctor` checks it",
    ),
    (
        "subnet",
        &[
            "InvalidSubnet",
            "subnet ID",
            "Availability Zone (AZ) coverage requirement",
            "Availability Zone coverage",
            "subnets in at least two",
        ],
        "a subnet is missing, or they lie in too few availability zones: redeploy the network stack, or correct the subnet ids in [parameters]",
    ),
    (
        "endpoint",
        &["Vpc Endpoint Service", "VPC endpoint", "VpcEndpoint", "InvalidServiceName"],
        "an interface endpoint that the subnets need is missing or not available in this region: check the endpoints of the network stack",
    ),
    (
        "name-taken",
        &["already exists", "AlreadyExists", "BucketAlreadyOwnedByYou", "is already in use"],
        "a resource of that name already exists: delete it, import it, or use another --stage",
    ),
];

/// Words of an exhausted quota.
const QUOTA: &[&str] = &[
    "ServiceLimitExceeded",
    "LimitExceeded",
    "QuotaExceeded",
    "limit exceeded",
    "maximum number of",
    "has been reached",
];

/// Returns the remedy for a resource's failure.
pub fn find(resource_type: Option<&str>, reason: &str) -> Option<Remedy> {
    let has = |words: &[&str]| words.iter().any(|words| reason.contains(words));
    let denied = missing_action(reason);
    let of_dms = resource_type.is_some_and(|kind| kind.starts_with("AWS::DMS::"));
    // A denial that names an action is about the deployer's rights; one without is DMS failing to assume a role.
    let role_race = of_dms
        && (reason.contains("is not configured properly") || reason.contains("AccessDeniedFault"))
        && !matches!(denied, Some(Some(_)));
    let vpc_role_race = reason.contains(ROLE_RACE);
    if role_race || vpc_role_race {
        let hint = "the role is new and DMS does not see it yet: run `outboxctl deploy` again in half a minute";
        let name = if vpc_role_race { ROLE_RACE } else { OTHER_ROLE_RACE };
        return Some(Remedy { name, hint: hint.into() });
    }
    if let Some(action) = denied {
        let hint = match action {
            Some(action) => {
                format!("grant {action} to the principal that `outboxctl deploy` prints, or use another --profile")
            }
            None => "grant the action that the reason names, or use another --profile".to_owned(),
        };
        return Some(Remedy { name: "access-denied", hint });
    }
    if let Some((name, _, hint)) = TABLE.iter().find(|(_, words, _)| has(words)) {
        return Some(Remedy { name, hint: (*hint).into() });
    }
    if has(QUOTA) {
        let code = resource_type.and_then(service_code).unwrap_or("SERVICE");
        // "Switch between capacity modes" in the Kinesis developer guide, and UpdateShardCount in its API reference.
        let of_stream = "Kinesis switches a stream between on-demand and provisioned mode (`Shards`) twice in 24 hours, and changes its \
                         shards ten times: wait, or keep the previous value. Otherwise ";
        let first = if resource_type == Some("AWS::Kinesis::Stream") { of_stream } else { "" };
        let hint = format!(
            "{first}a quota of the account is exhausted: delete unused resources, or request an increase \
             (`aws service-quotas list-service-quotas --service-code {code}`)"
        );
        return Some(Remedy { name: "quota", hint });
    }
    None
}

/// Returns whether DMS failed because it does not see a new role yet, which resolves itself in about 30 s.
pub fn is_role_race(error: &Error) -> bool {
    error.data().is_some_and(|data| data["remedy"] == ROLE_RACE || data["remedy"] == OTHER_ROLE_RACE)
}

/// Returns None if access was not denied; else the action, if the reason names it.
fn missing_action(reason: &str) -> Option<Option<&str>> {
    let denied =
        ["is not authorized to perform", "not authorized to perform this operation", "AccessDenied", "Access denied"];
    if !denied.iter().any(|words| reason.contains(words)) {
        return None;
    }
    let words = reason.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"'));
    // `service:Action`; an ARN has more colons, and other words have none.
    let is_action = |word: &&str| {
        word.split_once(':').is_some_and(|(service, action)| {
            !service.is_empty()
                && service.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                && action.starts_with(|c: char| c.is_ascii_uppercase())
                && action.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    };
    Some(words.map(|word| word.trim_end_matches('.')).find(is_action))
}

/// Returns the name of the resource's service in Service Quotas.
fn service_code(resource_type: &str) -> Option<&'static str> {
    if resource_type == "AWS::EC2::EIP" {
        return Some("ec2");
    }
    Some(match resource_type.split("::").nth(1)? {
        "EC2" => "vpc",
        "RDS" => "rds",
        "DMS" => "dms",
        "Kinesis" => "kinesis",
        "Lambda" => "lambda",
        "DynamoDB" => "dynamodb",
        "S3" => "s3",
        "IAM" => "iam",
        "Events" => "events",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn common_failures_have_a_name_and_a_remedy() {
        let table = [
            (
                "AWS::DMS::ReplicationSubnetGroup",
                "The IAM Role arn:aws:iam::123456789012:role/dms-vpc-role is not configured properly. (Service: DatabaseMigration, Status Code: 400, Error Code: AccessDeniedFault)",
                "dms-vpc-role",
                "half a minute",
            ),
            (
                "AWS::DMS::Endpoint",
                "The IAM Role arn:aws:iam::123456789012:role/x-SourceRole-1 is not configured properly. (Service: AWSDatabaseMigrationService; Status Code: 400; Error Code: AccessDeniedFault)",
                "dms-role",
                "half a minute",
            ),
            (
                "AWS::DMS::Endpoint",
                "User: arn:aws:iam::123456789012:user/jo is not authorized to perform: dms:CreateEndpoint on resource: * (Error Code: AccessDeniedFault)",
                "access-denied",
                "grant dms:CreateEndpoint",
            ),
            (
                "AWS::EC2::VPC",
                "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400) (HandlerErrorCode: ServiceLimitExceeded)",
                "quota",
                "--service-code vpc",
            ),
            (
                "AWS::Kinesis::Stream",
                "LimitExceededException: This request would exceed the shard limit",
                "quota",
                "--service-code kinesis",
            ),
            (
                "AWS::Kinesis::Stream",
                "LimitExceededException: This request would exceed the shard limit",
                "quota",
                "twice in 24 hours",
            ),
            (
                "AWS::Lambda::Function",
                "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [10].",
                "concurrency",
                "WriterConcurrency=0",
            ),
            (
                "AWS::S3::Bucket",
                "outboxctl-x already exists (Service: S3) (HandlerErrorCode: AlreadyExists)",
                "name-taken",
                "another --stage",
            ),
            (
                "AWS::RDS::DBSubnetGroup",
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: eu-central-1a.",
                "subnet",
                "availability zones",
            ),
            (
                "AWS::Lambda::Function",
                "The subnet ID 'subnet-1' does not exist (Service: Lambda) (HandlerErrorCode: InvalidRequest)",
                "subnet",
                "subnet ids",
            ),
            (
                "AWS::EC2::VPCEndpoint",
                "The Vpc Endpoint Service 'com.amazonaws.eu-central-2.kinesis-streams' does not exist",
                "endpoint",
                "network stack",
            ),
            (
                "AWS::RDS::DBInstance",
                "Cannot find version 15.3 for postgres (Service: Rds, Status Code: 400)",
                "engine-version",
                "outboxctl doctor",
            ),
            (
                "AWS::RDS::DBCluster",
                "Cannot find version 17.99 for aurora-postgresql (Service: Rds, Status Code: 400)",
                "engine-version",
                "outboxctl doctor",
            ),
            (
                "AWS::RDS::DBInstance",
                "RDS does not support creating a DB instance with the following combination: DBInstanceClass=db.t4g.micro, Engine=aurora-postgresql",
                "instance-class",
                "AuroraClass",
            ),
            (
                "AWS::DMS::ReplicationInstance",
                "No replication engine found with version: 3.4.6",
                "engine-version",
                "--parameter",
            ),
            (
                "AWS::IAM::Role",
                "User: arn:aws:iam::123456789012:user/jo is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::123456789012:role/x because no identity-based policy allows the iam:CreateRole action",
                "access-denied",
                "grant iam:CreateRole",
            ),
            (
                "AWS::EC2::VPC",
                "API: ec2:CreateVpc You are not authorized to perform this operation. Encoded authorization failure message: Xy_z",
                "access-denied",
                "grant ec2:CreateVpc",
            ),
        ];
        for (kind, reason, name, hint) in table {
            let remedy = find(Some(kind), reason).unwrap_or_else(|| panic!("no remedy: {reason}"));
            assert_eq!(remedy.name, name, "{reason}");
            assert!(remedy.hint.contains(hint), "{}: {}", name, remedy.hint);
        }
    }

    #[test]
    fn an_unknown_failure_has_no_remedy() {
        assert_eq!(find(Some("AWS::X::Y"), "Internal failure"), None);
    }
}
