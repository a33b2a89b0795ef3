//! The server: a primary with the settings and the rights of a capture.

use tokio_postgres::{Client, GenericClient};

use super::super::fault::failed;
use super::super::names::quote_identifier;
use super::super::query::value;
use super::super::readiness::Readiness;
use super::Missing;
use crate::base::error::{Error, Kind, Result};

/// A server that accepts no changes.
pub(super) const STANDBY: &str =
    "the server is a standby (pg_is_in_recovery): it accepts no writes, and has no replication slots for a capture";

/// Refuses a standby, before anything is changed.
///
/// # Errors
/// `Failed`, and those of the query.
pub async fn refuse_standby(client: &impl GenericClient) -> Result<()> {
    match value(client, "ask whether the server is a standby", "SELECT pg_is_in_recovery()", &[]).await? {
        false => Ok(()),
        true => Err(Error::new(Kind::Failed, STANDBY).hint(
            "connect to the primary server, or to the writer endpoint of the cluster instead of a reader endpoint",
        )),
    }
}

/// Returns the settings and rights that the capture needs and the server lacks ("Using a PostgreSQL database as a
/// source" in the DMS user guide).
pub(super) async fn server(client: &Client, ready: &Readiness) -> Result<Vec<Missing>> {
    let row = client
        .query_one(
            "SELECT (SELECT setting::bigint FROM pg_settings WHERE name = 'wal_sender_timeout'),
                    EXISTS (SELECT FROM pg_roles WHERE rolname = 'rds_replication'),
                    EXISTS (SELECT FROM pg_replication_slots
                            WHERE slot_type = 'logical' AND database = current_database())",
            &[],
        )
        .await
        .map_err(failed("read the settings of the server"))?;
    let (timeout, is_rds, captured): (i64, bool, bool) = (row.get(0), row.get(1), row.get(2));
    let Readiness { wal_level: level, slots, senders, user, may_replicate, .. } = ready;
    let set = |rds: &str, setting: &str| match is_rds {
        true => format!("-- set {rds} in the parameter group, and reboot the instance"),
        false => format!("ALTER SYSTEM SET {setting}; -- then restart the server"),
    };
    let mut missing = Vec::new();
    if level.as_str() != "logical" {
        let remedy = set("rds.logical_replication = 1", "wal_level = logical");
        missing.push(Missing::new(format!("wal_level is {level}: nothing can be captured"), remedy));
    }
    // A running capture has its slot and its sender among these.
    for (name, what, room) in
        [("max_replication_slots", "replication slots", slots), ("max_wal_senders", "WAL senders", senders)]
    {
        if room.most == 0 || room.is_full() && !captured {
            let remedy = set(&format!("a larger {name}"), &format!("{name} = {}", room.most + 10));
            let problem = format!("no free {what}: {} of {} are in use ({name})", room.used, room.most);
            missing.push(Missing::new(problem, remedy));
        }
    }
    if (1..10_000).contains(&timeout) {
        let remedy = "ALTER SYSTEM SET wal_sender_timeout = 60000; SELECT pg_reload_conf();";
        let remedy = if is_rds { set("wal_sender_timeout = 60000", "") } else { remedy.to_owned() };
        missing.push(Missing::new(format!("wal_sender_timeout is {timeout} ms: DMS needs 10000 or 0"), remedy));
    }
    if !may_replicate {
        let role = quote_identifier(user);
        let remedy = match is_rds {
            true => format!("GRANT rds_replication TO {role}"),
            false => format!("ALTER ROLE {role} REPLICATION"),
        };
        missing.push(Missing::new(format!("{user} may not read the database's log"), remedy));
    }
    Ok(missing)
}
