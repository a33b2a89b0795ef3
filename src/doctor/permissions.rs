//! Checks by IAM simulation that the principal may make the calls of a deploy.
//!
//! The actions follow from the resource types in the pipeline's templates (each type's handler permissions in the
//! CloudFormation registry, see `pipelines::registry`). The simulation is for any resource: it denies an action that a
//! policy allows for certain names only, so a denial without an explicit statement is a warning.

use std::collections::BTreeSet;

use aws_sdk_iam::types::PolicyEvaluationDecisionType as Decision;

use super::{Context, Finding};
use crate::aws::arn::Arn;
use crate::error::{AwsContext, Kind, Result};
use crate::pipelines::templates::resources;
use crate::pipelines::{Pipeline, registry};

const CHECK: &str = "permissions";
/// Actions in one request; IAM accepts more, and answers in pages.
const BATCH: usize = 50;

/// Calls of `deploy`, `destroy`, `recover` and the commands that control the capture.
const ALWAYS: &[&str] = &[
    "cloudformation:CancelUpdateStack",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:CreateChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:DeleteStack",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DescribeEvents",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStacks",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:GetTemplate",
    "cloudformation:ListChangeSets",
    "cloudformation:ListStackResources",
    "cloudformation:RollbackStack",
    "cloudformation:UpdateTerminationProtection",
    "iam:GetRole",
    "lambda:GetAccountSettings",
    "lambda:GetFunction",
    "logs:DescribeLogGroups",
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:PutObject",
];

/// Stack → further calls where the pipeline has it.
const BY_STACK: &[(&str, &[&str])] = &[
    (
        "bus",
        &[
            "events:ListRules",
            "events:ListTagsForResource",
            "events:RemoveTargets",
            "events:DeleteRule",
            "sqs:ListQueues",
            "sqs:ListQueueTags",
            "sqs:DeleteQueue",
        ],
    ),
    (
        "database",
        &[
            "rds:DescribeDBClusterAutomatedBackups",
            "rds:DescribeDBClusterSnapshots",
            "rds:DescribeDBClusters",
            "rds:DescribeDBInstanceAutomatedBackups",
            "rds:DescribeDBInstances",
            "rds:DescribeDBSnapshots",
        ],
    ),
    (
        "dms",
        &[
            "dms:AddTagsToResource",
            "dms:DescribeConnections",
            "dms:DescribeReplicationTasks",
            "dms:ListTagsForResource",
            "dms:RemoveTagsFromResource",
            "dms:StartReplicationTask",
            "dms:StopReplicationTask",
            "dms:TestConnection",
        ],
    ),
    ("stream", &["kinesis:DescribeStreamSummary", "kinesis:ListStreamConsumers", "kinesis:DeregisterStreamConsumer"]),
    ("functions", &["lambda:InvokeFunction"]),
    ("people", &["lambda:InvokeFunction"]),
];

/// Returns every action that is needed to deploy, update and delete the pipeline.
pub(in crate::doctor) fn actions(pipeline: &Pipeline) -> Vec<&'static str> {
    // The templates are valid: tests read them.
    let resources = pipeline.stacks.iter().flat_map(|stack| resources(stack.template).unwrap_or_default());
    let of_types = resources.filter_map(|(_, kind)| registry::actions(&kind)).flatten();
    let of_stacks = BY_STACK.iter().filter(|(stack, _)| pipeline.stack(stack).is_some());
    let of_stacks = of_stacks.flat_map(|(_, actions)| actions.iter().copied());
    let all: BTreeSet<_> = ALWAYS.iter().copied().chain(of_types).chain(of_stacks).collect();
    all.into_iter().collect()
}

pub async fn examine(context: &Context<'_>) -> Result<Vec<Finding>> {
    let identity = crate::aws::account::identity(&context.clients).await?;
    let iam = context.clients.iam();
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
    let actions = actions(context.pipeline);
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
            "grant them, unless the policy allows them on the names that begin with outboxctl-; `outboxctl policy` \
             prints a policy that does",
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

/// Returns the principal that can be simulated for an ARN of STS.
fn principal_of(arn: &str) -> Principal<'_> {
    let Some(Arn { partition, service, account, resource, .. }) = Arn::parse(arn) else { return Principal::Other };
    match (service, resource.split('/').collect::<Vec<_>>()[..].as_ref()) {
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
                let resources = resources(stack.template).expect("YAML");
                assert!(!resources.is_empty(), "{}: no resource found", stack.name);
                for (_, kind) in resources {
                    assert!(registry::actions(&kind).is_some(), "{}: {kind}: run .ci/registry.py", stack.name);
                }
            }
            let actions = actions(pipeline);
            assert!(actions.iter().all(|action| action.split_once(':').is_some_and(|(_, verb)| !verb.is_empty())));
            assert_eq!(actions.contains(&"rds:CreateDBInstance"), pipeline.stack("database").is_some());
            // Actions that were once missing, so that a deploy failed halfway.
            let has_api = ["api", "functions", "people"].iter().any(|stack| pipeline.stack(stack).is_some());
            for (action, needed) in [
                ("cloudformation:UpdateTerminationProtection", true),
                ("iam:TagRole", true),
                ("iam:DetachRolePolicy", true),
                ("logs:CreateLogDelivery", has_api),
                ("lambda:PutFunctionConcurrency", has_api),
                ("rds:ModifyDBInstance", pipeline.stack("database").is_some()),
                ("rds:CreateDBCluster", pipeline.stack("database").is_some()),
                ("rds:CreateDBClusterSnapshot", pipeline.stack("database").is_some()),
                ("rds:ModifyDBClusterParameterGroup", pipeline.stack("database").is_some()),
                ("secretsmanager:GetSecretValue", pipeline.stack("database").is_some()),
                ("dms:ModifyReplicationTask", pipeline.stack("dms").is_some()),
                ("dms:ModifyReplicationInstance", pipeline.stack("dms").is_some()),
                ("ec2:AuthorizeSecurityGroupEgress", pipeline.stack("network").is_some()),
                ("ec2:CreateTags", pipeline.stack("network").is_some()),
                ("kinesis:IncreaseStreamRetentionPeriod", pipeline.stack("stream").is_some()),
                ("kinesis:UpdateShardCount", pipeline.stack("stream").is_some()),
            ] {
                assert_eq!(actions.contains(&action), needed, "{}: {action}", pipeline.name);
            }
        }
    }

    #[test]
    fn sessions_are_simulated_as_their_role() {
        let session = "arn:aws-us-gov:sts::123456789012:assumed-role/deployer/ci";
        let Principal::Role { name, guess } = principal_of(session) else { panic!("a role") };
        assert_eq!((name, guess.as_str()), ("deployer", "arn:aws-us-gov:iam::123456789012:role/deployer"));
        assert!(matches!(principal_of("arn:aws:iam::123456789012:root"), Principal::Root));
        assert!(matches!(principal_of("arn:aws:iam::123456789012:user/team/jo"), Principal::User));
        assert!(matches!(principal_of("arn:aws:sts::123456789012:federated-user/jo"), Principal::Other));
    }
}
