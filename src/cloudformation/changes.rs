//! The changes of a change set, and which of them destroy data.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::{
    Change as Raw, ChangeAction, PolicyAction, Replacement, ResourceChange, ResourceTargetDefinition,
};
use serde::Serialize;

use super::secrets::{MASK, Secrets};
use crate::pipelines::registry;

/// Resource types that hold rows, records or a position in the write-ahead log.
const STATEFUL: &[&str] = &[
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Kinesis::Stream",
    TASK,
    "AWS::DynamoDB::Table",
    "AWS::SecretsManager::Secret",
];

/// Properties of an RDS instance that its CloudFormation schema lists as conditionally replacing it. Their change
/// restarts the instance at most ("Settings for DB instances" in the RDS user guide).
const RESTARTING: &[&str] = &[
    "AutoMinorVersionUpgrade",
    "BackupRetentionPeriod",
    "DBParameterGroupName",
    "MultiAZ",
    "PerformanceInsightsKMSKeyId",
    "PreferredMaintenanceWindow",
];

/// The replication task.
pub(super) const TASK: &str = "AWS::DMS::ReplicationTask";
/// An endpoint of the replication task.
const ENDPOINT: &str = "AWS::DMS::Endpoint";

/// The effect of a change; chooses its words and colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    Add,
    Modify,
    /// Replaced or not, depending on the new value.
    MayReplace,
    /// A new resource is created and the old one deleted.
    Replace,
    Delete,
    /// Removed from the stack, but remains in the account.
    Release,
    Import,
    /// Not known to CloudFormation yet.
    Unknown,
}

/// A property's change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Value {
    pub property: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// One resource's change.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// `Add`, `Modify`, `Remove`, …
    pub action: String,
    /// The effect of the action.
    pub effect: Effect,
    pub resource: String,
    pub resource_type: String,
    /// Names of the properties that change, if it is modified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
    /// The properties' values if CloudFormation returns them; secrets are masked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
    /// `True`, `False` or `Conditional`, if it is modified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// An instance of a cluster, which has the data.
    #[serde(skip)]
    pub member: bool,
}

impl Change {
    pub(super) fn read(raw: &Raw, secrets: &Secrets, members: &BTreeSet<String>) -> Option<Self> {
        let change: &ResourceChange = raw.resource_change()?;
        let targets = || change.details().iter().filter_map(|detail| detail.target());
        let mut properties: Vec<_> = targets().filter_map(|target| Some(target.name()?.to_owned())).collect();
        properties.sort();
        properties.dedup();
        // A property's change is listed once for each of its causes, and one of them may be a secret.
        let secret: Vec<_> = (change.details().iter())
            .filter(|detail| detail.causing_entity().is_some_and(|cause| secrets.has(cause)))
            .filter_map(|detail| path(detail.target()?))
            .collect();
        let mut values: Vec<_> = targets().filter_map(|target| value(target, secrets, &secret)).collect();
        values.dedup();
        Some(Self {
            action: change.action().map_or("?", ChangeAction::as_str).to_owned(),
            effect: effect(change, &properties),
            member: change.logical_resource_id().is_some_and(|name| members.contains(name)),
            resource: change.logical_resource_id().unwrap_or("?").to_owned(),
            resource_type: change.resource_type().unwrap_or("?").to_owned(),
            properties,
            values,
            replacement: change.replacement().map(|replacement| replacement.as_str().to_owned()),
        })
    }

    /// Returns a change of a resource as a whole.
    fn new(action: &str, effect: Effect, resource: String, resource_type: String) -> Self {
        let (properties, values) = (Vec::new(), Vec::new());
        let action = action.to_owned();
        Self { action, effect, resource, resource_type, properties, values, replacement: None, member: false }
    }

    /// Returns the change of a resource that is created.
    pub(super) fn added((resource, resource_type): (String, String)) -> Self {
        Self::new("Add", Effect::Add, resource, resource_type)
    }

    /// Returns the change of a stack that is removed as a whole.
    pub(super) fn stack_removed(name: String) -> Self {
        Self::new("Remove", Effect::Delete, name, "AWS::CloudFormation::Stack".to_owned())
    }

    /// Returns whether it changes permissions.
    pub fn is_permission(&self) -> bool {
        let kind = self.resource_type.as_str();
        kind.starts_with("AWS::IAM::")
            || kind.ends_with("Policy")
            || kind.ends_with("::Permission")
            || self.properties.iter().any(|name| name.ends_with("PolicyDocument") || name == "KeyPolicy")
    }

    /// Returns whether AWS DMS refuses it while the replication task runs.
    pub fn needs_capture_stopped(&self) -> bool {
        self.effect != Effect::Add && matches!(self.resource_type.as_str(), TASK | ENDPOINT)
    }

    /// Returns whether it would destroy data. CloudFormation calls many harmless changes `Conditional` (an RDS
    /// instance's backup retention, for one): they count only if a property changes that replaces the resource.
    pub fn destroys_data(&self) -> bool {
        if self.member || !STATEFUL.contains(&self.resource_type.as_str()) {
            return false;
        }
        match (self.action.as_str(), self.replacement.as_deref().map(Replacement::from)) {
            ("Remove", _) | ("Modify", Some(Replacement::True)) => true,
            ("Modify", Some(Replacement::Conditional)) => {
                let properties = self.properties.iter().map(String::as_str);
                let replacing = properties.filter(|name| !RESTARTING.contains(name));
                self.properties.is_empty() || registry::may_replace(&self.resource_type, replacing)
            }
            _ => false,
        }
    }

    /// Returns a line for people: `Modify Database (AWS::RDS::DBInstance): MultiAZ; replacement: True`.
    pub fn describe(&self) -> String {
        let mut text = format!("{} {} ({})", self.action, self.resource, self.resource_type);
        if !self.properties.is_empty() {
            text = format!("{text}: {}", self.properties.join(", "));
        }
        match self.replacement.as_deref() {
            Some(replacement) if replacement != Replacement::False.as_str() => {
                format!("{text}; replacement: {}", replacement.to_lowercase())
            }
            _ => text,
        }
    }
}

/// Returns the effect. CloudFormation returns `Conditional` for values that are not known yet, and the local stack does
/// so for most changes: they count only if the property can replace a resource of its type.
fn effect(change: &ResourceChange, properties: &[String]) -> Effect {
    let kind = change.resource_type().unwrap_or_default();
    let stays = !properties.is_empty() && !registry::may_replace(kind, properties.iter().map(String::as_str));
    let retains = matches!(change.policy_action(), Some(PolicyAction::Retain));
    match (change.action(), change.replacement()) {
        (Some(ChangeAction::Add), _) => Effect::Add,
        (Some(ChangeAction::Remove), _) if retains => Effect::Release,
        (Some(ChangeAction::Remove), _) => Effect::Delete,
        (Some(ChangeAction::Modify), Some(Replacement::True)) => Effect::Replace,
        (Some(ChangeAction::Modify), Some(Replacement::Conditional)) if !stays => Effect::MayReplace,
        (Some(ChangeAction::Modify), _) => Effect::Modify,
        (Some(ChangeAction::Import), _) => Effect::Import,
        _ => Effect::Unknown,
    }
}

/// Returns the path of the change within the resource, like `Environment/Variables/KEY`.
fn path(target: &ResourceTargetDefinition) -> Option<&str> {
    Some(target.path().or(target.name())?.trim_start_matches("/Properties/").trim_start_matches('/'))
}

/// Returns the property's values, if any; masked if they, a parent or a child are secret.
fn value(target: &ResourceTargetDefinition, secrets: &Secrets, secret: &[&str]) -> Option<Value> {
    let (before, after) = (target.before_value(), target.after_value());
    if before.is_none() && after.is_none() {
        return None;
    }
    let property = path(target)?;
    let near = |other: &&str| property.starts_with(*other) || other.starts_with(property);
    let masked = secret.iter().any(near) || [before, after].iter().any(|value| secrets.appear_in(property, *value));
    let shown = |value: Option<&str>| value.map(|value| if masked { MASK.to_owned() } else { value.to_owned() });
    Some(Value { property: property.to_owned(), before: shown(before), after: shown(after) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(action: &str, resource_type: &str, replacement: Option<&str>, properties: &[&str]) -> Change {
        Change {
            properties: properties.iter().map(|name| (*name).to_owned()).collect(),
            replacement: replacement.map(Into::into),
            ..Change::new(action, Effect::Modify, "X".into(), resource_type.into())
        }
    }

    #[test]
    fn conditional_is_a_replacement_only_if_the_property_can_replace() {
        let of = |kind: &str, property: &str| {
            let raw = ResourceChange::builder()
                .action(ChangeAction::Modify)
                .replacement(Replacement::Conditional)
                .resource_type(kind)
                .build();
            effect(&raw, &[property.to_owned()])
        };
        // The effect of changing RetentionHours on the local stack.
        assert_eq!(of("AWS::Kinesis::Stream", "RetentionPeriodHours"), Effect::Modify);
        assert_eq!(of("AWS::CloudWatch::Alarm", "Threshold"), Effect::Modify);
        assert_eq!(of("AWS::Kinesis::Stream", "Name"), Effect::MayReplace);
        assert_eq!(of("AWS::New::Type", "Any"), Effect::MayReplace);
    }

    #[test]
    fn replacing_or_removing_data_destroys_it() {
        assert!(change("Modify", "AWS::Kinesis::Stream", Some("True"), &["Name"]).destroys_data());
        assert!(change("Modify", "AWS::RDS::DBInstance", Some("Conditional"), &["MasterUsername"]).destroys_data());
        assert!(change("Modify", "AWS::RDS::DBInstance", Some("Conditional"), &[]).destroys_data());
        assert!(change("Remove", "AWS::DMS::ReplicationTask", None, &[]).destroys_data());
        assert!(!change("Modify", "AWS::RDS::DBInstance", Some("Conditional"), &["MultiAZ"]).destroys_data());
        for name in RESTARTING {
            assert!(registry::may_replace("AWS::RDS::DBInstance", std::iter::once(*name)), "{name} needs no exception");
        }
        assert!(change("Remove", "AWS::RDS::DBCluster", None, &[]).destroys_data());
        assert!(change("Modify", "AWS::RDS::DBCluster", Some("Conditional"), &["Engine"]).destroys_data());
        let instance = change("Remove", "AWS::RDS::DBInstance", None, &[]);
        assert!(instance.destroys_data() && !Change { member: true, ..instance }.destroys_data());
        assert!(!change("Modify", "AWS::RDS::DBInstance", Some("False"), &["DBName"]).destroys_data());
        assert!(!change("Modify", "AWS::Lambda::Function", Some("True"), &["FunctionName"]).destroys_data());
        assert!(!change("Add", "AWS::Kinesis::Stream", None, &[]).destroys_data());
    }

    #[test]
    fn permission_changes_are_recognised() {
        assert!(change("Add", "AWS::IAM::Role", None, &[]).is_permission());
        assert!(change("Add", "AWS::Lambda::Permission", None, &[]).is_permission());
        assert!(change("Modify", "AWS::SQS::QueuePolicy", Some("False"), &["PolicyDocument"]).is_permission());
        assert!(change("Modify", "AWS::KMS::Key", Some("False"), &["KeyPolicy"]).is_permission());
        assert!(!change("Modify", "AWS::SQS::Queue", Some("False"), &["VisibilityTimeout"]).is_permission());
    }

    #[test]
    fn secret_values_are_masked() {
        let target = ResourceTargetDefinition::builder().path("/Properties/MasterUserPassword");
        let target = target.before_value("old-planted").after_value("new-planted").build();
        let masked = value(&target, &Secrets::default(), &[]).unwrap();
        assert_eq!((masked.property.as_str(), masked.before.as_deref()), ("MasterUserPassword", Some("****")));
        assert!(!format!("{masked:?}").contains("planted"));
    }
}
