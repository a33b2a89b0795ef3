//! The existing database, asked directly or through the admin function: settings, free slots, and rights of the user.

use std::time::Duration;

use super::{Finding, Subject};
use crate::base::error::{Kind, Result};
use crate::deployment::database::Database;
use crate::pipelines::Output;
use crate::postgres::Target;
use crate::postgres::admin::Readiness;

pub const CHECK: &str = "existing database: capture";
/// The check of the database of OUTBOXCTL_DATABASE_URL.
pub const REACHABLE: &str = "reachable database";

/// Time limit for a connection: a private database does not answer at all.
const LIMIT: Duration = Duration::from_secs(8);

pub(super) async fn inside(subject: Subject<'_>) -> Result<Vec<Finding>> {
    let read = async { subject.deployment.database().await?.readiness().await };
    let unreachable = "it can't be reached from here: wal_level, free replication slots and the rights of its user are not \
                       checked; `outboxctl doctor` checks them through the admin function once that is deployed";
    match tokio::time::timeout(LIMIT, read).await {
        Ok(Ok(found)) => Ok(judge(CHECK, &found, subject.deployment.output(Output::TaskArn).is_ok())),
        Ok(Err(error)) if error.kind() != Kind::DatabaseUnreachable => Err(error),
        Ok(Err(_)) | Err(_) => Ok(vec![Finding::not_checked(CHECK, unreachable)]),
    }
}

/// Checks a database that this machine reaches itself.
pub async fn reachable(target: &Target) -> Result<Vec<Finding>> {
    let found = async { Database::connect(target.clone(), Default::default()).await?.readiness().await }.await;
    Ok(match found {
        Ok(found) => judge(REACHABLE, &found, false),
        Err(error) => vec![Finding::failed_by(REACHABLE, &error)],
    })
}

/// Returns the findings. A deployed task has its slot and its sender already.
fn judge(check: &str, found: &Readiness, captured: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut failed = |text: String, remedy: &str| findings.push(Finding::failed(check, text, remedy));
    if found.recovers {
        failed(
            "the server is a reader: it accepts no writes and has no replication slots".to_owned(),
            "set database.endpoint to the server that writes",
        );
    }
    if found.wal_level != "logical" {
        failed(
            format!("wal_level is {}, and the capture needs logical", found.wal_level),
            "set rds.logical_replication = 1 in the parameter group and reboot the instance; outside of RDS, \
             wal_level = logical in postgresql.conf",
        );
    }
    for (setting, room) in [("max_replication_slots", found.slots), ("max_wal_senders", found.senders)] {
        if !captured && room.is_full() {
            let text = format!("{} of {} are in use ({setting})", room.used, room.most);
            failed(text, "drop unused ones, or raise the setting and restart the server");
        }
    }
    if !found.may_replicate {
        failed(
            format!("{} may not create replication slots", found.user),
            "as the master user: `GRANT rds_replication TO NAME`; outside of RDS, ALTER ROLE NAME REPLICATION",
        );
    }
    if !found.may_create {
        failed(
            format!("{} may not create objects in the database, which db init does", found.user),
            "as the owner of the database: `GRANT CREATE ON DATABASE NAME TO USER`",
        );
    }
    if findings.is_empty() {
        let text = format!(
            "PostgreSQL {}, wal_level logical, {} of {} slots and {} of {} senders in use, {} may replicate",
            found.server, found.slots.used, found.slots.most, found.senders.used, found.senders.most, found.user
        );
        findings.push(Finding::ok(check, text));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::postgres::admin::Room;

    fn ready() -> Readiness {
        Readiness {
            server: "17.4".into(),
            wal_level: "logical".into(),
            recovers: false,
            slots: Room { used: 1, most: 10 },
            senders: Room { used: 1, most: 10 },
            user: "owner".into(),
            may_replicate: true,
            may_create: true,
        }
    }

    #[test]
    fn every_obstacle_to_a_capture_has_a_remedy() {
        assert_eq!(judge(CHECK, &ready(), false)[0].state, State::Ok);
        let full = Room { used: 5, most: 5 };
        for (found, said) in [
            (Readiness { recovers: true, ..ready() }, "reader"),
            (Readiness { wal_level: "replica".into(), ..ready() }, "wal_level is replica"),
            (Readiness { slots: full, ..ready() }, "max_replication_slots"),
            (Readiness { senders: full, ..ready() }, "max_wal_senders"),
            (Readiness { may_replicate: false, ..ready() }, "may not create replication slots"),
            (Readiness { may_create: false, ..ready() }, "may not create objects"),
        ] {
            let findings = judge(CHECK, &found, false);
            assert_eq!(findings.len(), 1, "{said}: {findings:?}");
            assert!(findings[0].message.contains(said) && findings[0].remedy.is_some(), "{findings:?}");
        }
        assert_eq!(
            judge(CHECK, &Readiness { slots: full, ..ready() }, true)[0].state,
            State::Ok,
            "its own slot is one of them"
        );
    }
}
