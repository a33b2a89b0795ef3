//! The statements with which a principal can deploy a pipeline, update it and delete it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::calls::{On, deploy_actions};
use super::generated;
use super::statements::{TRANSFORM, of_existing, roles, tags};
use crate::pipelines::templates::resources;
use crate::pipelines::{Owner, Pipeline};
use crate::settings::Existing;

/// Services for which AWS creates a service-linked role at the first use.
const LINKED: &[(&str, &str)] = &[
    ("database", "rds.amazonaws.com"),
    ("api", "ops.apigateway.amazonaws.com"),
    ("functions", "ops.apigateway.amazonaws.com"),
    ("people", "ops.apigateway.amazonaws.com"),
    ("tables", "kinesisreplication.dynamodb.amazonaws.com"),
];

/// Returns the statements that follow from the templates. Stacks, IAM roles, buckets, functions and secrets are limited by their
/// names; the other resources are not, because CloudFormation chooses their names, and many of the actions take no resource.
pub fn statements(pipeline: &Pipeline, stage: &str, existing: &Existing) -> Vec<Value> {
    let prefix = pipeline.name_prefix(stage);
    let own = generated(&format!("{prefix}-"));
    let mut iam = roles(pipeline, &own);
    iam.push(format!("arn:*:iam::*:policy/{own}"));
    let linked: BTreeSet<_> =
        LINKED.iter().filter(|(stack, _)| pipeline.stack(stack).is_some()).map(|(_, service)| *service).collect();
    let mut stacks = vec![format!("arn:*:cloudformation:*:*:stack/{prefix}-*/*"), TRANSFORM.to_owned()];
    if pipeline.stacks.iter().any(|stack| stack.owner == Owner::Account) {
        stacks.push("arn:*:cloudformation:*:*:stack/outboxctl-account/*".to_owned());
    }
    let all = deploy_actions(pipeline);
    let of = |wanted| all.iter().copied().filter(|action| Kind::of(action) == wanted).collect::<Vec<_>>();
    let allow = |sid: &str, kind, resource: Value| json!({ "Sid": sid, "Effect": "Allow", "Action": of(kind), "Resource": resource });
    let mut statements = vec![
        allow("ManageStacks", Kind::Stack, json!(stacks)),
        allow("ManageRoles", Kind::Role, json!(iam)),
        json!({
            "Sid": "ServiceLinkedRoles", "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*",
            "Condition": { "StringEquals": { "iam:AWSServiceName": linked } },
        }),
        allow("ManageBuckets", Kind::Bucket, json!(format!("arn:*:s3:::{own}"))),
        allow("ManageFunctions", Kind::Function, json!(format!("arn:*:lambda:*:*:function:{own}"))),
        allow("ManageResources", Kind::Other, json!("*")),
    ];
    let theirs = of_existing(On::Tagged, existing);
    let own = secrets(pipeline);
    if !theirs.is_empty() {
        // `deploy` checks the members of the secret, and DMS describes it with the caller's rights.
        let actions = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"];
        statements.push(json!({ "Sid": "ExistingSecret", "Effect": "Allow", "Action": actions, "Resource": theirs }));
    } else if !own.is_empty() {
        let mut manage = allow("ManageSecrets", Kind::Secret, json!(own));
        // A secret that does not exist yet or any more has no tags.
        manage["Condition"] = json!({ "StringEqualsIfExists": tags(pipeline, stage) });
        statements.push(manage);
    }
    statements
}

/// Returns patterns for the ARNs of the secrets in the templates. CloudFormation generates the name of a secret from its logical
/// ID, without the stack's name (AWS Secrets Manager User Guide, "Create an AWS Secrets Manager secret with CloudFormation").
fn secrets(pipeline: &Pipeline) -> BTreeSet<String> {
    // The templates are valid: tests read them.
    let all = pipeline.stacks.iter().flat_map(|stack| resources(stack.template).unwrap_or_default());
    let secrets = all.filter(|(_, kind)| kind == "AWS::SecretsManager::Secret");
    secrets.map(|(logical_id, _)| format!("arn:*:secretsmanager:*:*:secret:{logical_id}-*")).collect()
}

/// The resources that an action is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stack,
    Role,
    LinkedRole,
    /// A bucket, or an object in it.
    Bucket,
    Function,
    Secret,
    Other,
}

impl Kind {
    fn of(action: &str) -> Self {
        match action.split_once(':').unwrap_or_default() {
            ("cloudformation", _) => Self::Stack,
            ("iam", "ListRoles") => Self::Other,
            ("iam", "CreateServiceLinkedRole") => Self::LinkedRole,
            ("iam", _) => Self::Role,
            ("s3", _) => Self::Bucket,
            ("lambda", "AddPermission" | "RemovePermission" | "GetPolicy") => Self::Function,
            ("lambda", name) if name.contains("Function") => Self::Function,
            // It has no resource.
            ("secretsmanager", "GetRandomPassword") => Self::Other,
            ("secretsmanager", _) => Self::Secret,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value;

    use super::*;
    use crate::doctor::policy::{Role, document};
    use crate::pipelines;
    use crate::settings::ExistingKey;

    /// Returns each action with the resources on which it is allowed.
    fn granted(document: &Value) -> BTreeMap<String, Vec<Value>> {
        let mut granted: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for statement in document["Statement"].as_array().unwrap() {
            let actions = match &statement["Action"] {
                Value::Array(actions) => actions.clone(),
                one => vec![one.clone()],
            };
            for action in actions {
                granted.entry(action.as_str().unwrap().to_owned()).or_default().push(statement["Resource"].clone());
            }
        }
        granted
    }

    #[test]
    fn the_deployer_has_every_action_of_the_templates_and_the_policies_fit_into_iam() {
        for pipeline in pipelines::ALL {
            let policy = document(Role::Deployer, pipeline, "dev", &Existing::default());
            let granted = granted(&policy);
            for action in deploy_actions(pipeline) {
                assert!(granted.contains_key(action), "{}: {action}", pipeline.name);
            }
            // Further calls of `doctor` and `destroy`.
            for action in ["servicequotas:GetServiceQuota", "cloudformation:GetResource", "cloudwatch:DescribeAlarms"] {
                assert!(granted.contains_key(action), "{}: {action}", pipeline.name);
            }
            for role in Role::ALL {
                // The longest name of a stage.
                let length = document(role, pipeline, &"s".repeat(20), &Existing::default()).to_string().len();
                // The inline policies of a role have 10,240 characters, without spaces (IAM quotas).
                assert!(length <= 10_240, "{} {role:?}: {length}", pipeline.name);
            }
        }
    }

    #[test]
    fn the_deployer_reads_and_runs_nothing_of_others() {
        for pipeline in pipelines::ALL {
            let granted = granted(&document(Role::Deployer, pipeline, "prod", &Existing::default()));
            for action in ["s3:GetObject", "s3:DeleteObject", "s3:PutBucketPolicy", "lambda:UpdateFunctionCode"] {
                let resources = &granted[action];
                let own = format!(":outboxctl-prod-{}", &pipeline.name[..8]);
                assert!(resources.iter().all(|one| one.to_string().contains(&own)), "{action}: {resources:?}");
            }
        }
    }

    #[test]
    fn the_deployer_manages_the_secrets_of_the_stage_or_reads_the_existing_one() {
        let existing: Existing = [(ExistingKey::DatabaseSecret, "rds!db-1")].into();
        for pipeline in pipelines::ALL.iter().filter(|pipeline| pipeline.stack("database").is_some()) {
            let of = |existing| {
                let policy = document(Role::Deployer, pipeline, "prod", existing);
                let statements = policy["Statement"].as_array().unwrap().iter().filter(|statement| {
                    let mut actions = statement["Action"].as_array().into_iter().flatten();
                    actions.any(|action| action.as_str().unwrap().ends_with(":GetSecretValue"))
                });
                statements.cloned().collect::<Vec<_>>()
            };
            let (own, theirs) = (of(&Existing::default()), of(&existing));
            let ([own], [theirs]) = (&own[..], &theirs[..]) else { panic!("{own:?}, {theirs:?}") };
            assert_eq!(own["Resource"], json!(["arn:*:secretsmanager:*:*:secret:Secret-*"]));
            let tag = &own["Condition"]["StringEqualsIfExists"]["aws:ResourceTag/outboxctl:stage"];
            assert_eq!(tag, "prod", "{own}");
            assert_eq!(theirs["Resource"], json!(["arn:*:secretsmanager:*:*:secret:rds!db-1-??????"]));
            assert_eq!(theirs["Action"].as_array().unwrap().len(), 2, "{theirs}");
        }
    }

    #[test]
    fn deploys_and_previews_may_use_the_macros_of_the_templates() {
        for pipeline in pipelines::ALL {
            let of = |role| {
                let mut granted = granted(&document(role, pipeline, "dev", &Existing::default()));
                granted.remove("cloudformation:CreateChangeSet").unwrap()
            };
            let (resources, previewed) = (of(Role::Deployer), of(Role::Preview));
            for stack in pipeline.stacks {
                let transforms = stack.template.lines().filter_map(|line| line.strip_prefix("Transform: AWS::"));
                for name in transforms {
                    let arn = format!("arn:*:cloudformation:*:aws:transform/{name}");
                    let has = |resources: &[Value]| {
                        resources.iter().any(|list| list.as_array().unwrap().contains(&json!(arn)))
                    };
                    assert!(has(&resources) && has(&previewed), "{}: {}: {arn}", pipeline.name, stack.name);
                }
            }
        }
    }

    #[test]
    fn roles_have_what_the_roles_below_them_have() {
        for pipeline in pipelines::ALL {
            let of = |role| granted(&document(role, pipeline, "dev", &Existing::default()));
            let (operator, reader) = (of(Role::Operator), of(Role::ReadOnly));
            assert!(reader.keys().all(|action| operator.contains_key(action)), "{}", pipeline.name);
            assert!(operator.len() > reader.len(), "{}", pipeline.name);
        }
    }

    #[test]
    fn the_reader_changes_nothing() {
        // Kinesis decrypts what is read with the reader's right to the key.
        const READS: &[&str] = &["Decrypt", "Describe", "Filter", "Get", "List", "Query", "Scan", "Simulate"];
        for pipeline in pipelines::ALL {
            for action in granted(&document(Role::ReadOnly, pipeline, "dev", &Existing::default())).into_keys() {
                let verb = action.split_once(':').unwrap().1;
                assert!(READS.iter().any(|read| verb.starts_with(read)), "{}: {action}", pipeline.name);
                assert_ne!(action, "secretsmanager:GetSecretValue");
            }
        }
    }

    #[test]
    fn a_preview_reads_no_events_and_executes_nothing() {
        let actions = |name: &str| {
            let pipeline = pipelines::find(name).unwrap();
            granted(&document(Role::Preview, pipeline, "dev", &Existing::default())).into_keys().collect::<Vec<_>>()
        };
        let expected = [
            "cloudformation:CreateChangeSet",
            "cloudformation:DeleteChangeSet",
            "cloudformation:DescribeChangeSet",
            "cloudformation:DescribeStacks",
            "cloudformation:GetTemplate",
            "cloudformation:ListChangeSets",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "iam:GetRole",
            "kinesis:DescribeStreamSummary",
            "lambda:GetAccountSettings",
        ];
        assert_eq!(actions("rds-eventbridge"), expected);
        assert_eq!(
            actions("dynamodb-cdc"),
            expected.iter().copied().filter(|one| !one.starts_with("kinesis:")).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_operator_acts_on_the_stage_alone() {
        let policy =
            document(Role::Operator, pipelines::find("rds-eventbridge").unwrap(), "prod", &Existing::default());
        for (action, resources) in granted(&policy) {
            let is_read =
                ["Describe", "Get", "List"].iter().any(|read| action.split_once(':').unwrap().1.starts_with(read));
            let is_anything = resources.iter().any(|resource| resource == "*");
            let tagged = ["dms:StartReplicationTask", "dms:StopReplicationTask", "dms:TestConnection"];
            let exempt = tagged.contains(&action.as_str()) || action == "execute-api:Invoke";
            assert!(is_read || !is_anything || exempt, "{action}");
        }
        let text = policy.to_string();
        assert!(text.contains("function:outboxctl-prod-rds-event*"), "{text}");
        assert!(text.contains(r#""aws:ResourceTag/outboxctl:stage":"prod""#), "{text}");
    }
}
