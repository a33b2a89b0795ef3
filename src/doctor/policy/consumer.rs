//! The policies with which another account receives the events of a pipeline: of the consumer's roles, and of the bus, the
//! stream and its key.

use serde_json::{Value, json};

use super::generated;
use crate::aws::arn::partition;
use crate::pipelines::{Given, Home, Output, Part, Pipeline};
use crate::settings::{Existing, ExistingKey};

/// Placeholders for names of the consumer's account, and for the key of the stream.
const ROLE: &str = "ROLE";
const BUS: &str = "BUS";
const KEY: &str = "KEY_ARN";

/// Calls of an account with rules of its own on the bus, as in `templates/bus.yaml`.
const ON_RULES: &[&str] = &[
    "events:DeleteRule",
    "events:DescribeRule",
    "events:DisableRule",
    "events:EnableRule",
    "events:ListTagsForResource",
    "events:ListTargetsByRule",
    "events:PutRule",
    "events:PutTargets",
    "events:RemoveTargets",
    "events:TagResource",
    "events:UntagResource",
];

/// Calls that read a stream, as in `templates/stream.yaml`.
const ON_STREAM: &[&str] = &[
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
];

/// What the consumer reads.
pub struct Supplied<'a> {
    pub pipeline: &'a Pipeline,
    pub stage: &'a str,
    pub existing: &'a Existing,
    /// Region and account of the pipeline, or placeholders.
    pub home: Home<'a>,
    /// KMS key of the stream, if one is set.
    pub key: Option<&'a str>,
}

/// Returns the policies for a consumer in this account. `resource_policy` is null where a parameter of the deploy sets it.
pub fn consumer(of: &Supplied<'_>, account: &str) -> Value {
    let mut document = json!({ "account": account });
    let is_given = if of.pipeline.has(Part::Bus) {
        of_bus(&mut document, of, account);
        of.existing.has(ExistingKey::Bus)
    } else {
        of_stream(&mut document, of, account);
        of.existing.has(ExistingKey::Stream)
    };
    document["parameter"] = Value::Null;
    if !is_given {
        document["resource_policy"] = Value::Null;
        document["parameter"] = format!("ConsumerAccountId={account}").into();
    }
    document
}

fn policy(statements: Vec<Value>) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Adds the policies for rules of the consumer's own on the bus.
fn of_bus(document: &mut Value, of: &Supplied<'_>, account: &str) {
    let Home { region, account: own } = of.home;
    let (partition, prefix) = (partition(region), of.pipeline.name_prefix(of.stage));
    let given = Given::new(of.existing, of.home);
    let bus = given.value(Output::BusName).unwrap_or(&prefix);
    let rules = format!("arn:{partition}:events:{region}:{own}:rule/{bus}/*");
    document["consumer_policy"] = policy(vec![
        json!({ "Sid": "Rules", "Effect": "Allow", "Action": ON_RULES, "Resource": rules }),
        json!({
            "Sid": "TargetRole", "Effect": "Allow", "Action": "iam:PassRole",
            "Resource": format!("arn:{partition}:iam::{account}:role/{ROLE}"),
            "Condition": { "StringEquals": { "iam:PassedToService": "events.amazonaws.com" } },
        }),
    ]);
    // The role that delivers to the target of the rule.
    document["target_role"] = json!({
        "trust_policy": policy(vec![json!({
            "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" }, "Action": "sts:AssumeRole",
        })]),
        "policy": policy(vec![json!({
            "Effect": "Allow", "Action": "events:PutEvents",
            "Resource": format!("arn:{partition}:events:{region}:{account}:event-bus/{BUS}"),
        })]),
    });
    document["resource_policy"] = json!({
        "Sid": "ConsumerAccount", "Effect": "Allow",
        "Principal": { "AWS": format!("arn:{partition}:iam::{account}:root") }, "Action": ON_RULES, "Resource": rules,
        "Condition": { "StringEqualsIfExists": { "events:creatorAccount": "${aws:PrincipalAccount}" } },
    });
}

/// Adds the policies for reading the stream and using its key.
fn of_stream(document: &mut Value, of: &Supplied<'_>, account: &str) {
    let Home { region, account: own } = of.home;
    let (partition, prefix) = (partition(region), of.pipeline.name_prefix(of.stage));
    let given = Given::new(of.existing, of.home);
    // CloudFormation generates the name of a stream of its own.
    let own_stream = format!("arn:{partition}:kinesis:{region}:{own}:stream/{}", generated(&prefix));
    let stream = given.value(Output::StreamArn).unwrap_or(&own_stream);
    let root = format!("arn:{partition}:iam::{account}:root");
    let through = json!({ "kms:ViaService": format!("kinesis.{region}.amazonaws.com") });
    document["consumer_policy"] = policy(vec![
        json!({ "Sid": "Stream", "Effect": "Allow", "Action": ON_STREAM, "Resource": stream }),
        json!({
            "Sid": "Key", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": of.key.unwrap_or(KEY),
            "Condition": { "StringEquals": through },
        }),
    ]);
    document["resource_policy"] = json!({
        "Sid": "ConsumerAccount", "Effect": "Allow", "Principal": { "AWS": root }, "Action": ON_STREAM,
        "Resource": stream,
    });
    let mut here = through.clone();
    here["kms:CallerAccount"] = own.into();
    // In the policy of a key, `*` is the key.
    document["key_policy"] = policy(vec![
        json!({
            "Sid": "Administration", "Effect": "Allow",
            "Principal": { "AWS": format!("arn:{partition}:iam::{own}:root") }, "Action": "kms:*", "Resource": "*",
        }),
        json!({
            "Sid": "KinesisInThisAccount", "Effect": "Allow", "Principal": { "AWS": "*" },
            "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], "Resource": "*",
            "Condition": { "StringEquals": here },
        }),
        json!({
            "Sid": "ConsumerAccount", "Effect": "Allow", "Principal": { "AWS": root }, "Action": "kms:Decrypt",
            "Resource": "*", "Condition": { "StringEquals": through },
        }),
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::find;

    fn printed(pipeline: &str, existing: &Existing) -> Value {
        let home = Home { region: "eu-west-1", account: "111122223333" };
        let pipeline = find(pipeline).expect("a pipeline");
        consumer(&Supplied { pipeline, stage: "prod", existing, home, key: None }, "444455556666")
    }

    /// Returns the actions of the first statement with this Sid in a template, or of the policy of that id.
    fn actions(template: &str, name: &str) -> Vec<String> {
        let section = template.split_once(name).expect("the statement").1;
        let section = section.split_once("Action:\n").expect("actions").1;
        let lines = section.lines().map(str::trim).take_while(|line| line.starts_with("- "));
        lines.map(|line| line.trim_start_matches("- ").to_owned()).collect()
    }

    #[test]
    fn an_existing_bus_or_stream_gets_the_statement_of_the_template() {
        let bus = printed("rds-eventbridge", &[(ExistingKey::Bus, "shop")].into());
        assert_eq!(bus["resource_policy"]["Resource"], "arn:aws:events:eu-west-1:111122223333:rule/shop/*");
        assert_eq!(bus["parameter"], Value::Null);
        let template =
            |pipeline: &str, stack: &str| find(pipeline).expect("a pipeline").stack(stack).expect("a stack").template;
        assert_eq!(
            bus["resource_policy"]["Action"],
            json!(actions(template("rds-eventbridge", "bus"), "  AccountPolicy:"))
        );
        let stream = printed("rds-kinesis", &[(ExistingKey::Stream, "orders")].into());
        let statement = &stream["resource_policy"];
        assert_eq!(statement["Resource"], "arn:aws:kinesis:eu-west-1:111122223333:stream/orders");
        assert_eq!(statement["Action"], json!(actions(template("rds-kinesis", "stream"), "  ConsumerPolicy:")));
    }

    #[test]
    fn a_bus_or_stream_of_its_own_is_opened_by_a_parameter() {
        for pipeline in ["rds-eventbridge", "rds-kinesis", "dynamodb-cdc"] {
            let printed = printed(pipeline, &Existing::default());
            assert_eq!(printed["resource_policy"], Value::Null);
            assert_eq!(printed["parameter"], "ConsumerAccountId=444455556666");
            // A right in one account is of no use without the same in the other.
            assert!(printed["consumer_policy"]["Statement"].as_array().is_some_and(|all| all.len() == 2), "{printed}");
        }
        let stream = printed("rds-kinesis", &Existing::default());
        assert_eq!(
            stream["consumer_policy"]["Statement"][0]["Resource"],
            "arn:aws:kinesis:eu-west-1:111122223333:stream/outboxctl-prod-rds-kines*"
        );
        assert_eq!(stream["consumer_policy"]["Statement"][1]["Resource"], "KEY_ARN");
    }
}
