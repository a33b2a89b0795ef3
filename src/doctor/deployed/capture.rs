//! The DMS task and its connections.

use std::time::Duration;

use super::{DELETED, Finding, Subject, gone, missing};
use crate::aws::dms::{Connection, Polling, SlotUse, Snapshot, Task, latest};
use crate::base::error::{Kind, Result};
use crate::base::report::Silent;
use crate::pipelines::Output;
use crate::postgres::admin::{Slot, SlotTrouble};

const TASK: &str = "capture task";

pub async fn task(subject: Subject<'_>) -> Result<Vec<Finding>> {
    let Some(arn) = subject.output(Output::TaskArn) else { return Ok(missing(TASK)) };
    let clients = &subject.context.clients;
    // The task is read only once: there is no progress to report.
    let task = Task::new(clients, arn, Polling::new(clients, Duration::ZERO), &Silent);
    Ok(vec![match task.describe().await {
        Ok(now) if now.status == "starting" => starting(subject, &now).await,
        Ok(now) => match task.interrupted().await.ok().flatten() {
            Some(interrupted) => Finding::failed(
                TASK,
                format!("{interrupted}: nothing is captured"),
                format!("run `outboxctl {}`, which completes it", interrupted.command()),
            )
            .word(now.status),
            None => judge(&now),
        },
        Err(error) if error.kind() == Kind::NotDeployed => {
            return Ok(gone(TASK, "the task", DELETED));
        }
        Err(error) => return Err(error),
    }])
}

/// Returns the problem of the slot that the task needs; None without a problem, or if the task can't be read.
pub async fn slot_trouble(subject: Subject<'_>, slots: &[Slot]) -> Option<SlotTrouble> {
    let (task, source) = (subject.output(Output::TaskArn)?, subject.output(Output::SourceEndpointArn)?);
    let slot = SlotUse::find(&subject.context.clients, task, source).await.ok().filter(|slot| slot.needed)?;
    SlotTrouble::find(slots, slot.named.as_deref(), slot.plugin)
}

/// Returns the finding for a task that is starting. A slow start usually waits for a transaction.
async fn starting(subject: Subject<'_>, now: &Snapshot) -> Finding {
    let report = async { subject.deployment.database().await?.status().await };
    let waits = report.await.map(|report| report.open_transactions).unwrap_or_default();
    match waits.first() {
        Some(one) => Finding::warning(
            TASK,
            format!("the start waits for {one}"),
            format!("commit it, or end it with {}; a new slot waits for every transaction open before it", one.end()),
        )
        .word("starting"),
        None => judge(now),
    }
}

fn judge(now: &Snapshot) -> Finding {
    let word = now.status.clone();
    let reason = now.stop_reason.as_deref().unwrap_or("DMS gives no stop reason");
    match now.status.as_str() {
        "running" => {
            Finding::ok(TASK, format!("runs since {}", now.started_at.as_deref().unwrap_or("an unknown time")))
        }
        "ready" => Finding::warning(TASK, "it has never run: nothing is captured", "run `outboxctl dms start`"),
        "stopped" => Finding::warning(
            TASK,
            format!("nothing is captured: {reason}"),
            "run `outboxctl dms start`, which resumes where it stopped; until then the database keeps its log",
        ),
        "failed" | "failed-move" => {
            let failure = now.failure();
            let remedy = failure.hints().next().unwrap_or("run `outboxctl dms start`").to_owned();
            Finding::failed(TASK, failure.message(), remedy)
        }
        other => Finding::warning(TASK, format!("the task is {other}"), "the change continues by itself"),
    }
    .word(word)
}

pub async fn connections(subject: Subject<'_>) -> Result<Vec<Finding>> {
    const CHECK: &str = "capture connections";
    let outputs = [Output::ReplicationInstanceArn, Output::SourceEndpointArn, Output::TargetEndpointArn]
        .map(|name| subject.output(name));
    let [Some(instance), Some(source), Some(target)] = outputs else { return Ok(missing(CHECK)) };
    let connections = latest(&subject.context.clients, instance, [("source", source), ("target", target)]).await?;
    Ok(connections.iter().map(connection).collect())
}

fn connection(connection: &Connection) -> Finding {
    let check = format!("capture {} connection", connection.role);
    match connection.status.as_deref() {
        Some("successful") => Finding::ok(check, format!("the {}'s last test was successful", connection.role)),
        Some("failed") => {
            let failure = connection.failure();
            let remedy = failure.hints().next().unwrap_or("run `outboxctl dms test`").to_owned();
            Finding::failed(check, failure.message(), remedy)
        }
        Some(status) => Finding::warning(check, format!("its test is {status}"), "the test ends by itself"),
        None => {
            let text = format!("the {} was never tested", connection.role);
            Finding::warning(check, text, "run `outboxctl dms test`; `outboxctl dms start` tests it too")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    fn snapshot(status: &str, stop_reason: Option<&str>, last_failure: Option<&str>) -> Snapshot {
        Snapshot {
            arn: "arn".into(),
            identifier: "task".into(),
            status: status.into(),
            stop_reason: stop_reason.map(str::to_owned),
            last_failure: last_failure.map(str::to_owned),
            started_at: None,
            recovery_checkpoint: None,
            source_endpoint: String::new(),
            target_endpoint: String::new(),
            instance: String::new(),
            local: false,
        }
    }

    #[test]
    fn only_tasks_with_a_checkpoint_need_a_slot() {
        let needs_slot = |status| snapshot(status, None, None).needs_slot();
        assert!(needs_slot("running"));
        assert!(!needs_slot("ready") && !needs_slot("starting") && !needs_slot("stopped"), "it never read the log");
        let checkpoint = Some("checkpoint:V1#1".to_owned());
        assert!(Snapshot { recovery_checkpoint: checkpoint, ..snapshot("stopped", None, None) }.needs_slot());
    }

    #[test]
    fn task_findings_have_reason_and_remedy() {
        assert_eq!(judge(&snapshot("running", None, None)).state, State::Ok);
        let stopped = judge(&snapshot("stopped", Some("STOPPED_DUE_TO_LOW_DISK"), None));
        assert!(stopped.state == State::Warning && stopped.message.contains("LOW_DISK"), "{stopped:?}");
        let words = "all replication slots are in use";
        let failed = judge(&snapshot("failed", Some("FATAL_ERROR"), Some(words)));
        assert!(failed.state == State::Failed && failed.message.contains(words), "{failed:?}");
        assert!(failed.remedy.is_some_and(|text| text.contains("max_replication_slots")));
        assert_eq!(judge(&snapshot("moving", None, None)).state, State::Warning);
    }
}
