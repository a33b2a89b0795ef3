//! Whether the principal may do what a deploy does, as IAM's own simulation tells.
//!
//! The actions follow from the resource types in the pipeline's templates (each type's handler permissions in the
//! CloudFormation registry, without those for rare updates). The simulation asks for any resource: a policy that allows
//! only certain names is denied there, so a denial that no statement makes explicit is a warning.

use std::collections::BTreeSet;

use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;

use super::{Finding, Ground};
use crate::error::{AwsContext, Kind, Result};
use crate::pipelines::Pipeline;

const CHECK: &str = "permissions";
/// Actions in one request; IAM takes more, and answers in pages.
const BATCH: usize = 50;

/// What `deploy` and `destroy` themselves call.
const ALWAYS: &[&str] = &[
    "cloudformation:CreateChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:ListChangeSets",
    "cloudformation:DescribeStacks",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DeleteStack",
    "s3:PutObject",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:DeleteObject",
];

/// Resource type → what CloudFormation does with the caller's rights to make and remove one.
const BY_TYPE: &[(&str, &[&str])] = &[
    ("AWS::ApiGatewayV2::", &["apigateway:POST", "apigateway:GET", "apigateway:PATCH", "apigateway:DELETE"]),
    ("AWS::CloudWatch::Alarm", &["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"]),
    ("AWS::DMS::Certificate", &["dms:ImportCertificate", "dms:DeleteCertificate"]),
    ("AWS::DMS::Endpoint", &["dms:CreateEndpoint", "dms:DeleteEndpoint", "iam:PassRole"]),
    ("AWS::DMS::EventSubscription", &["dms:CreateEventSubscription", "dms:DeleteEventSubscription"]),
    ("AWS::DMS::ReplicationInstance", &["dms:CreateReplicationInstance", "dms:DeleteReplicationInstance"]),
    ("AWS::DMS::ReplicationSubnetGroup", &["dms:CreateReplicationSubnetGroup", "dms:DeleteReplicationSubnetGroup"]),
    (
        "AWS::DMS::ReplicationTask",
        &[
            "dms:CreateReplicationTask",
            "dms:DeleteReplicationTask",
            "dms:StartReplicationTask",
            "dms:StopReplicationTask",
            "dms:TestConnection",
        ],
    ),
    ("AWS::DynamoDB::Table", &["dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:DeleteTable"]),
    ("AWS::EC2::InternetGateway", &["ec2:CreateInternetGateway", "ec2:DeleteInternetGateway"]),
    ("AWS::EC2::RouteTable", &["ec2:CreateRouteTable", "ec2:DeleteRouteTable"]),
    ("AWS::EC2::Route", &["ec2:CreateRoute", "ec2:DeleteRoute"]),
    (
        "AWS::EC2::SecurityGroup",
        &["ec2:CreateSecurityGroup", "ec2:AuthorizeSecurityGroupIngress", "ec2:DeleteSecurityGroup"],
    ),
    ("AWS::EC2::SubnetRouteTableAssociation", &["ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"]),
    ("AWS::EC2::Subnet", &["ec2:CreateSubnet", "ec2:DeleteSubnet"]),
    ("AWS::EC2::VPCEndpoint", &["ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints"]),
    ("AWS::EC2::VPCGatewayAttachment", &["ec2:AttachInternetGateway", "ec2:DetachInternetGateway"]),
    ("AWS::EC2::VPC", &["ec2:CreateVpc", "ec2:ModifyVpcAttribute", "ec2:DeleteVpc"]),
    ("AWS::Events::EventBus", &["events:CreateEventBus", "events:DeleteEventBus"]),
    ("AWS::Events::Rule", &["events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:DeleteRule"]),
    ("AWS::IAM::ManagedPolicy", &["iam:CreatePolicy", "iam:DeletePolicy"]),
    (
        "AWS::IAM::Role",
        &[
            "iam:CreateRole",
            "iam:PutRolePolicy",
            "iam:AttachRolePolicy",
            "iam:PassRole",
            "iam:DeleteRolePolicy",
            "iam:DeleteRole",
        ],
    ),
    ("AWS::Kinesis::Stream", &["kinesis:CreateStream", "kinesis:StartStreamEncryption", "kinesis:DeleteStream"]),
    ("AWS::Lambda::EventInvokeConfig", &["lambda:PutFunctionEventInvokeConfig"]),
    ("AWS::Lambda::EventSourceMapping", &["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"]),
    (
        "AWS::Lambda::Function",
        &["lambda:CreateFunction", "lambda:GetFunction", "lambda:InvokeFunction", "lambda:DeleteFunction"],
    ),
    ("AWS::Lambda::Permission", &["lambda:AddPermission", "lambda:RemovePermission"]),
    (
        "AWS::Logs::LogGroup",
        &[
            "logs:CreateLogGroup",
            "logs:PutRetentionPolicy",
            "logs:PutResourcePolicy",
            "logs:DeleteResourcePolicy",
            "logs:DeleteLogGroup",
        ],
    ),
    ("AWS::RDS::DBInstance", &["rds:CreateDBInstance", "rds:DescribeDBInstances", "rds:DeleteDBInstance"]),
    (
        "AWS::RDS::DBParameterGroup",
        &["rds:CreateDBParameterGroup", "rds:ModifyDBParameterGroup", "rds:DeleteDBParameterGroup"],
    ),
    ("AWS::RDS::DBSubnetGroup", &["rds:CreateDBSubnetGroup", "rds:DeleteDBSubnetGroup"]),
    ("AWS::S3::BucketPolicy", &["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"]),
    (
        "AWS::S3::Bucket",
        &["s3:CreateBucket", "s3:PutEncryptionConfiguration", "s3:PutBucketPublicAccessBlock", "s3:DeleteBucket"],
    ),
    ("AWS::SQS::QueuePolicy", &["sqs:SetQueueAttributes"]),
    ("AWS::SQS::Queue", &["sqs:CreateQueue", "sqs:GetQueueAttributes", "sqs:DeleteQueue"]),
    (
        "AWS::SecretsManager::",
        &[
            "secretsmanager:CreateSecret",
            "secretsmanager:GetRandomPassword",
            "secretsmanager:PutSecretValue",
            "secretsmanager:DeleteSecret",
        ],
    ),
];

/// Every action that a deploy of the pipeline needs.
fn actions(pipeline: &Pipeline) -> Vec<&'static str> {
    let types = pipeline.stacks.iter().flat_map(|stack| types(stack.template));
    let of_types = types.filter_map(row).flat_map(|(_, actions)| *actions);
    let all: BTreeSet<_> = ALWAYS.iter().chain(of_types).copied().collect();
    all.into_iter().collect()
}

/// The type's row; one that ends in `::` is for all types of its service.
fn row(kind: &str) -> Option<&'static (&'static str, &'static [&'static str])> {
    BY_TYPE.iter().find(|(prefix, _)| kind == *prefix || prefix.ends_with("::") && kind.starts_with(prefix))
}

/// The resource types of a template; `AWS::EC2::Subnet::Id` and the like are types of parameters.
fn types(template: &str) -> impl Iterator<Item = &str> {
    let types = template.lines().filter_map(|line| line.strip_prefix("    Type: "));
    types.filter(|kind| kind.starts_with("AWS::") && !kind.ends_with("::Id"))
}

pub async fn examine(ground: &Ground<'_>) -> Result<Vec<Finding>> {
    let identity = crate::aws::account::identity(&ground.clients).await?;
    let iam = ground.clients.iam();
    let principal = identity.principal;
    let source = match principal_of(&principal) {
        Principal::Root => {
            return Ok(vec![Finding::not_checked(CHECK, "the account's root may do everything; use a role instead")]);
        }
        Principal::Other => return Ok(vec![Finding::not_checked(CHECK, format!("IAM can't simulate {principal}"))]),
        Principal::User => principal,
        Principal::Role { name, guess } => {
            // The session's ARN leaves out the role's path.
            let role = iam.get_role().role_name(name).send().await.ok();
            role.and_then(|answer| Some(answer.role()?.arn().to_owned())).unwrap_or(guess)
        }
    };
    let (mut refused, mut unallowed) = (Vec::new(), Vec::new());
    let actions = actions(ground.pipeline);
    for batch in actions.chunks(BATCH) {
        let names = batch.iter().map(|action| (*action).to_owned()).collect();
        let request = iam.simulate_principal_policy().policy_source_arn(&source).set_action_names(Some(names));
        let mut results = request.into_paginator().items().send();
        while let Some(result) = results.next().await {
            let result = match result.aws("simulate the principal's policies") {
                Err(error) if error.kind() == Kind::AccessDenied => {
                    let text = "IAM does not let this principal simulate its policies (iam:SimulatePrincipalPolicy)";
                    return Ok(vec![Finding::not_checked(CHECK, text)]);
                }
                result => result?,
            };
            match result.eval_decision() {
                Decision::Allowed => {}
                Decision::ExplicitDeny => refused.push(result.eval_action_name().to_owned()),
                _ => unallowed.push(result.eval_action_name().to_owned()),
            }
        }
    }
    let count = actions.len();
    Ok(vec![match (refused.as_slice(), unallowed.as_slice()) {
        ([], []) => Finding::ok(CHECK, format!("all {count} actions of a deploy are allowed")),
        ([], unallowed) => Finding::warning(
            CHECK,
            format!(
                "{} of {count} actions are not allowed on every resource: {}",
                unallowed.len(),
                unallowed.join(", ")
            ),
            "grant them, unless the policy allows them on the names that begin with outboxctl-",
        ),
        (refused, _) => Finding::failed(
            CHECK,
            format!("{} of {count} actions are denied: {}", refused.len(), refused.join(", ")),
            "a policy, a permissions boundary or an organisation's policy denies them: have it changed, or use another --profile",
        ),
    }])
}

enum Principal<'a> {
    Root,
    User,
    Role { name: &'a str, guess: String },
    Other,
}

/// What can be simulated for the ARN that STS gives.
fn principal_of(arn: &str) -> Principal<'_> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, service, _, account, rest] = parts[..] else { return Principal::Other };
    match (service, rest.split('/').collect::<Vec<_>>()[..].as_ref()) {
        ("iam", ["root"]) => Principal::Root,
        ("iam", ["user", ..]) => Principal::User,
        ("sts", ["assumed-role", name, _]) => {
            Principal::Role { name, guess: format!("arn:{partition}:iam::{account}:role/{name}") }
        }
        _ => Principal::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;

    #[test]
    fn every_resource_type_of_every_template_has_its_actions() {
        for pipeline in pipelines::ALL {
            for stack in pipeline.stacks {
                let types: Vec<_> = types(stack.template).collect();
                assert!(!types.is_empty(), "{}: no resource found", stack.name);
                for kind in types {
                    assert!(row(kind).is_some(), "{}: {kind} has no row", stack.name);
                }
            }
            let actions = actions(pipeline);
            assert!(actions.iter().all(|action| action.split_once(':').is_some_and(|(_, verb)| !verb.is_empty())));
            assert_eq!(actions.contains(&"rds:CreateDBInstance"), pipeline.stack("database").is_some());
        }
    }

    #[test]
    fn a_session_is_simulated_as_its_role() {
        let session = "arn:aws-us-gov:sts::123456789012:assumed-role/deployer/ci";
        let Principal::Role { name, guess } = principal_of(session) else { panic!("a role") };
        assert_eq!((name, guess.as_str()), ("deployer", "arn:aws-us-gov:iam::123456789012:role/deployer"));
        assert!(matches!(principal_of("arn:aws:iam::123456789012:root"), Principal::Root));
        assert!(matches!(principal_of("arn:aws:iam::123456789012:user/team/jo"), Principal::User));
        assert!(matches!(principal_of("arn:aws:sts::123456789012:federated-user/jo"), Principal::Other));
    }
}
