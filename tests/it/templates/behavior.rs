//! Behavior of AWS that no schema or model states, and that a deploy without AWS does not show.

use serde_json::Value;

use super::document::{Document, many};
use super::stacks;
use outboxctl::internals::pipelines::Stack;

/// The stacks whose templates have this text, each once.
fn having(text: &str) -> Vec<&'static Stack> {
    let mut found: Vec<&Stack> = stacks().map(|(_, stack)| stack).filter(|s| s.template.contains(text)).collect();
    found.sort_by_key(|stack| stack.template.as_ptr());
    found.dedup_by_key(|stack| stack.template.as_ptr());
    assert!(!found.is_empty(), "no stack has {text}");
    found
}

/// The stacks that have resources of a type.
fn with(kind: &str) -> Vec<&'static Stack> {
    having(&format!("Type: {kind}\n"))
}

/// An account has ten policies of CloudWatch Logs per region that are not of one log group, for all its services
/// (CloudWatch Logs API reference, PutResourcePolicy).
#[test]
fn no_policy_of_a_log_group_counts_against_the_quota_of_the_account() {
    for (pipeline, stack) in stacks() {
        let document = Document::of(stack);
        assert_eq!(document.of_type("AWS::Logs::ResourcePolicy").count(), 0, "{}/{}", pipeline.name, stack.name);
        // HTTP APIs deliver logs to other groups by a policy of the account, unless they begin so ("Logging HTTP API
        // activity" and "Enabling logging from AWS services").
        for (name, stage) in document.of_type("AWS::ApiGatewayV2::Stage") {
            let arn = &stage["AccessLogSettings"]["DestinationArn"]["!GetAtt"];
            let group = arn.as_str().and_then(|text| text.split('.').next()).unwrap_or_else(|| panic!("{name}: {arn}"));
            let group = &document.resources[group]["Properties"]["LogGroupName"]["!Sub"];
            assert!(group.as_str().is_some_and(|name| name.starts_with("/aws/vendedlogs/")), "{name}: {group}");
        }
    }
}

/// EventBridge names the rule when it puts events, and no source when it creates the stream (EventBridge user guide, "Using
/// resource-based policies").
#[test]
fn the_event_log_lets_eventbridge_create_its_stream() {
    for stack in having("ResourcePolicyDocument:") {
        let document = Document::of(stack);
        for (name, group) in document.of_type("AWS::Logs::LogGroup") {
            let statements = many(&group["ResourcePolicyDocument"]["Statement"]);
            let of = |action: &str| -> Vec<&Value> {
                let allows = |statement: &&&Value| many(&statement["Action"]).iter().any(|one| *one == action);
                statements.iter().filter(allows).copied().collect()
            };
            for statement in of("logs:CreateLogStream") {
                assert!(statement.get("Condition").is_none(), "{name}: {statement}");
            }
            for statement in of("logs:PutLogEvents") {
                assert!(statement["Condition"]["ArnLike"]["aws:SourceArn"].is_object(), "{name}: {statement}");
            }
        }
    }
}

/// A gateway is not detached as long as an instance has a public address, and CloudFormation leaves it behind then (EC2 API
/// reference, DetachInternetGateway).
#[test]
fn closing_a_public_database_detaches_no_gateway() {
    for stack in with("AWS::EC2::InternetGateway") {
        for access in ["", "192.0.2.1/32"] {
            let document = Document::with(stack, &[("DatabaseAccessCidr", access)]);
            for kind in ["AWS::EC2::InternetGateway", "AWS::EC2::VPCGatewayAttachment"] {
                assert_eq!(document.of_type(kind).count(), 1, "{kind} with access {access:?}");
            }
            let routes = document.of_type("AWS::EC2::Route").filter(|(_, route)| route.get("GatewayId").is_some());
            assert_eq!(routes.count(), usize::from(!access.is_empty()), "routes with access {access:?}");
        }
    }
}

/// DMS assumes the roles of an endpoint when it is created; IAM needs seconds to make a new role known, and a replication
/// instance takes minutes.
#[test]
fn endpoints_of_dms_are_created_after_the_replication_instance() {
    for stack in with("AWS::DMS::Endpoint") {
        // An existing instance needs no time to be created.
        let document = Document::with(stack, &[("ExistingReplicationInstanceArn", "")]);
        for (name, resource) in document.resources.iter().filter(|(_, one)| one["Type"] == "AWS::DMS::Endpoint") {
            let text = resource.to_string();
            let instances = document.resources.iter().filter(|(_, one)| one["Type"] == "AWS::DMS::ReplicationInstance");
            let waits = instances.map(|(name, _)| name).any(|name| text.contains(&format!("{{\"!Ref\":\"{name}\"}}")));
            assert!(waits, "{name} does not wait for an instance: {text}");
        }
    }
}

/// Without the last of these, a task of today's versions stops for good after its longest pause (DMS user guide, "Error
/// handling task settings").
#[test]
fn a_task_never_gives_up_on_its_endpoints() {
    for stack in with("AWS::DMS::ReplicationTask") {
        for (name, task) in Document::of(stack).of_type("AWS::DMS::ReplicationTask") {
            let settings = &task["ReplicationTaskSettings"];
            let text = settings["!Sub"].as_str().or(settings.as_str()).expect("settings as text");
            let parts = text.split("${").enumerate().map(|(number, part)| match number {
                0 => part.to_owned(),
                // In place of a parameter, a number.
                _ => format!("0{}", part.split_once('}').map_or("", |(_, rest)| rest)),
            });
            let settings: Value = serde_json::from_str(&parts.collect::<String>()).expect("JSON");
            let errors = &settings["ErrorBehavior"];
            assert_eq!(errors["RecoverableErrorCount"], -1, "{name}");
            assert_eq!(errors["RecoverableErrorStopRetryAfterThrottlingMax"], false, "{name}");
        }
    }
}

/// A bucket that outlives its stack keeps refusing requests without TLS.
#[test]
fn the_policy_of_a_bucket_lives_as_long_as_the_bucket() {
    for stack in with("AWS::S3::BucketPolicy") {
        for keep in ["true", "false"] {
            let document = Document::with(stack, &[("KeepData", keep)]);
            for (name, policy) in document.resources.iter().filter(|(_, one)| one["Type"] == "AWS::S3::BucketPolicy") {
                let bucket = policy["Properties"]["Bucket"]["!Ref"].as_str().expect("a bucket");
                let life = |resource: &Value| resource["DeletionPolicy"].as_str().unwrap_or("Delete").to_owned();
                let (policy, bucket) = (life(policy), life(&document.resources[bucket]));
                assert_eq!(policy, bucket, "{name} with KeepData {keep}");
            }
        }
    }
}

/// Endpoints, functions, DMS and consumers share the private subnets, and AWS takes five addresses of each ("Subnet CIDR
/// blocks" in the VPC user guide).
#[test]
fn subnets_of_the_default_network_have_room() {
    for stack in with("AWS::EC2::Subnet") {
        let document = Document::of(stack);
        let default = |name: &str| document.parameters[name]["Default"].clone();
        let range = default("VpcCidr").as_str().expect("a range").to_owned();
        let length: u32 = range.rsplit_once('/').and_then(|(_, length)| length.parse().ok()).expect("a length");
        let bits = default("SubnetBits");
        let bits: u32 = bits.as_str().map_or_else(|| bits.to_string(), str::to_owned).parse().expect("a number");
        assert!(length + 2 <= 32 - bits, "four subnets of {bits} bits do not fit into {range}");
        assert!(bits >= 8, "subnets of {} addresses", 2_u32.pow(bits));
    }
}
