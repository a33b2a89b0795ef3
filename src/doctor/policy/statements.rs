//! Statements of the calls that the commands make.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::calls::{CALLS, On, deploy_actions, is_relevant};
use super::{Role, generated};
use crate::pipelines::{Given, Home, Output, Pipeline};
use crate::settings::Existing;

/// The macro of the templates. CloudFormation also authorizes `CreateChangeSet` on it, as a resource of the account `aws`.
pub const TRANSFORM: &str = "arn:*:cloudformation:*:aws:transform/LanguageExtensions";

/// Returns one statement for each kind of resource that the role acts on, without the actions that the deployer's
/// statements have already.
pub fn of_calls(role: Role, pipeline: &Pipeline, stage: &str, existing: &Existing) -> Vec<Value> {
    let granted = if role == Role::Deployer { deploy_actions(pipeline) } else { Vec::new() };
    let mut by_resource: BTreeMap<On, BTreeSet<&str>> = BTreeMap::new();
    for call in CALLS.iter().filter(|call| call.roles.contains(&role)) {
        let actions = call.actions.iter().filter(|action| is_relevant(action, pipeline) && !granted.contains(action));
        by_resource.entry(call.on).or_default().extend(actions);
    }
    let with_actions = by_resource.into_iter().filter(|(_, actions)| !actions.is_empty());
    let mut statements = Vec::new();
    for (on, actions) in with_actions {
        let theirs = of_existing(on, existing);
        let mut statement = statement(on, &actions, pipeline, stage);
        match statement["Resource"].as_array_mut() {
            // Existing resources do not have the tags of the stacks.
            _ if on == On::Tagged => {
                let of_secret =
                    actions.iter().filter(|action| action.starts_with("secretsmanager:")).collect::<Vec<_>>();
                if !theirs.is_empty() && !of_secret.is_empty() {
                    statements.push(json!({
                        "Sid": "ExistingSecret", "Effect": "Allow", "Action": of_secret, "Resource": theirs,
                    }));
                }
            }
            Some(resources) => resources.extend(theirs.into_iter().map(Value::from)),
            None => {}
        }
        statements.push(statement);
    }
    statements
}

/// Returns the ARNs of existing resources of a kind. Those that are given by name are in any region and account.
pub fn of_existing(on: On, existing: &Existing) -> Vec<String> {
    let given = Given::new(existing, Home { region: "*", account: "*" });
    let value = |output: Output| given.value(output);
    let rules = |suffix: &str| value(Output::BusName).map(|bus| format!("arn:*:events:*:*:rule/{bus}/{suffix}"));
    let arns = match on {
        On::Streams => [value(Output::StreamArn).map(str::to_owned), None],
        On::Bus => [value(Output::BusArn).map(str::to_owned), rules("*")],
        On::Temporary => [rules("outboxctl-tap-*"), None],
        On::Logs => [value(Output::EventLogGroup).map(|group| format!("arn:*:logs:*:*:log-group:{group}*")), None],
        On::Database => [
            value(Output::DatabaseIdentifier).map(|name| format!("arn:*:rds:*:*:db:{name}")),
            value(Output::DatabaseCluster).map(|name| format!("arn:*:rds:*:*:cluster:{name}")),
        ],
        // Secrets Manager appends six random characters to the ARN of a secret.
        On::Tagged => [value(Output::DatabaseSecretArn).map(secret), None],
        _ => [None, None],
    };
    arns.into_iter().flatten().collect()
}

/// Returns the ARN of a secret that is given by its ARN or its name.
fn secret(given: &str) -> String {
    if given.starts_with("arn:") { given.to_owned() } else { format!("arn:*:secretsmanager:*:*:secret:{given}-??????") }
}

fn statement(on: On, actions: &BTreeSet<&str>, pipeline: &Pipeline, stage: &str) -> Value {
    let prefix = pipeline.name_prefix(stage);
    let own = generated(&prefix);
    let (sid, resources) = match on {
        On::Any => ("Anything", vec!["*".to_owned()]),
        On::Stacks => ("Stacks", stacks(pipeline, stage)),
        On::ChangeSets => ("ChangeSets", stacks(pipeline, stage).into_iter().chain([TRANSFORM.to_owned()]).collect()),
        On::Roles => ("Roles", roles(pipeline, &own)),
        On::Buckets => ("Buckets", vec![format!("arn:*:s3:::{own}")]),
        On::Functions => ("Functions", vec![format!("arn:*:lambda:*:*:function:{own}")]),
        On::Streams => ("Streams", vec![format!("arn:*:kinesis:*:*:stream/{own}")]),
        On::Tables => ("Tables", vec![format!("arn:*:dynamodb:*:*:table/{own}")]),
        On::Bus => {
            ("Bus", vec![format!("arn:*:events:*:*:event-bus/{prefix}"), format!("arn:*:events:*:*:rule/{prefix}/*")])
        }
        On::Queues => ("Queues", vec![format!("arn:*:sqs:*:*:{own}")]),
        On::Temporary => (
            "Temporary",
            vec!["arn:*:sqs:*:*:outboxctl-tap-*".to_owned(), format!("arn:*:events:*:*:rule/{prefix}/outboxctl-tap-*")],
        ),
        On::Logs => ("Logs", vec![format!("arn:*:logs:*:*:log-group:/aws/*/{prefix}*")]),
        On::Database => (
            "Database",
            vec![
                format!("arn:*:rds:*:*:db:{prefix}*"),
                format!("arn:*:rds:*:*:cluster:{prefix}"),
                "arn:*:rds-db:*:*:dbuser:*/outbox_consumer".to_owned(),
            ],
        ),
        On::Keys => ("Keys", vec!["arn:*:kms:*:*:key/*".to_owned()]),
        On::Tagged => ("Tagged", vec!["*".to_owned()]),
    };
    let mut statement = json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources });
    if on == On::Keys {
        let services = ["kinesis", "secretsmanager"].map(|service| format!("{service}.*.amazonaws.com"));
        statement["Condition"] = json!({ "StringLike": { "kms:ViaService": services } });
    }
    if on == On::Tagged {
        statement["Condition"] = json!({ "StringEquals": tags(pipeline, stage) });
    }
    statement
}

/// Returns the conditions that a resource has the tags of the pipeline's stacks.
pub fn tags(pipeline: &Pipeline, stage: &str) -> Value {
    json!({ "aws:ResourceTag/outboxctl:stage": stage, "aws:ResourceTag/outboxctl:pipeline": pipeline.name })
}

/// Returns the ARNs of the pipeline's stacks.
pub fn stacks(pipeline: &Pipeline, stage: &str) -> Vec<String> {
    let names: BTreeSet<_> = pipeline.stacks.iter().map(|stack| stack.full_name(pipeline, stage)).collect();
    names.iter().map(|name| format!("arn:*:cloudformation:*:*:stack/{name}/*")).collect()
}

/// Returns the ARNs of the roles that the pipeline's stacks create: `own`, and those that DMS requires under fixed
/// names.
pub fn roles(pipeline: &Pipeline, own: &str) -> Vec<String> {
    let mut roles = vec![format!("arn:*:iam::*:role/{own}")];
    if pipeline.stacks.iter().any(|stack| stack.owner == crate::pipelines::Owner::Account) {
        roles.extend(DMS_ROLES.map(|role| format!("arn:*:iam::*:role/{role}")));
    }
    roles
}

/// Roles that DMS requires under these names, once per account.
const DMS_ROLES: [&str; 2] = ["dms-vpc-role", "dms-cloudwatch-logs-role"];
