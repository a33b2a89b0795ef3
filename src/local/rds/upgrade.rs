//! Changing the version of an instance, and the checks before it, as RDS has them.
//!
//! Source: RDS user guide, "Choosing a major version for an RDS for PostgreSQL upgrade" and "How to perform a major
//! version upgrade for RDS for PostgreSQL"; RDS API reference, ModifyDBInstance.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio_postgres::Client;

use super::Rds;
use super::server::{connect, major, reason, version};
use super::wanted::instance;
use crate::local::capture::settings::flag;
use crate::local::gateway::{Gateway, ResourceRequest};
use crate::local::postgres_server::instance::Instance;
use crate::local::postgres_server::superuser;
use crate::local::state::Postgres;
use crate::local::tools::{PostgresPrograms, postgres_majors};

/// A change of the version.
#[derive(Debug)]
pub struct Change {
    pub instance: Instance,
    /// The wanted version: a major one, or an exact one.
    pub version: String,
    /// AllowMajorVersionUpgrade.
    pub allowed: bool,
    /// The parameter group afterwards; `None` to keep the present one.
    pub group: Option<String>,
}

/// The reason why RDS does not change the version.
#[derive(Debug)]
pub struct Refusal {
    /// The code of the API's error.
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl From<String> for Refusal {
    fn from(message: String) -> Self {
        Self::new("InternalFailure", message)
    }
}

impl Change {
    /// Returns the change in an update of a stack; `None` without one.
    pub fn of(request: &ResourceRequest) -> Option<Self> {
        let text = |properties: &Value, name: &str| properties.get(name).and_then(Value::as_str).map(str::to_owned);
        let after = text(&request.properties, "EngineVersion")?;
        if text(&request.old_properties, "EngineVersion").as_ref() == Some(&after) {
            return None;
        }
        Some(Self {
            instance: instance(request)?,
            version: after,
            allowed: request.properties.get("AllowMajorVersionUpgrade").and_then(flag) == Some(true),
            group: text(&request.properties, "DBParameterGroupName"),
        })
    }
}

/// Returns the versions that an instance of this version can be upgraded to: on this machine, those with programs that
/// read the data of older ones.
pub fn targets(versions: &BTreeMap<u32, PostgresPrograms>, running: &str) -> Vec<String> {
    let running = major(running).unwrap_or(u32::MAX);
    let newer = versions.range(running.saturating_add(1)..).map(|(_, programs)| programs);
    newer.filter(|programs| programs.upgrades()).map(|programs| programs.version.clone()).collect()
}

/// Changes the version of an instance. Another minor version of the same major one changes nothing: the machine has one
/// of each.
///
/// # Errors
/// The refusals of RDS: a version that is not a target, without AllowMajorVersionUpgrade, a parameter group of another
/// family, and what its checks before an upgrade find.
pub async fn modify(rds: &Rds, gateway: &Gateway, change: &Change) -> Result<(), Refusal> {
    const COMBINATION: &str = "InvalidParameterCombination";
    let _turn = rds.servers.turn.lock().await;
    let Some(server) = rds.present(gateway, &change.instance).await? else { return Ok(()) };
    let client = connect(&server).await?;
    let running = version(&client).await?;
    let (Some(before), Some(after)) = (major(&running), major(&change.version)) else {
        return Err(Refusal::new("InvalidParameterValue", format!("Invalid version {:?}", change.version)));
    };
    if before == after {
        return Ok(());
    }
    if change.instance.is_cluster {
        let text = "The local stack does not upgrade a cluster to another major version";
        return Err(Refusal::new(COMBINATION, text));
    }
    let versions = postgres_majors(&gateway.home);
    let wanted = change.version.as_str();
    let is_wanted = |target: &&String| target.as_str() == wanted || target.split('.').next() == Some(wanted);
    let Some(target) = targets(&versions, &running).iter().find(is_wanted).cloned() else {
        let text = format!("Cannot upgrade postgres from {running} to {}", change.version);
        return Err(Refusal::new(COMBINATION, text));
    };
    if !change.allowed {
        let text = "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.";
        return Err(Refusal::new(COMBINATION, text));
    }
    group_fits(gateway, change, after).await?;
    check(&server, &client, before).await.map_err(|found| {
        let text = format!("The instance could not be upgraded from {running} to {target}: {found}");
        Refusal::new("InvalidDBInstanceState", text)
    })?;
    drop(client);
    let programs = versions.get(&after).cloned().ok_or_else(|| format!("PostgreSQL {after} is gone"))?;
    rds.servers.upgrade(&change.instance, programs).await.map_err(|error| {
        Refusal::new("InvalidDBInstanceState", format!("The DB engine version upgrade failed: {}", error.message()))
    })
}

/// Checks that the family of the parameter group is that of the new version. Without one in the request, a custom group
/// would be kept, whose family does not fit.
async fn group_fits(gateway: &Gateway, change: &Change, after: u32) -> Result<(), Refusal> {
    let rds = gateway.clients_in(&change.instance.region).rds();
    let group = match &change.group {
        Some(group) => group.clone(),
        None => {
            let found = rds.describe_db_instances().db_instance_identifier(&change.instance.identifier).send().await;
            let found = found.map_err(|error| format!("the instance can't be described: {error}"))?;
            let groups = found.db_instances().first().map(|instance| instance.db_parameter_groups());
            groups.and_then(|groups| groups.first()?.db_parameter_group_name()).unwrap_or_default().to_owned()
        }
    };
    let wanted = format!("postgres{after}");
    let family = match group.strip_prefix("default.") {
        // RDS chooses the default group of the new version.
        Some(_) if change.group.is_none() => wanted.clone(),
        Some(family) => family.to_owned(),
        None => {
            let found = rds.describe_db_parameter_groups().db_parameter_group_name(&group).send().await;
            let found = found.map_err(|_| Refusal::new("DBParameterGroupNotFound", format!("{group} not found")))?;
            let family = found.db_parameter_groups().first().and_then(|group| group.db_parameter_group_family());
            family.unwrap_or_default().to_owned()
        }
    };
    if family == wanted {
        return Ok(());
    }
    let text = format!(
        "The Parameter Group {group} with DBParameterGroupFamily {family} cannot be used for this instance. Please use a \
         Parameter Group with DBParameterGroupFamily {wanted}"
    );
    Err(Refusal::new("InvalidParameterCombination", text))
}

/// Queries of RDS's checks, each with the text of its finding. The first two are about the server, the third about a
/// database.
const SLOTS: &str = "SELECT slot_name::text FROM pg_replication_slots WHERE slot_type = 'logical' ORDER BY 1";
const PREPARED: &str = "SELECT gid::text FROM pg_prepared_xacts ORDER BY 1";
const INVALID: &str = "SELECT datname::text FROM pg_database WHERE datconnlimit = -2 ORDER BY 1";
const REG_TYPES: &str = "SELECT n.nspname || '.' || c.relname || '.' || a.attname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE NOT a.attisdropped AND c.relkind IN ('r', 'm', 'i') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND a.atttypid IN ('regproc'::regtype, 'regprocedure'::regtype, 'regoper'::regtype, 'regoperator'::regtype,
                         'regconfig'::regtype, 'regdictionary'::regtype)
    ORDER BY 1";

/// Runs the checks; the error is everything that they find.
async fn check(server: &Postgres, client: &Client, before: u32) -> Result<(), String> {
    let mut found = Vec::new();
    // From 17 on, pg_upgrade keeps slots, and checks them itself.
    if before < 17 {
        note(&mut found, client, SLOTS, "one or more databases have logical replication slots, drop them").await?;
    }
    note(&mut found, client, PREPARED, "there are prepared transactions, commit or roll them back").await?;
    note(&mut found, client, INVALID, "there are invalid databases, drop them").await?;
    let databases = client.query("SELECT datname::text FROM pg_database WHERE datallowconn", &[]).await;
    for row in databases.map_err(reason)? {
        let database = superuser(server, row.get(0)).await.map_err(|error| error.to_string())?;
        note(&mut found, &database, REG_TYPES, "columns have reg* data types, remove them").await?;
    }
    if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
}

async fn note(found: &mut Vec<String>, client: &Client, query: &str, text: &str) -> Result<(), String> {
    let rows = client.query(query, &[]).await.map_err(reason)?;
    let names: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    if !names.is_empty() {
        found.push(format!("{text} ({})", names.join(", ")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(before: Value, after: Value) -> ResourceRequest {
        ResourceRequest {
            resource_type: "AWS::RDS::DBInstance".into(),
            logical_id: "Database".into(),
            stack_name: "stack".into(),
            region: "us-east-1".into(),
            physical_id: Some("db".into()),
            properties: after,
            old_properties: before,
        }
    }

    #[test]
    fn an_update_changes_the_version_if_its_property_changes() {
        let change = |before, after| Change::of(&request(json!({ "EngineVersion": before }), after));
        assert!(change("16", json!({ "EngineVersion": "16" })).is_none());
        assert!(change("16", json!({})).is_none());
        let after = json!({ "EngineVersion": "17.6", "AllowMajorVersionUpgrade": "true", "DBParameterGroupName": "g" });
        let found = change("16", after).expect("a change");
        assert_eq!((found.version.as_str(), found.allowed, found.group.as_deref()), ("17.6", true, Some("g")));
        assert!(!change("16", json!({ "EngineVersion": "17" })).expect("a change").allowed);
    }

    #[test]
    fn targets_are_newer_versions_with_their_programs() {
        let folder = tempfile::tempdir().unwrap();
        let programs = |version: &str, names: &[&str]| {
            let bin = folder.path().join(version);
            std::fs::create_dir(&bin).unwrap();
            names.iter().for_each(|name| std::fs::write(bin.join(name), "").unwrap());
            (major(version).unwrap(), PostgresPrograms { bin, version: version.into() })
        };
        let all = ["pg_upgrade", "pg_dump", "pg_dumpall", "pg_restore", "psql", "pg_resetwal", "vacuumdb"];
        let versions = [programs("15.14", &all), programs("16.2", &all), programs("17.1", &[]), programs("18.4", &all)];
        let versions = versions.into_iter().collect();
        assert_eq!(targets(&versions, "15.14"), ["16.2", "18.4"]);
        assert_eq!(targets(&versions, "18.4"), [""; 0]);
    }
}
