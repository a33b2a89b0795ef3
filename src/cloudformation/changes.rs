//! What a change set would do, and which of it destroys something.

use aws_sdk_cloudformation::types::{Change as Raw, ChangeAction, Replacement, ResourceChange};
use serde::Serialize;

/// Resource types that hold rows, records or a position in the write-ahead log, each with the properties whose change
/// replaces it (`createOnlyProperties` of its CloudFormation schema, and conditional ones that do so in fact).
const PRECIOUS: &[(&str, &[&str])] = &[
    (
        "AWS::RDS::DBInstance",
        &[
            "AvailabilityZone",
            "BackupTarget",
            "CharacterSetName",
            "DBClusterIdentifier",
            "DBInstanceIdentifier",
            "DBName",
            "DBSnapshotIdentifier",
            "DBSubnetGroupName",
            "DBSystemId",
            "Engine",
            "KmsKeyId",
            "MasterUsername",
            "NcharCharacterSetName",
            "RestoreTime",
            "SourceDBInstanceIdentifier",
            "SourceRegion",
            "StorageEncrypted",
            "Timezone",
        ],
    ),
    ("AWS::Kinesis::Stream", &["Name"]),
    (
        "AWS::DMS::ReplicationTask",
        &["MigrationType", "ReplicationInstanceArn", "ResourceIdentifier", "SourceEndpointArn", "TargetEndpointArn"],
    ),
    ("AWS::DynamoDB::Table", &["ImportSourceSpecification", "KeySchema", "TableName"]),
    ("AWS::SecretsManager::Secret", &["Name"]),
];

/// One resource's change.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// `Add`, `Modify`, `Remove`, …
    pub action: String,
    pub resource: String,
    pub resource_type: String,
    /// Names of the properties that change, where it is modified.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
    /// `True`, `False` or `Conditional`, where it is modified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
}

impl Change {
    pub(super) fn read(raw: &Raw) -> Option<Self> {
        let change: &ResourceChange = raw.resource_change()?;
        let targets = change.details().iter().filter_map(|detail| detail.target());
        let mut properties: Vec<_> = targets.filter_map(|target| Some(target.name()?.to_owned())).collect();
        properties.sort();
        properties.dedup();
        Some(Self {
            action: change.action().map_or("?", ChangeAction::as_str).to_owned(),
            resource: change.logical_resource_id().unwrap_or("?").to_owned(),
            resource_type: change.resource_type().unwrap_or("?").to_owned(),
            properties,
            replacement: change.replacement().map(|replacement| replacement.as_str().to_owned()),
        })
    }

    /// Whether it would take data away. CloudFormation calls many a harmless change `Conditional` (an RDS instance's
    /// backup retention, for one): that counts only where a property changes that does replace the resource.
    pub fn destroys_data(&self) -> bool {
        let Some((_, replacing)) = PRECIOUS.iter().find(|(precious, _)| *precious == self.resource_type) else {
            return false;
        };
        match (self.action.as_str(), self.replacement.as_deref().map(Replacement::from)) {
            ("Remove", _) | ("Modify", Some(Replacement::True)) => true,
            ("Modify", Some(Replacement::Conditional)) => {
                self.properties.is_empty() || self.properties.iter().any(|name| replacing.contains(&name.as_str()))
            }
            _ => false,
        }
    }

    /// For people: `Modify Database (AWS::RDS::DBInstance): MultiAZ; replacement: True`.
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

#[cfg(test)]
mod tests {
    use super::Change;

    fn change(action: &str, resource_type: &str, replacement: Option<&str>, properties: &[&str]) -> Change {
        Change {
            action: action.into(),
            resource: "X".into(),
            resource_type: resource_type.into(),
            properties: properties.iter().map(|name| (*name).to_owned()).collect(),
            replacement: replacement.map(Into::into),
        }
    }

    #[test]
    fn replacing_or_removing_data_is_told_apart() {
        assert!(change("Modify", "AWS::Kinesis::Stream", Some("True"), &["Name"]).destroys_data());
        assert!(change("Modify", "AWS::RDS::DBInstance", Some("Conditional"), &["MasterUsername"]).destroys_data());
        assert!(change("Modify", "AWS::RDS::DBInstance", Some("Conditional"), &[]).destroys_data());
        assert!(change("Remove", "AWS::DMS::ReplicationTask", None, &[]).destroys_data());
        assert!(!change("Modify", "AWS::RDS::DBInstance", Some("Conditional"), &["MultiAZ"]).destroys_data());
        assert!(!change("Modify", "AWS::RDS::DBInstance", Some("False"), &["DBName"]).destroys_data());
        assert!(!change("Modify", "AWS::Lambda::Function", Some("True"), &["FunctionName"]).destroys_data());
        assert!(!change("Add", "AWS::Kinesis::Stream", None, &[]).destroys_data());
    }
}
