//! The rules of Aurora PostgreSQL for clusters and their instances. Pure.
//!
//! Sources: Aurora user guide, "Requirements and limitations for Aurora Serverless v2", "Choosing the Aurora Serverless v2
//! capacity range for an Aurora cluster" and "Supported DB engines for DB instance classes"; RDS API reference,
//! CreateDBCluster and CreateDBInstance ("Not applicable to Amazon Aurora", "managed by the DB cluster"); CloudFormation
//! user guide, AWS::RDS::DBInstance.

use serde_json::Value;

/// The engine of Aurora PostgreSQL.
pub const AURORA: &str = "aurora-postgresql";
/// The class of Aurora Serverless v2.
const SERVERLESS: &str = "db.serverless";

/// Properties that the cluster has instead of its instances.
const OF_CLUSTER: &[&str] = &[
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "CopyTagsToSnapshot",
    "DBName",
    "DeletionProtection",
    "EnableIAMDatabaseAuthentication",
    "MasterUserPassword",
    "MasterUsername",
    "MaxAllocatedStorage",
    "MultiAZ",
    "StorageEncrypted",
    "StorageType",
    "VPCSecurityGroups",
];

/// Properties of clusters that are not of Aurora.
const OF_MULTI_AZ_CLUSTER: &[&str] = &["AllocatedStorage", "DBClusterInstanceClass", "Iops", "PubliclyAccessible"];

/// The first minor version of a major version with Serverless v2 ("Supported Regions and Aurora DB engines for Aurora
/// Serverless v2"); every version of later majors has it.
const FIRST_SERVERLESS: &[(u32, u32)] = &[(13, 6), (14, 3), (15, 2), (16, 1)];

/// Sizes of the burstable classes that Aurora PostgreSQL offers.
const BURSTABLE: &[&str] = &["db.t3.medium", "db.t3.large", "db.t4g.medium", "db.t4g.large"];

/// Beginnings of the memory-optimized classes that Aurora PostgreSQL offers.
const MEMORY_OPTIMIZED: &[&str] =
    &["db.r5.", "db.r6g.", "db.r6gd.", "db.r6i.", "db.r6id.", "db.r7g.", "db.r7i.", "db.r8g.", "db.x2g."];

/// Checks the properties of a cluster.
///
/// # Errors
/// The reason why RDS refuses it.
pub fn check_cluster(properties: &Value) -> Result<(), String> {
    let engine = text(properties, "Engine").unwrap_or_default();
    if engine != AURORA {
        return Err(format!("the local stack has clusters of {AURORA} only, not of the engine {engine:?}"));
    }
    if let Some(name) = OF_MULTI_AZ_CLUSTER.iter().find(|name| properties.get(**name).is_some()) {
        return Err(format!("{name} isn't supported for engine {AURORA}"));
    }
    let Some(range) = properties.get("ServerlessV2ScalingConfiguration") else {
        return Ok(());
    };
    let version = text(properties, "EngineVersion").unwrap_or_default();
    if !has_serverless(&version) {
        return Err(format!("The engine version {version} of {AURORA} doesn't support Serverless v2"));
    }
    let (Some(least), Some(most)) = (number(range, "MinCapacity"), number(range, "MaxCapacity")) else {
        return Err("ServerlessV2ScalingConfiguration needs MinCapacity and MaxCapacity".to_owned());
    };
    let is_step = |value: f64| (value * 2.0).fract() == 0.0;
    if !(0.0..=256.0).contains(&least) || !(1.0..=256.0).contains(&most) || !is_step(least) || !is_step(most) {
        return Err(format!(
            "The capacity range of Serverless v2 is 0 to 256 ACUs in steps of 0.5, with a maximum of at least 1: \
             {least} to {most}"
        ));
    }
    if least > most {
        return Err(format!("The minimum capacity of Serverless v2, {least}, is above the maximum, {most}"));
    }
    Ok(())
}

/// The cluster of an instance.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub engine: String,
    /// The cluster has a capacity range for Serverless v2.
    pub has_capacity: bool,
}

/// Checks the properties of an instance of a cluster.
///
/// # Errors
/// The reason why RDS refuses it.
pub fn check_member(properties: &Value, cluster: &Cluster) -> Result<(), String> {
    let engine = text(properties, "Engine").unwrap_or_default();
    if engine != cluster.engine {
        return Err(format!("The engine {engine:?} of the instance isn't that of its cluster, {}", cluster.engine));
    }
    if let Some(name) = OF_CLUSTER.iter().find(|name| properties.get(**name).is_some()) {
        return Err(format!(
            "The requested DB Instance will be a member of a DB Cluster. Set {name} for the DB Cluster instead."
        ));
    }
    let class = text(properties, "DBInstanceClass").unwrap_or_default();
    if class == SERVERLESS && !cluster.has_capacity {
        return Err(
            "Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 \
                    DB instance."
                .to_owned(),
        );
    }
    let tier = number(properties, "PromotionTier").unwrap_or(1.0);
    if !(0.0..=15.0).contains(&tier) {
        return Err(format!("PromotionTier is {tier}; it can be 0 to 15"));
    }
    match is_offered(&class) {
        true => Ok(()),
        false => Err(format!(
            "RDS does not support creating a DB instance with the following combination: \
                              DBInstanceClass={class}, Engine={AURORA}"
        )),
    }
}

/// Checks that the class is one of an instance outside of a cluster.
///
/// # Errors
/// The reason why RDS refuses it.
pub fn check_class_outside(properties: &Value) -> Result<(), String> {
    match text(properties, "DBInstanceClass").as_deref() {
        Some(SERVERLESS) => Err(format!(
            "RDS does not support creating a DB instance with the following combination: DBInstanceClass={SERVERLESS}, \
             Engine=postgres"
        )),
        _ => Ok(()),
    }
}

fn is_offered(class: &str) -> bool {
    let large = |rest: &str| rest.ends_with("large") || rest == "metal";
    let of_family = MEMORY_OPTIMIZED.iter().any(|family| class.strip_prefix(family).is_some_and(large));
    class == SERVERLESS || BURSTABLE.contains(&class) || of_family
}

/// Returns whether the version has Serverless v2. A major version alone stands for its newest minor version.
fn has_serverless(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let Some(Some(major)) = parts.next() else { return false };
    let first = FIRST_SERVERLESS.iter().find(|(of, _)| *of == major).map(|(_, minor)| *minor);
    match (first, parts.next()) {
        (Some(first), Some(minor)) => minor.is_some_and(|minor| minor >= first),
        (Some(_), None) => true,
        (None, _) => major > 16,
    }
}

fn text(properties: &Value, name: &str) -> Option<String> {
    match properties.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns a number; CloudFormation passes parameters as text.
fn number(properties: &Value, name: &str) -> Option<f64> {
    text(properties, name)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn with(mut properties: Value, more: Value) -> Value {
        properties.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        properties
    }

    fn cluster(more: Value) -> Result<(), String> {
        check_cluster(&with(json!({ "Engine": AURORA, "EngineVersion": "17" }), more))
    }

    fn member(has_capacity: bool, more: Value) -> Result<(), String> {
        let properties = with(json!({ "Engine": AURORA, "DBInstanceClass": SERVERLESS }), more);
        check_member(&properties, &Cluster { engine: AURORA.to_owned(), has_capacity })
    }

    #[test]
    fn clusters_have_what_aurora_accepts() {
        let range = |least: &str, most: &str| {
            cluster(json!({ "ServerlessV2ScalingConfiguration": { "MinCapacity": least, "MaxCapacity": most } }))
        };
        assert_eq!((cluster(json!({})), range("0.5", "4"), range("0", "256")), (Ok(()), Ok(()), Ok(())));
        for (least, most) in [("0.7", "4"), ("0.5", "0.5"), ("8", "4"), ("1", "300"), ("-1", "4"), ("many", "4")] {
            assert!(range(least, most).is_err(), "{least} to {most}");
        }
        for wrong in [json!({ "Engine": "aurora-mysql" }), json!({ "AllocatedStorage": "20" })] {
            assert!(cluster(wrong.clone()).is_err(), "{wrong}");
        }
        let versions = ["13.5", "13.6", "12.20", "15", "16.0", "17.4", "x"].map(has_serverless);
        assert_eq!(versions, [false, true, false, true, false, true, false]);
    }

    #[test]
    fn instances_of_a_cluster_have_what_aurora_accepts() {
        assert_eq!(member(true, json!({ "PromotionTier": 0 })), Ok(()));
        assert!(member(false, json!({})).is_err_and(|text| text.contains("scaling configuration")));
        for wrong in [
            json!({ "AllocatedStorage": "20" }),
            json!({ "MasterUserPassword": "secret" }),
            json!({ "Engine": "postgres" }),
            json!({ "DBInstanceClass": "db.t4g.micro" }),
            json!({ "DBInstanceClass": "db.m7g.large" }),
            json!({ "DBInstanceClass": "db.r7g.medium" }),
            json!({ "PromotionTier": 16 }),
        ] {
            assert!(member(true, wrong.clone()).is_err(), "{wrong}");
        }
        for class in ["db.t4g.medium", "db.r7g.large", "db.r6g.16xlarge"] {
            assert_eq!(member(false, json!({ "DBInstanceClass": class })), Ok(()), "{class}");
        }
    }
}
