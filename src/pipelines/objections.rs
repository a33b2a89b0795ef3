//! Values of `[existing]` that a pipeline can't use, and keys that are missing for a deploy. Pure.

use super::existing::{Home, arn_of, declared, missing_outputs, needs_arn, outputs};
use super::{AURORA, Output, POSTGRES, Pipeline, Stack};
use crate::aws::arn::Arn;
use crate::settings::{Existing, ExistingKey};

/// Stacks that create the missing resources if only a part of theirs is given, with those outputs; None for all.
const PARTIAL: &[(&str, Option<&[Output]>)] = &[("bus", None), ("dms", None), ("network", Some(GROUPS))];

/// Security groups, which the stack of the network creates in an existing VPC.
const GROUPS: &[Output] =
    &[Output::FunctionSecurityGroupId, Output::DmsSecurityGroupId, Output::DatabaseSecurityGroupId];

/// Engines of DMS that the capture supports as a source, the values of `database.engine`.
pub const ENGINES: &[&str] = &[POSTGRES, AURORA];

/// A value of `[existing]` that can't be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    pub key: ExistingKey,
    pub text: String,
    pub remedy: String,
}

impl Objection {
    fn new(key: ExistingKey, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { key, text: text.into(), remedy: remedy.into() }
    }
}

/// Returns the keys that are missing for a deploy: of stacks of which only a part is given. Tools that only follow events
/// do not need them.
pub fn incomplete(pipeline: &Pipeline, existing: &Existing) -> Vec<Objection> {
    let mut found = Vec::new();
    for stack in pipeline.stacks {
        let first = existing.iter().find(|(key, _)| declared(stack).any(|output| outputs(*key).contains(&output)));
        let mut missing = missing_outputs(existing, stack);
        missing.retain(|output| !is_created(stack, *output));
        let Some((key, _)) = first.filter(|_| !missing.is_empty()) else { continue };
        let names = ExistingKey::ALL.iter().filter(|key| outputs(**key).iter().any(|output| missing.contains(output)));
        let names: Vec<_> = names.map(|key| key.name()).collect();
        let text = format!("it replaces the stack {} only together with {}", stack.name, names.join(", "));
        found.push(Objection::new(key, text, format!("set {} too, or remove {}", names.join(", "), key.name())));
    }
    if existing.has(ExistingKey::Task) && !existing.has(ExistingKey::Stream) {
        found.push(Objection::new(
            ExistingKey::Task,
            "an existing task writes to a stream that exists already, and `stream` is not set",
            "set stream to the one that the task writes, or remove task",
        ));
    }
    if existing.has(ExistingKey::DatabaseEndpoint) && !existing.has(ExistingKey::VpcId) {
        found.push(Objection::new(
            ExistingKey::DatabaseEndpoint,
            "DMS and the functions must reach the database, which is in a network of its own",
            "set network.vpc and network.private_subnets to a network from which the database can be reached",
        ));
    }
    found
}

/// Returns whether the stack creates the output where other outputs of it are given.
fn is_created(stack: &Stack, output: Output) -> bool {
    let partial = PARTIAL.iter().find(|(name, _)| *name == stack.name);
    partial.is_some_and(|(_, created)| created.is_none_or(|created| created.contains(&output)))
}

/// Returns the values that this pipeline can't use, in this account and region; empty if all can be used. Whether the
/// resources exist is not checked here.
pub fn objections(pipeline: &Pipeline, existing: &Existing, home: Home<'_>) -> Vec<Objection> {
    let mut found = Vec::new();
    for (key, value) in existing.iter() {
        let mut object = |text: String, remedy: &str| found.push(Objection::new(key, text, remedy));
        let has = |output: &Output| pipeline.stacks.iter().any(|stack| declared(stack).any(|one| one == *output));
        let used = match outputs(key) {
            [] => has(&Output::DatabaseEndpoint),
            outputs => outputs.iter().any(has),
        };
        if !used {
            object(format!("{} has no resource of this kind", pipeline.name), "remove the key");
            continue;
        }
        // Secrets Manager finds a secret by its name, too; a deploy needs its ARN, and the endpoint.
        let by_name = key == ExistingKey::DatabaseSecret
            && !existing.has(ExistingKey::DatabaseEndpoint)
            && !value.starts_with("arn:");
        if by_name {
            continue;
        }
        if let Some(text) = wrong_arn(key, value, home) {
            object(text, "give the name, or the ARN, of a resource in the deployment's account and region");
        }
        if key == ExistingKey::DatabaseEngine && !ENGINES.contains(&value) {
            let text = format!("{value:?} is not an engine of DMS that is supported");
            object(text, &format!("set it to {}", ENGINES.join(" or ")));
        }
        if key == ExistingKey::EventLogGroup && !existing.has(ExistingKey::Bus) {
            let remedy = "set `bus` to the bus whose events it has, or remove the key";
            object("a log group is the log of an existing bus, and `bus` is not set".to_owned(), remedy);
        }
    }
    found
}

/// Returns why an ARN does not name a resource of this kind, account and region.
fn wrong_arn(key: ExistingKey, value: &str, home: Home<'_>) -> Option<String> {
    let (service, kind) = arn_of(key)?;
    let Some(Arn { service: of, region, account, resource: rest, .. }) = Arn::parse(value) else {
        return (value.starts_with("arn:") || needs_arn(key)).then(|| format!("{value} is not an ARN"));
    };
    // Most types separate their name with a slash, secrets and replication instances with a colon.
    let name = rest.split_once(['/', ':']).filter(|(prefix, name)| *prefix == kind && !name.is_empty());
    if of != service || name.is_none() {
        return Some(format!("{value} is not the ARN of a {}", kind.replace('-', " ")));
    }
    if region != home.region {
        return Some(format!("{value} is in region {region}, and the deployment in {}", home.region));
    }
    (account != home.account)
        .then(|| format!("{value} is of account {account}, and the deployment of {}", home.account))
}

#[cfg(test)]
mod tests {
    use ExistingKey::{Bus, EventLogGroup, Stream};

    use super::*;
    use crate::pipelines::existing::tests::{HOME, replaced};
    use crate::pipelines::{Given, find};

    #[test]
    fn an_existing_task_replaces_the_capture_and_needs_its_stream() {
        let (task, stream) = ((ExistingKey::Task, "arn:aws:dms:eu-west-1:111122223333:task:ABC"), (Stream, "orders"));
        assert_eq!(replaced("rds-eventbridge", &[task, stream].into()), ["stream", "dms"]);
        let pipeline = find("rds-eventbridge").expect("a pipeline");
        assert!(objections(pipeline, &[task, stream].into(), HOME).is_empty());
        assert!(incomplete(pipeline, &[task, stream].into()).is_empty());
        assert!(incomplete(pipeline, &[task].into())[0].text.contains("`stream` is not set"));
        assert_eq!(objections(pipeline, &[(ExistingKey::Task, "capture")].into(), HOME).len(), 1, "not an ARN");
    }

    #[test]
    fn missing_keys_of_a_deploy_are_named() {
        use ExistingKey::{DatabaseEndpoint, DatabaseName, DatabaseResourceId, DatabaseSecret};
        use ExistingKey::{DmsSecurityGroup, FunctionSecurityGroup, PrivateSubnets, VpcId};
        let texts = |existing: &Existing| {
            let found = incomplete(find("rds-eventbridge").expect("a pipeline"), existing);
            found.into_iter().map(|one| format!("{}: {}", one.text, one.remedy)).collect::<Vec<_>>().join("; ")
        };
        let network =
            [(VpcId, "vpc-1"), (PrivateSubnets, "a,b"), (FunctionSecurityGroup, "f"), (DmsSecurityGroup, "d")];
        let alone: Existing = network.into();
        assert!(
            texts(&alone).ends_with("set network.database_subnets too, or remove network.vpc"),
            "{}",
            texts(&alone)
        );
        let [one, two, three, four] = network;
        let database =
            [(DatabaseEndpoint, "host"), (DatabaseName, "shop"), (DatabaseSecret, "arn"), (DatabaseResourceId, "db")];
        let [five, six, seven, eight] = database;
        let both: Existing = [one, two, three, four, five, six, seven, eight].into();
        assert_eq!(texts(&both), "");
        assert_eq!(replaced("rds-eventbridge", &both), ["network", "database"]);
        let without_groups: Existing = [one, two, five, six, seven, eight].into();
        assert_eq!(texts(&without_groups), "", "the stack creates them");
        assert_eq!(replaced("rds-eventbridge", &without_groups), ["database"]);
        let a_group: Existing = [three, five, six, seven, eight].into();
        assert!(texts(&a_group).contains("network.vpc, network.private_subnets"), "{}", texts(&a_group));
        let database: Existing = database.into();
        assert!(texts(&database).contains("network.vpc"), "{}", texts(&database));
        assert_eq!(texts(&[(Bus, "shop"), (Stream, "orders")].into()), "");
    }

    #[test]
    fn values_that_a_pipeline_cannot_use_are_all_named() {
        let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop-abcdef";
        let texts = |pipeline: &str, existing: Existing| {
            let found = objections(find(pipeline).expect("a pipeline"), &existing, HOME);
            found.into_iter().map(|one| one.text).collect::<Vec<_>>()
        };
        assert_eq!(texts("rds-eventbridge", [(Stream, "orders"), (Bus, "shop")].into()), [""; 0]);
        assert_eq!(texts("dynamodb-cdc", [(Stream, "orders")].into()).len(), 1, "it has no Kinesis stream");
        let elsewhere = "arn:aws:kinesis:eu-north-1:111122223333:stream/orders";
        let another = "arn:aws:events:eu-west-1:999922223333:event-bus/shop";
        let found = texts("rds-eventbridge", [(Stream, elsewhere), (Bus, another)].into());
        assert!(found[0].contains("eu-north-1") && found[1].contains("999922223333") && found.len() == 2, "{found:?}");
        for wrong in ["arn:aws:sqs:eu-west-1:111122223333:orders", "arn:nothing", "arn:aws:kinesis:eu-west-1:1:table/x"]
        {
            assert_eq!(texts("rds-kinesis", [(Stream, wrong)].into()).len(), 1, "{wrong}");
        }
        assert_eq!(texts("rds-kinesis", [(ExistingKey::DatabaseSecret, arn)].into()), [""; 0]);
        let alone: Existing = [(ExistingKey::DatabaseSecret, "shop")].into();
        assert_eq!(
            Given::new(&alone, HOME).value(Output::DatabaseSecretArn),
            Some("shop"),
            "a name, for Secrets Manager"
        );
        assert_eq!(texts("rds-kinesis", alone.clone()), [""; 0]);
        assert!(incomplete(find("rds-kinesis").expect("a pipeline"), &alone)[0].text.contains("only together with"));
        let deployed = [(ExistingKey::DatabaseSecret, "shop"), (ExistingKey::DatabaseEndpoint, "db")];
        assert_eq!(texts("rds-kinesis", deployed.into()).len(), 1, "a name, for a deploy");
        assert_eq!(texts("rds-kinesis", [(ExistingKey::DatabaseEngine, "aurora-postgresql")].into()), [""; 0]);
        assert_eq!(texts("rds-kinesis", [(ExistingKey::DatabaseEngine, "aurora")].into()).len(), 1);
        assert_eq!(texts("dynamodb-cdc", [(ExistingKey::DatabaseCertificate, "ca.pem")].into()).len(), 1);
        let alone = texts("rds-eventbridge", [(EventLogGroup, "/aws/events/shop")].into());
        assert!(alone[0].contains("`bus` is not set"), "{alone:?}");
    }
}
