//! The least policy with which a principal can deploy a pipeline, update it and delete it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::permissions::actions;
use crate::pipelines::{Owner, Pipeline};

/// Roles that DMS wants under these names, once in an account.
const DMS_ROLES: [&str; 2] = ["dms-vpc-role", "dms-cloudwatch-logs-role"];

/// Services for which AWS makes a role of its own at the first use.
const LINKED: &[(&str, &str)] = &[
    ("database", "rds.amazonaws.com"),
    ("api", "ops.apigateway.amazonaws.com"),
    ("functions", "ops.apigateway.amazonaws.com"),
    ("people", "ops.apigateway.amazonaws.com"),
    ("tables", "kinesisreplication.dynamodb.amazonaws.com"),
];

/// Returns the policy as a document for IAM. Stacks and IAM roles are named by their beginning; the other resources are
/// not, because CloudFormation chooses their names, and many of the actions take no resource.
pub fn document(pipeline: &Pipeline, stage: &str) -> Value {
    let names: BTreeSet<_> = pipeline.stacks.iter().map(|stack| stack.full_name(pipeline, stage)).collect();
    let stacks: Vec<_> = names.iter().map(|name| format!("arn:*:cloudformation:*:*:stack/{name}/*")).collect();
    let own = format!("{}-*", pipeline.name_prefix(stage));
    let mut roles = vec![format!("arn:*:iam::*:role/{own}"), format!("arn:*:iam::*:policy/{own}")];
    if pipeline.stacks.iter().any(|stack| stack.owner == Owner::Account) {
        roles.extend(DMS_ROLES.map(|role| format!("arn:*:iam::*:role/{role}")));
    }
    let linked: BTreeSet<_> =
        LINKED.iter().filter(|(stack, _)| pipeline.stack(stack).is_some()).map(|(_, service)| *service).collect();
    let all = actions(pipeline);
    let of = |wanted: &dyn Fn(&str) -> bool| all.iter().copied().filter(|action| wanted(action)).collect::<Vec<_>>();
    let is_linked = |action: &str| action == "iam:CreateServiceLinkedRole";
    let is_iam = |action: &str| action.starts_with("iam:") && action != "iam:ListRoles" && !is_linked(action);
    let is_stack = |action: &str| action.starts_with("cloudformation:");
    json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Sid": "Stacks", "Effect": "Allow", "Action": of(&is_stack), "Resource": stacks },
            { "Sid": "Roles", "Effect": "Allow", "Action": of(&is_iam), "Resource": roles },
            {
                "Sid": "ServiceLinkedRoles", "Effect": "Allow", "Action": "iam:CreateServiceLinkedRole", "Resource": "*",
                "Condition": { "StringEquals": { "iam:AWSServiceName": linked } },
            },
            {
                "Sid": "Resources", "Effect": "Allow", "Resource": "*",
                "Action": of(&|action| !is_stack(action) && !is_iam(action) && !is_linked(action)),
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;

    #[test]
    fn every_action_is_in_exactly_one_statement_and_the_policy_fits_into_iam() {
        for pipeline in pipelines::ALL {
            let document = document(pipeline, "dev");
            let statements = document["Statement"].as_array().unwrap();
            let mut granted: Vec<_> = statements
                .iter()
                .filter(|statement| statement["Sid"] != "ServiceLinkedRoles")
                .flat_map(|statement| statement["Action"].as_array().unwrap())
                .map(|action| action.as_str().unwrap().to_owned())
                .collect();
            granted.push("iam:CreateServiceLinkedRole".to_owned());
            granted.sort();
            let mut needed: Vec<_> = actions(pipeline).into_iter().map(str::to_owned).collect();
            needed.push("iam:CreateServiceLinkedRole".to_owned());
            needed.sort();
            needed.dedup();
            assert_eq!(granted, needed, "{}", pipeline.name);
            // An inline policy of a role has 10,240 characters, without spaces (IAM quotas).
            assert!(document.to_string().len() < 10_240, "{}: {}", pipeline.name, document.to_string().len());
        }
    }
}
