//! The template of the database, with each of its engines.

use std::collections::BTreeSet;

use outboxctl::internals::pipelines::{self, Stack};
use serde_json::{Value, json};

use super::document::Document;

fn database() -> &'static Stack {
    pipelines::find("rds-kinesis").expect("a pipeline").stack("database").expect("a stack")
}

/// Aurora with these values of further parameters.
fn aurora(more: &[(&str, &str)]) -> Document {
    Document::with(database(), &[&[("DatabaseEngine", "aurora-postgresql")], more].concat())
}

/// `database.json` has the resources of the template before it had a choice of engines: deployed stacks must not change.
#[test]
fn the_default_engine_has_the_resources_of_earlier_versions() {
    let mut resources = Document::of(database()).resources;
    for resource in resources.values_mut().filter_map(Value::as_object_mut) {
        resource.remove("Condition");
        resource.remove("Metadata");
    }
    let before: Value = serde_json::from_str(include_str!("database.json")).expect("JSON");
    assert_eq!(Value::Object(resources), before["resources"]);
}

#[test]
fn aurora_is_a_cluster_with_its_instances() {
    let serverless = aurora(&[]);
    let names: BTreeSet<_> = serverless.resources.keys().map(String::as_str).collect();
    let expected = [
        "CapacityAlarm",
        "Cluster",
        "ClusterParameterGroup",
        "DatabaseLogs",
        "Secret",
        "SecretAttachment",
        "SlotFilesAlarm",
        "SubnetGroup",
        "TransactionLogsAlarm",
        "Writer",
    ];
    assert_eq!(names, expected.into());
    let properties = |name: &str| serverless.resources[name]["Properties"].clone();
    assert!(properties("Cluster")["ServerlessV2ScalingConfiguration"].is_object());
    assert_eq!(properties("SecretAttachment")["TargetType"], "AWS::RDS::DBCluster");
    assert_eq!(
        properties("DatabaseLogs")["LogGroupName"],
        json!({"!Sub": "/aws/rds/cluster/${NamePrefix}/postgresql"})
    );
    let both = aurora(&[("DatabaseMultiAz", "true"), ("AuroraClass", "db.r7g.large")]);
    assert!(both.resources.contains_key("Reader") && both.resources.contains_key("FreeLocalStorageAlarm"));
    assert!(!both.resources.contains_key("CapacityAlarm"));
    assert!(both.resources["Cluster"]["Properties"].get("ServerlessV2ScalingConfiguration").is_none());
}

/// The engines replicate, encrypt and protect in the same way.
#[test]
fn aurora_is_set_up_as_rds() {
    let (instance, cluster) = (Document::of(database()), aurora(&[]));
    let of = |document: &Document, name: &str| document.resources[name]["Properties"].clone();
    let parameters = |document: &Document, name: &str| of(document, name)["Parameters"].clone();
    assert_eq!(parameters(&instance, "ParameterGroup"), parameters(&cluster, "ClusterParameterGroup"));
    let (one, other) = (of(&instance, "Database"), of(&cluster, "Cluster"));
    for name in [
        "BackupRetentionPeriod",
        "CopyTagsToSnapshot",
        "DBSubnetGroupName",
        "DeleteAutomatedBackups",
        "DeletionProtection",
        "EnableCloudwatchLogsExports",
        "EnableIAMDatabaseAuthentication",
        "EngineLifecycleSupport",
        "EngineVersion",
        "MasterUserPassword",
        "MasterUsername",
        "StorageEncrypted",
    ] {
        assert!(one[name] == other[name] && !one[name].is_null(), "{name}: {} and {}", one[name], other[name]);
    }
    assert_eq!(one["VPCSecurityGroups"], other["VpcSecurityGroupIds"]);
    let writer = of(&cluster, "Writer");
    for name in ["AutoMinorVersionUpgrade", "CACertificateIdentifier", "PubliclyAccessible"] {
        assert_eq!(one[name], writer[name], "{name}");
    }
    for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
        assert_eq!(instance.resources["Database"][policy], cluster.resources["Cluster"][policy]);
    }
    // Each output but the identifier has a value with both.
    let outputs = |document: &Document| document.outputs.keys().cloned().collect::<BTreeSet<_>>();
    let only = |one: &Document, other: &Document| outputs(one).difference(&outputs(other)).cloned().collect::<Vec<_>>();
    assert_eq!(only(&instance, &cluster), ["DatabaseIdentifier"]);
    assert_eq!(only(&cluster, &instance), ["DatabaseCluster", "DatabaseReaderEndpoint"]);
}
