//! Resources that outboxctl did not create: the outputs that they stand for, and the stacks that they replace. Pure.

use std::collections::BTreeMap;

use super::{AURORA, Output, POSTGRES, Pipeline, Stack};
use crate::aws::arn::{Arn, partition};
use crate::settings::{Existing, ExistingKey};

/// Outputs that no other stack needs: a stack whose other outputs are given is replaced.
const OPTIONAL: &[Output] = &[
    Output::ConsumerSecurityGroupId,
    Output::DatabaseCluster,
    Output::DatabaseEngine,
    Output::DatabaseIdentifier,
    Output::DatabaseReaderEndpoint,
    Output::DatabaseRouteTableId,
    Output::UnloggedQueue,
];

/// Outputs that only the stack of a database needs, and that do not matter with an existing one.
const OF_OWN_DATABASE: &[Output] = &[Output::DatabaseSecurityGroupId, Output::DatabaseSubnetIds];

/// Stacks that create the missing resources if only a part of theirs is given, with those outputs; None for all.
const PARTIAL: &[(&str, Option<&[Output]>)] = &[("bus", None), ("dms", None), ("network", Some(GROUPS))];

/// Security groups, which the stack of the network creates in an existing VPC.
const GROUPS: &[Output] =
    &[Output::FunctionSecurityGroupId, Output::DmsSecurityGroupId, Output::DatabaseSecurityGroupId];

/// Parameters of the network that have no effect in an existing VPC.
const OF_OWN_NETWORK: &[&str] = &["VpcCidr", "SubnetBits", "FirstZone", "SecondZone"];

/// Engines of DMS that the capture supports as a source, the values of `database.engine`.
pub const ENGINES: &[&str] = &[POSTGRES, AURORA];

/// The port of PostgreSQL, where none is given.
const PORT: &str = "5432";

/// The account and region of a deployment, for the ARNs of resources that are given by name.
#[derive(Debug, Clone, Copy)]
pub struct Home<'a> {
    pub region: &'a str,
    /// Twelve digits.
    pub account: &'a str,
}

/// The outputs that existing resources stand for.
#[derive(Debug, Clone, Default)]
pub struct Given {
    existing: Existing,
    outputs: BTreeMap<Output, String>,
}

/// A value of `[existing]` that can't be used, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    pub key: ExistingKey,
    pub text: String,
    pub remedy: String,
}

/// Returns the outputs that a key stands for.
const fn outputs(key: ExistingKey) -> &'static [Output] {
    match key {
        ExistingKey::Stream => &[Output::StreamName, Output::StreamArn],
        ExistingKey::Bus => &[Output::BusName, Output::BusArn],
        ExistingKey::EventLogGroup => &[Output::EventLogGroup],
        ExistingKey::ReplicationInstance => &[Output::ReplicationInstanceArn],
        ExistingKey::Task => &[Output::TaskArn],
        ExistingKey::VpcId => &[Output::VpcId],
        ExistingKey::PrivateSubnets => &[Output::PrivateSubnetIds],
        ExistingKey::DatabaseSubnets => &[Output::DatabaseSubnetIds],
        ExistingKey::FunctionSecurityGroup => &[Output::FunctionSecurityGroupId],
        ExistingKey::DmsSecurityGroup => &[Output::DmsSecurityGroupId],
        ExistingKey::DatabaseSecurityGroup => &[Output::DatabaseSecurityGroupId],
        ExistingKey::DatabaseEndpoint => &[Output::DatabaseEndpoint],
        ExistingKey::DatabasePort => &[Output::DatabasePort],
        ExistingKey::DatabaseName => &[Output::DatabaseName],
        ExistingKey::DatabaseSecret => &[Output::DatabaseSecretArn],
        ExistingKey::DatabaseResourceId => &[Output::DatabaseResourceId],
        ExistingKey::DatabaseIdentifier => &[Output::DatabaseIdentifier],
        ExistingKey::DatabaseCluster => &[Output::DatabaseCluster],
        ExistingKey::DatabaseEngine => &[Output::DatabaseEngine],
        // No output: deploy reads it.
        ExistingKey::DatabaseCertificate => &[],
    }
}

/// Outputs that DMS names for an existing task.
const OF_TASK: &[Output] = &[
    Output::TaskId,
    Output::SourceEndpointArn,
    Output::TargetEndpointArn,
    Output::ReplicationInstanceArn,
    Output::OutboxLayout,
];

/// An existing task, as DMS describes it.
#[derive(Debug, Clone)]
pub struct GivenTask {
    pub id: String,
    pub source_endpoint: String,
    pub target_endpoint: String,
    pub instance: String,
}

/// Returns service and resource type of the ARN that a key may have in place of a name.
const fn arn_of(key: ExistingKey) -> Option<(&'static str, &'static str)> {
    match key {
        ExistingKey::Stream => Some(("kinesis", "stream")),
        ExistingKey::Bus => Some(("events", "event-bus")),
        ExistingKey::ReplicationInstance => Some(("dms", "rep")),
        ExistingKey::Task => Some(("dms", "task")),
        ExistingKey::DatabaseSecret => Some(("secretsmanager", "secret")),
        _ => None,
    }
}

/// Returns whether a key needs an ARN: the name alone does not identify the resource.
const fn needs_arn(key: ExistingKey) -> bool {
    matches!(key, ExistingKey::ReplicationInstance | ExistingKey::Task | ExistingKey::DatabaseSecret)
}

impl Given {
    /// Returns the outputs of these resources, in this account and region.
    pub fn new(existing: &Existing, home: Home<'_>) -> Self {
        let mut found = BTreeMap::new();
        for (key, value) in existing.iter() {
            let (name, arn) = name_and_arn(key, value, home);
            for output in outputs(key) {
                let is_arn = output.name().ends_with("Arn");
                found.insert(*output, if is_arn { arn.clone() } else { name.to_owned() });
            }
        }
        if existing.get(ExistingKey::DatabaseEndpoint).is_some() {
            found.entry(Output::DatabasePort).or_insert_with(|| PORT.to_owned());
            found.entry(Output::DatabaseEngine).or_insert_with(|| POSTGRES.to_owned());
        }
        Self { existing: existing.clone(), outputs: found }
    }

    /// Sets the outputs that the existing task stands for.
    #[must_use]
    pub fn with_task(mut self, task: GivenTask) -> Self {
        let GivenTask { id, source_endpoint, target_endpoint, instance } = task;
        for (output, value) in [
            (Output::TaskId, id),
            (Output::SourceEndpointArn, source_endpoint),
            (Output::TargetEndpointArn, target_endpoint),
            (Output::ReplicationInstanceArn, instance),
        ] {
            self.outputs.insert(output, value);
        }
        self
    }

    /// Returns the value of an output; None if no existing resource stands for it.
    pub fn value(&self, output: Output) -> Option<&str> {
        self.outputs.get(&output).map(String::as_str)
    }

    /// Returns all outputs with their values.
    pub fn outputs(&self) -> impl Iterator<Item = (Output, &str)> {
        self.outputs.iter().map(|(output, value)| (*output, value.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }

    /// Returns whether existing resources replace the stack: it is neither created, updated nor deleted.
    pub fn replaces(&self, stack: &Stack) -> bool {
        replaces(&self.existing, stack)
    }

    /// Returns the values of the file.
    pub fn existing(&self) -> &Existing {
        &self.existing
    }
}

/// Returns whether these resources replace the stack: each output that others need is one of theirs.
pub fn replaces(existing: &Existing, stack: &Stack) -> bool {
    let missing = missing_outputs(existing, stack);
    missing.is_empty() && declared(stack).any(|output| is_given(existing, output))
}

/// Returns whether an existing resource stands for the output.
fn is_given(existing: &Existing, output: Output) -> bool {
    let database = existing.get(ExistingKey::DatabaseEndpoint).is_some();
    let task = existing.get(ExistingKey::Task).is_some();
    existing.iter().any(|(key, _)| outputs(key).contains(&output))
        || (output == Output::DatabasePort && database)
        || (task && OF_TASK.contains(&output))
}

/// Returns the outputs of a stack that others need and that no existing resource stands for.
fn missing_outputs(existing: &Existing, stack: &Stack) -> Vec<Output> {
    let database = existing.get(ExistingKey::DatabaseEndpoint).is_some();
    let needed = declared(stack).filter(|output| !OPTIONAL.contains(output));
    let needed = needed.filter(|output| !database || !OF_OWN_DATABASE.contains(output));
    needed.filter(|output| !is_given(existing, *output)).collect()
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
        found.push(Objection { key, text, remedy: format!("set {} too, or remove {}", names.join(", "), key.name()) });
    }
    if existing.get(ExistingKey::Task).is_some() && existing.get(ExistingKey::Stream).is_none() {
        found.push(Objection {
            key: ExistingKey::Task,
            text: "an existing task writes to a stream that exists already, and `stream` is not set".to_owned(),
            remedy: "set stream to the one that the task writes, or remove task".to_owned(),
        });
    }
    if existing.get(ExistingKey::DatabaseEndpoint).is_some() && existing.get(ExistingKey::VpcId).is_none() {
        found.push(Objection {
            key: ExistingKey::DatabaseEndpoint,
            text: "DMS and the functions must reach the database, which is in a network of its own".to_owned(),
            remedy: "set network.vpc and network.private_subnets to a network from which the database can be reached"
                .to_owned(),
        });
    }
    found
}

/// Returns whether the stack creates the output where other outputs of it are given.
fn is_created(stack: &Stack, output: Output) -> bool {
    let partial = PARTIAL.iter().find(|(name, _)| *name == stack.name);
    partial.is_some_and(|(_, created)| created.is_none_or(|created| created.contains(&output)))
}

/// Returns the parameters of stacks that are not replaced, but have no effect with these resources.
pub fn idle_parameters(existing: &Existing) -> &'static [&'static str] {
    if existing.get(ExistingKey::VpcId).is_some() { OF_OWN_NETWORK } else { &[] }
}

/// Returns the outputs that the stack's template declares.
fn declared(stack: &Stack) -> impl Iterator<Item = Output> {
    let section = stack.template.split_once("\nOutputs:\n").map_or("", |(_, section)| section);
    let names = section.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    names.filter_map(Output::named)
}

/// Returns the values that this pipeline can't use, in this account and region; empty if all can be used. Whether the
/// resources exist is not checked here.
pub fn objections(pipeline: &Pipeline, existing: &Existing, home: Home<'_>) -> Vec<Objection> {
    let mut found = Vec::new();
    for (key, value) in existing.iter() {
        let object = |text: String, remedy: &str| Objection { key, text, remedy: remedy.to_owned() };
        let has = |output: &Output| pipeline.stacks.iter().any(|stack| declared(stack).any(|one| one == *output));
        let used = match outputs(key) {
            [] => has(&Output::DatabaseEndpoint),
            outputs => outputs.iter().any(has),
        };
        if !used {
            found.push(object(format!("{} has no resource of this kind", pipeline.name), "remove the key"));
            continue;
        }
        // Secrets Manager finds a secret by its name, too; a deploy needs its ARN, and the endpoint.
        let by_name = key == ExistingKey::DatabaseSecret
            && existing.get(ExistingKey::DatabaseEndpoint).is_none()
            && !value.starts_with("arn:");
        if by_name {
            continue;
        }
        if let Some(text) = wrong_arn(key, value, home) {
            found.push(object(text, "give the name, or the ARN, of a resource in the deployment's account and region"));
        }
        if key == ExistingKey::DatabaseEngine && !ENGINES.contains(&value) {
            let text = format!("{value:?} is not an engine of DMS that is supported");
            found.push(object(text, &format!("set it to {}", ENGINES.join(" or "))));
        }
        if key == ExistingKey::EventLogGroup && existing.get(ExistingKey::Bus).is_none() {
            let remedy = "set `bus` to the bus whose events it has, or remove the key";
            found.push(object("a log group is the log of an existing bus, and `bus` is not set".to_owned(), remedy));
        }
    }
    found
}

/// Returns name and ARN of a resource that is given by either.
fn name_and_arn<'a>(key: ExistingKey, value: &'a str, home: Home<'_>) -> (&'a str, String) {
    let Some((service, kind)) = arn_of(key) else { return (value, value.to_owned()) };
    match Arn::parse(value) {
        Some(Arn { resource: rest, .. }) => {
            (rest.split_once(['/', ':']).map_or(rest, |(_, name)| name), value.to_owned())
        }
        // The ARN of a secret has a random suffix.
        None if needs_arn(key) => (value, value.to_owned()),
        None => {
            let Home { region, account } = home;
            (value, format!("arn:{}:{service}:{region}:{account}:{kind}/{value}", partition(region)))
        }
    }
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
    use crate::pipelines::{ALL, find};

    const HOME: Home<'_> = Home { region: "eu-west-1", account: "111122223333" };

    fn replaced(pipeline: &str, existing: &Existing) -> Vec<&'static str> {
        let stacks = find(pipeline).expect("a pipeline").stacks.iter();
        stacks.filter(|stack| replaces(existing, stack)).map(|stack| stack.name).collect()
    }

    #[test]
    fn a_stack_is_replaced_once_all_that_others_need_of_it_is_given() {
        assert_eq!(replaced("rds-eventbridge", &Existing::default()), [""; 0]);
        assert_eq!(replaced("rds-eventbridge", &[(Stream, "orders")].into()), ["stream"]);
        assert_eq!(replaced("rds-eventbridge", &[(Bus, "shop")].into()), [""; 0], "its log is missing");
        let both = [(Bus, "shop"), (EventLogGroup, "/aws/events/shop")].into();
        assert_eq!(replaced("dynamodb-eventbridge", &both), ["bus"]);
    }

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
    fn optional_outputs_are_used_by_no_stack() {
        let used = ALL.iter().flat_map(|pipeline| pipeline.stacks).flat_map(|stack| stack.parameters);
        for (name, source) in used {
            let optional = matches!(source, crate::pipelines::Source::Output(output) if OPTIONAL.contains(output));
            assert!(!optional, "{name}");
        }
    }

    #[test]
    fn a_resource_is_given_by_its_name_or_its_arn() {
        let arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders";
        for value in ["orders", arn] {
            let given = Given::new(&[(Stream, value)].into(), HOME);
            assert_eq!((given.value(Output::StreamName), given.value(Output::StreamArn)), (Some("orders"), Some(arn)));
        }
        let china = Given::new(&[(Bus, "shop")].into(), Home { region: "cn-north-1", ..HOME });
        assert_eq!(china.value(Output::BusArn), Some("arn:aws-cn:events:cn-north-1:111122223333:event-bus/shop"));
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
