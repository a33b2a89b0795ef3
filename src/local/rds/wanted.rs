//! The properties of a template's instance or cluster, checked by the rules of RDS.

use serde_json::Value;

use super::server::major;
use super::{CLUSTER, aurora};
use crate::local::gateway::ResourceRequest;
use crate::local::postgres_server::SUPERUSER;
use crate::local::postgres_server::instance::Instance;

/// The template's properties.
pub(super) struct Wanted {
    pub(super) instance: Instance,
    /// Major version, if the template names one.
    pub(super) major: Option<u32>,
    pub(super) database: String,
    pub(super) master: String,
    pub(super) password: String,
}

impl Wanted {
    pub(super) fn of(request: &ResourceRequest) -> Result<Self, String> {
        let text = |name: &str| request.properties.get(name).and_then(Value::as_str).map(str::to_owned);
        let is_cluster = request.resource_type == CLUSTER;
        if is_cluster {
            aurora::check_cluster(&request.properties)?;
        } else {
            check_engine(&text("Engine").unwrap_or_default())?;
            aurora::check_class_outside(&request.properties)?;
        }
        let name = if is_cluster { "DatabaseName" } else { "DBName" };
        let wanted = Self {
            instance: instance(request).ok_or("the instance has no identifier")?,
            major: text("EngineVersion").as_deref().and_then(major),
            database: text(name).unwrap_or_else(|| "postgres_".to_owned() + &request.logical_id.to_lowercase()),
            master: text("MasterUsername").ok_or("MasterUsername is missing")?,
            password: text("MasterUserPassword").ok_or("MasterUserPassword is missing")?,
        };
        check_name(name, &wanted.database, &["postgres", "template0", "template1", "rdsadmin"])?;
        check_name("MasterUsername", &wanted.master, &[SUPERUSER, "rdsadmin"])?;
        if !is_password(&wanted.password) {
            return Err(NOT_A_PASSWORD.into());
        }
        Ok(wanted)
    }
}

pub(super) const NOT_A_PASSWORD: &str = "The parameter MasterUserPassword is not a valid password: 8 to 128 characters";

/// Returns whether the password has as many characters as RDS for PostgreSQL accepts.
pub(super) fn is_password(password: &str) -> bool {
    (8..=128).contains(&password.len())
}

/// Returns the instance or cluster that a request is for; `None` before it has an identifier.
pub(super) fn instance(request: &ResourceRequest) -> Option<Instance> {
    let is_cluster = request.resource_type == CLUSTER;
    Some(Instance { region: request.region.clone(), identifier: request.physical_id.clone()?, is_cluster })
}

fn check_engine(engine: &str) -> Result<(), String> {
    match engine {
        aurora::AURORA => Err(format!("The engine {engine} needs DBClusterIdentifier: its instances are in a cluster")),
        engine if engine.contains("postgres") => Ok(()),
        engine => Err(format!("the local stack has PostgreSQL only, not the engine {engine:?}")),
    }
}

/// Checks a name by RDS's rule: begins with a letter, then letters, digits and underscores, at most 63, not a reserved
/// word.
fn check_name(property: &str, name: &str, reserved: &[&str]) -> Result<(), String> {
    let good = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 63
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !reserved.contains(&name);
    if good { Ok(()) } else { Err(format!("{property} {name:?} can't be used")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule_of_rds() {
        assert!(check_name("DBName", "outbox", &[]).is_ok());
        for bad in ["", "1a", "a-b", "a\"b", "a'b", "_a", "postgres"] {
            assert!(check_name("DBName", bad, &["postgres"]).is_err(), "{bad}");
        }
    }
}
