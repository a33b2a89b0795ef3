//! The PostgreSQL database, from outside and from inside.

use chrono::Utc;

use super::{Finding, Subject, capture, cluster, gone, missing};
use crate::aws::databases::{self, Server};
use crate::base::error::Result;
use crate::base::report::count;
use crate::pipelines::{Hop, Output, Part};
use crate::postgres::admin::{Overview, OverviewRequest, REBUILD, Slot, SlotTrouble, StatusReport};
use crate::postgres::quote_literal;

/// Bytes of log that a slot without a reader may retain before it is a warning.
const RETAINED: i64 = 1 << 30;
/// Bytes of log that a reader may be behind before it is a warning.
const BEHIND: i64 = 256 << 20;

const CHECK: &str = "database";

/// Checks the instance, or the cluster.
pub async fn server(subject: Subject<'_>) -> Result<Vec<Finding>> {
    let is_known = subject.deployment.is_existing(Output::DatabaseEndpoint) || subject.deployment.is_elsewhere();
    match subject.deployment.server() {
        Some(Server::Instance(name)) => instance(subject, name).await,
        Some(Server::Cluster(name)) => cluster::cluster(subject, name).await,
        None if is_known => {
            let text = "[existing] gives no identifier of an RDS instance or cluster";
            Ok(vec![Finding::not_checked(CHECK, text)])
        }
        None => Ok(missing(CHECK)),
    }
}

async fn instance(subject: Subject<'_>, name: &str) -> Result<Vec<Finding>> {
    let Some(found) = databases::instance(&subject.context.clients, name).await? else {
        return Ok(gone(CHECK, format!("instance {name}"), subject.restore_data(Output::DatabaseIdentifier)));
    };
    let word = found.db_instance_status().unwrap_or("unknown").to_owned();
    let version = found.engine_version().unwrap_or("?");
    Ok(vec![match word.as_str() {
        "available" | "backing-up" | "storage-optimization" => {
            Finding::ok(CHECK, format!("{name}, PostgreSQL {version}")).word(word)
        }
        "storage-full" => {
            let remedy = "raise DatabaseStorageLimit; an inactive replication slot is the usual cause: `outboxctl db status` lists them";
            Finding::failed(CHECK, "its storage is full", remedy).word(word)
        }
        "stopped" => {
            let remedy = format!("start it: `aws rds start-db-instance --db-instance-identifier {name}`");
            Finding::failed(CHECK, "it is stopped", remedy).word(word)
        }
        "failed" | "incompatible-parameters" | "incompatible-network" | "inaccessible-encryption-credentials" => {
            Finding::failed(CHECK, format!("RDS reports {word}"), "its events in the RDS console have the reason")
                .word(word)
        }
        _ => Finding::warning(CHECK, format!("{name} is {word}"), "wait until it is available").word(word),
    }])
}

/// Checks schema, `wal_level`, publication, outbox and slots by a query to the database.
pub async fn inside(subject: Subject<'_>) -> Result<Vec<Finding>> {
    if subject.output(Output::DatabaseSecretArn).is_none() && !subject.deployment.is_elsewhere() {
        return Ok(missing("database schema"));
    }
    let mut database = subject.deployment.database().await?;
    let report = database.status().await?;
    let mut findings = vec![schema(&report)];
    findings.extend(report.wal_level.as_deref().map(replication));
    // Only pipelines with a processed log have consumers that mark rows.
    let marked = subject.deployment.pipeline.has(Part::ProcessedLog);
    findings.extend(report.outbox.as_ref().map(|outbox| {
        let oldest = outbox.oldest_unprocessed.filter(|_| marked).map(|at| (Utc::now() - at).num_seconds().max(0));
        let oldest = oldest.map_or(String::new(), |age| format!(", the oldest not marked processed is {age} s old"));
        let about = if outbox.exact { "" } else { "about " };
        Finding::ok("outbox", format!("{about}{} in the outbox{oldest}", count(outbox.rows, "row")))
    }));
    let trouble = capture::slot_trouble(subject, &report.slots).await;
    let lost = match &trouble {
        Some(SlotTrouble::Lost(name)) => Some(name.as_str()),
        _ => None,
    };
    let others = report.slots.iter().filter(|one| Some(one.name.as_str()) != lost);
    findings.extend(others.map(|one| slot(one).at(Hop::Capture)));
    findings.extend(trouble.map(|trouble| without_slot(&trouble).at(Hop::Capture)));
    if marked {
        let overview = database.overview(OverviewRequest { rows: 1, ..OverviewRequest::default() }).await?;
        findings.extend(processed(&overview).into_iter().map(|finding| finding.at(Hop::Processed)));
    }
    Ok(findings)
}

/// Checks the log of processed events, and the events that a consumer failed to process.
fn processed(overview: &Overview) -> Vec<Finding> {
    const CHECK: &str = "processed log";
    let newest = overview.processed.as_ref().map(|rows| rows.last().map(|row| row.processed_at));
    let log = match newest {
        Some(Some(at)) => {
            Finding::ok(CHECK, format!("the newest event was processed at {}", at.format("%Y-%m-%d %H:%M:%S UTC")))
                .word("active")
        }
        Some(None) => Finding::ok(CHECK, "no event was processed yet").word("empty"),
        None => {
            Finding::failed(CHECK, "the log of processed events is missing", "run `outboxctl db init`").word("missing")
        }
    };
    let failed = overview.failures.as_ref().and_then(|rows| rows.first()).map(|newest| {
        let text = format!(
            "a consumer failed to process records, the newest at {}: {}",
            newest.failed_at.format("%Y-%m-%d %H:%M:%S UTC"),
            newest.reason
        );
        Finding::warning("dead letters", text, "`outboxctl dlq list` shows them with their reasons")
    });
    std::iter::once(log).chain(failed).collect()
}

fn schema(report: &StatusReport) -> Finding {
    const CHECK: &str = "database schema";
    if let Some(newer) = report.unknown() {
        let text = format!("migration {:04} {} is of a newer outboxctl", newer.version, newer.name);
        return Finding::warning(CHECK, text, "use the newer outboxctl that applied it");
    }
    match (report.pending.len(), report.publication) {
        (0, true) => Finding::ok(CHECK, format!("{}, and the publication", count(report.applied.len(), "migration"))),
        (0, false) if report.outbox.is_none() => Finding::failed(
            CHECK,
            "the outbox table is missing: it was dropped or renamed",
            "restore it, then run `outboxctl db init`",
        ),
        (0, false) => Finding::failed(CHECK, "the publication is missing", "run `outboxctl db init`"),
        (pending, _) if report.outbox.is_none() => Finding::failed(
            CHECK,
            format!("the outbox is missing; {} pending", count(pending, "migration")),
            "run `outboxctl db init`",
        ),
        (pending, _) => {
            Finding::warning(CHECK, format!("{} pending", count(pending, "migration")), "run `outboxctl db init`")
        }
    }
}

fn replication(level: &str) -> Finding {
    const CHECK: &str = "logical replication";
    match level {
        "logical" => Finding::ok(CHECK, "wal_level is logical"),
        other => Finding::failed(
            CHECK,
            format!("wal_level is {other}: nothing can be captured"),
            "set rds.logical_replication = 1 in the parameter group, then reboot the instance",
        ),
    }
}

const SLOT: &str = "replication slot";

/// Returns the finding for a capture that has lost its position.
fn without_slot(trouble: &SlotTrouble) -> Finding {
    Finding::failed(SLOT, trouble.to_string(), format!("events written since are not captured: {REBUILD}"))
        .word(trouble.word())
}

fn slot(slot: &Slot) -> Finding {
    let size = |bytes: Option<i64>| bytes.map_or("an unknown amount".to_owned(), crate::base::report::bytes);
    let text =
        format!("slot {} is {} behind, {} of log retained", slot.name, size(slot.lag_bytes), size(slot.retained_bytes));
    match (slot.wal_status.as_deref(), slot.active) {
        // Not the capture's own, which is reported as a failure.
        (Some("lost"), _) => Finding::warning(
            SLOT,
            format!("slot {} is lost: it can't be read any more", slot.name),
            format!("drop it: SELECT pg_drop_replication_slot({})", quote_literal(&slot.name)),
        ),
        (Some("unreserved"), _) => {
            let remedy =
                "it loses its log at the next checkpoint: let its reader catch up now, or raise max_slot_wal_keep_size";
            Finding::warning(SLOT, text, remedy)
        }
        (_, false) if slot.retained_bytes.unwrap_or(0) > RETAINED => {
            let remedy =
                "nothing reads it, and the disk fills: run `outboxctl dms start`, or drop a slot that is not needed";
            Finding::failed(SLOT, text, remedy)
        }
        (_, false) => Finding::warning(
            SLOT,
            format!("inactive: no reader; {text}"),
            "run `outboxctl dms start`, or drop the slot if it is not needed",
        ),
        (_, true) if slot.lag_bytes.unwrap_or(0) > BEHIND => Finding::warning(
            SLOT,
            text,
            "its reader does not keep up: choose a larger ReplicationInstanceClass, or add shards",
        ),
        _ => Finding::ok(SLOT, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn a_schema_of_another_version_and_a_dropped_table_are_named() {
        let text = |version: i32, publication: bool| {
            let applied = serde_json::json!({"version": version, "name": "m", "applied_at": "2026-01-01T00:00:00Z"});
            let report = serde_json::json!({
                "server": "16.4", "applied": [applied], "pending": [], "outbox": null, "publication": publication,
                "slots": [], "warnings": [],
            });
            schema(&serde_json::from_value(report).expect("a report")).message
        };
        assert_eq!(text(1, true), "1 migration, and the publication");
        assert_eq!(text(9999, true), "migration 9999 m is of a newer outboxctl");
        assert!(text(1, false).contains("dropped"));
    }

    #[test]
    fn slots_are_reported_before_they_fill_the_disk() {
        let healthy = Slot {
            name: "s".into(),
            plugin: "pgoutput".into(),
            active: true,
            lag_bytes: Some(100),
            retained_bytes: Some(2_000),
            wal_status: Some("reserved".into()),
        };
        let unread = Slot { active: false, ..healthy.clone() };
        let behind = Slot { lag_bytes: Some(BEHIND + 1), ..healthy.clone() };
        let filling = Slot { retained_bytes: Some(RETAINED + 1), ..unread.clone() };
        let lost = Slot { wal_status: Some("lost".into()), ..unread.clone() };
        let expected = [State::Ok, State::Warning, State::Warning, State::Failed, State::Warning];
        assert_eq!([healthy, unread, behind, filling, lost].map(|one| slot(&one).state), expected);
        assert_eq!(replication("replica").state, State::Failed);
        for trouble in [SlotTrouble::Missing(None), SlotTrouble::Lost("s".into())] {
            let own = without_slot(&trouble);
            assert!(own.state == State::Failed && own.remedy.is_some_and(|text| text.contains("dms rebuild")));
        }
    }
}
