//! Resources that outboxctl did not create: the outputs that they stand for, and the stacks that they replace. Pure.

use std::collections::BTreeMap;

use super::{Output, POSTGRES, Stack};
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

/// Parameters of the network that have no effect in an existing VPC.
const OF_OWN_NETWORK: &[&str] = &["VpcCidr", "SubnetBits", "FirstZone", "SecondZone"];

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

/// Returns the outputs that a key stands for.
pub(super) const fn outputs(key: ExistingKey) -> &'static [Output] {
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
pub(super) const fn arn_of(key: ExistingKey) -> Option<(&'static str, &'static str)> {
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
pub(super) const fn needs_arn(key: ExistingKey) -> bool {
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
        if existing.has(ExistingKey::DatabaseEndpoint) {
            found.entry(Output::DatabasePort).or_insert_with(|| PORT.to_owned());
            found.entry(Output::DatabaseEngine).or_insert_with(|| POSTGRES.to_owned());
        }
        Self { existing: existing.clone(), outputs: found }
    }

    /// Sets the outputs that the existing task stands for.
    #[must_use]
    pub fn with_task(mut self, task: GivenTask) -> Self {
        let GivenTask { id, source_endpoint, target_endpoint, instance } = task;
        self.outputs.extend([
            (Output::TaskId, id),
            (Output::SourceEndpointArn, source_endpoint),
            (Output::TargetEndpointArn, target_endpoint),
            (Output::ReplicationInstanceArn, instance),
        ]);
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
pub(super) fn is_given(existing: &Existing, output: Output) -> bool {
    let database = existing.has(ExistingKey::DatabaseEndpoint);
    let task = existing.has(ExistingKey::Task);
    existing.iter().any(|(key, _)| outputs(key).contains(&output))
        || (output == Output::DatabasePort && database)
        || (task && OF_TASK.contains(&output))
}

/// Returns the outputs of a stack that others need and that no existing resource stands for.
pub(super) fn missing_outputs(existing: &Existing, stack: &Stack) -> Vec<Output> {
    let database = existing.has(ExistingKey::DatabaseEndpoint);
    let needed = declared(stack).filter(|output| !OPTIONAL.contains(output));
    let needed = needed.filter(|output| !database || !OF_OWN_DATABASE.contains(output));
    needed.filter(|output| !is_given(existing, *output)).collect()
}

/// Returns the parameters of stacks that are not replaced, but have no effect with these resources.
pub fn idle_parameters(existing: &Existing) -> &'static [&'static str] {
    if existing.has(ExistingKey::VpcId) { OF_OWN_NETWORK } else { &[] }
}

/// Returns the outputs that the stack's template declares.
pub(super) fn declared(stack: &Stack) -> impl Iterator<Item = Output> {
    let section = stack.template.split_once("\nOutputs:\n").map_or("", |(_, section)| section);
    let names = section.lines().filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    names.filter_map(Output::named)
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

#[cfg(test)]
pub(super) mod tests {
    use ExistingKey::{Bus, EventLogGroup, Stream};

    use super::*;
    use crate::pipelines::{ALL, Source, find};

    pub(in crate::pipelines) const HOME: Home<'_> = Home { region: "eu-west-1", account: "111122223333" };

    pub(in crate::pipelines) fn replaced(pipeline: &str, existing: &Existing) -> Vec<&'static str> {
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
    fn optional_outputs_are_used_by_no_stack() {
        let used = ALL.iter().flat_map(|pipeline| pipeline.stacks).flat_map(|stack| stack.parameters);
        for (name, source) in used {
            let optional = matches!(source, Source::Output(output) if OPTIONAL.contains(output));
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
}
