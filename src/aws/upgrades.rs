//! Major versions of a database instance: the present one, and those that RDS upgrades it to.
//!
//! Source: DescribeDBInstances and DescribeDBEngineVersions in the RDS API reference.

use aws_sdk_rds::types::DbInstance;

use super::databases::existing_instance;
use super::{Clients, dms};
use crate::base::error::{AwsContext, Error, Kind, Result};

/// The facts of an instance that an upgrade depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub identifier: String,
    /// `postgres`, or `aurora-postgresql` for a member of a cluster.
    pub engine: String,
    /// The exact version, like "16.4".
    pub version: String,
    /// `available`, `upgrading`, …
    pub status: String,
    /// Read replicas, which RDS upgrades as well.
    pub replicas: Vec<String>,
    /// Indicates whether RDS takes snapshots before and after an upgrade: only with automated backups.
    pub has_backups: bool,
}

impl Instance {
    /// Reads the instance.
    ///
    /// # Errors
    /// `NotDeployed` if it does not exist.
    pub async fn find(clients: &Clients, identifier: &str) -> Result<Self> {
        Ok(Self::of(&existing_instance(clients, identifier).await?))
    }

    fn of(found: &DbInstance) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            identifier: text(found.db_instance_identifier()),
            engine: text(found.engine()),
            version: text(found.engine_version()),
            status: text(found.db_instance_status()),
            replicas: found.read_replica_db_instance_identifiers().to_vec(),
            has_backups: found.backup_retention_period().unwrap_or(0) > 0,
        }
    }

    /// Returns the major version; 0 if it is not a number.
    pub fn major(&self) -> u32 {
        major(&self.version)
    }
}

/// Returns the major version of an exact one; 0 if it is not a number.
pub fn major(version: &str) -> u32 {
    version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0)
}

/// Returns the versions of other major versions that RDS upgrades this exact version to, in ascending order.
pub async fn targets(clients: &Clients, version: &str) -> Result<Vec<String>> {
    let request = clients.rds().describe_db_engine_versions().engine("postgres").engine_version(version);
    let action = format!("ask for the upgrade targets of PostgreSQL {version}");
    // The code for a version that is no longer offered.
    let Some(answer) = request.send().await.aws_unless("InvalidParameterValue", action)? else { return Ok(Vec::new()) };
    let targets = answer.db_engine_versions().iter().flat_map(|found| found.valid_upgrade_target());
    let mut targets: Vec<String> = targets
        .filter(|target| target.is_major_version_upgrade() == Some(true))
        .filter_map(|target| Some(target.engine_version()?.to_owned()))
        .collect();
    targets.sort_by_key(|target| numbers(target));
    targets.dedup();
    Ok(targets)
}

/// Returns the numbers of a version, for comparisons.
fn numbers(version: &str) -> Vec<u32> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// Returns the newest of the targets with this major version.
pub fn newest(targets: &[String], wanted: u32) -> Option<&String> {
    targets.iter().filter(|target| major(target) == wanted).max_by_key(|target| numbers(target))
}

/// Returns the engine version of a replication instance.
///
/// # Errors
/// `NotDeployed` if it does not exist.
pub async fn replication_engine(clients: &Clients, arn: &str) -> Result<String> {
    let missing = || Error::new(Kind::NotDeployed, format!("replication instance {arn} not found"));
    let found = dms::describe::instance(&clients.dms(), arn).await?.ok_or_else(missing)?;
    Ok(found.engine_version.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_target_of_a_major_version_is_found_by_number() {
        let targets = ["16.9", "16.10", "17.2"].map(str::to_owned);
        assert_eq!(newest(&targets, 16).map(String::as_str), Some("16.10"));
        assert_eq!(newest(&targets, 18), None);
        assert!(numbers("16.10") > numbers("16.9") && numbers("11.22-rds.20240418") > numbers("11.22"));
        assert_eq!((major("16.10"), major("")), (16, 0));
    }
}
