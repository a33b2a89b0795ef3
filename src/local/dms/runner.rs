//! Runs of tasks: starting, running, then stopped or failed; and the restart after the stack was stopped.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::call::{Call, TRANSITION};
use super::endpoint;
use super::fault::{Answer, one_line};
use super::job::{self, slot, source_settings};
use super::kind::Kind;
use super::runs::Run;
use super::store::{Resource, Store, now};
use crate::base::error::{Error, Result};
use crate::local::capture::{self, Ended, Phase, Start, Statistics};
use crate::local::gateway::Gateway;
use crate::postgres::replication::Lsn;

/// Interval at which counts and positions of a running task are written to disk.
const KEEP: Duration = Duration::from_millis(250);

/// Sets the task to `starting` and starts its run in the background.
pub(super) fn start(call: &Call<'_>, task: &Resource, start: Start) -> Answer<Resource> {
    let starting = call.store.change(&task.arn, |task| {
        task.set_status("starting");
        task.document.remove("StopReason");
        task.document.remove("LastFailureMessage");
        task.set("ReplicationTaskStartDate", now());
        if start != Start::Resume {
            task.hidden.resumable = false;
            task.hidden.tables.clear();
            task.document.remove("RecoveryCheckpoint");
            task.set("ReplicationTaskStats", json!({"FreshStartDate": now()}));
        }
    })?;
    launch(call, starting.clone(), start);
    Ok(starting)
}

fn launch(call: &Call<'_>, task: Resource, start: Start) {
    let stop = CancellationToken::new();
    let statistics = Arc::new(Statistics::new(task.hidden.tables.clone()));
    let run = Run { stop: stop.clone(), statistics: Arc::clone(&statistics) };
    call.runs.lock().insert(task.arn.clone(), run);
    let (gateway, store, runs) = (Arc::clone(call.gateway), Arc::clone(&call.store), Arc::clone(&call.runs));
    call.gateway.spawn(async move {
        let run = AssertUnwindSafe(supervise(&gateway, &store, &task, start, &statistics, &stop)).catch_unwind();
        // A task without a run must not be shown as running.
        let ended = run.await.unwrap_or_else(|_| {
            Err(Error::new(
                crate::base::error::Kind::Unexpected,
                "the replication failed; the daemon's log has the reason",
            ))
        });
        // Before the status: a client that sees it stopped may start it again at once.
        runs.lock().remove(&task.arn);
        let changed = store.change(&task.arn, |task| {
            task.hidden.tables = statistics.snapshot();
            match &ended {
                // The stack stops: the task's status stays, and it continues after the next start.
                Ok(Ended::Cancelled) if !stop.is_cancelled() => {}
                Ok(ended) => {
                    finish(task, "stopped", if *ended == Ended::Loaded { "FULL_LOAD_ONLY_FINISHED" } else { "NORMAL" })
                }
                Err(error) => {
                    finish(task, "failed", "FATAL_ERROR Error Level FATAL");
                    let text = format!("Last Error {} Stop Reason FATAL_ERROR Error Level FATAL", one_line(error));
                    task.set("LastFailureMessage", text);
                }
            }
        });
        if let (Err(fault), false) = (changed, gateway.cancel.is_cancelled()) {
            tracing::warn!(task = task.arn, fault = fault.message, "a task's end could not be saved");
        }
    });
}

fn finish(task: &mut Resource, status: &str, reason: &str) {
    task.set_status(status);
    task.set("StopReason", format!("Stop Reason {reason}"));
    if let Some(Value::Object(stats)) = task.document.get_mut("ReplicationTaskStats") {
        stats.insert("StopDate".into(), now());
    }
}

/// Runs the data plane until it ends, and keeps the task's document up to date.
async fn supervise(
    gateway: &Arc<Gateway>,
    store: &Arc<Store>,
    task: &Resource,
    start: Start,
    statistics: &Arc<Statistics>,
    stop: &CancellationToken,
) -> Result<Ended> {
    tokio::time::sleep(TRANSITION).await;
    let (phase, mut phases) = watch::channel(Phase::Starting);
    let (confirmed, positions) = watch::channel(Lsn::default());
    let (job, sink) = job::prepare(gateway, store, task, start, Arc::clone(statistics), phase, confirmed).await?;
    let sink = Arc::new(sink);
    // Both a stop of the task and the end of the stack cancel it; `stop` distinguishes them.
    let both = gateway.cancel.child_token();
    let mut run = std::pin::pin!(capture::run(&job, sink, &both));
    let mut keep = tokio::time::interval(KEEP);
    let mut kept = (Lsn::default(), Vec::new());
    loop {
        tokio::select! {
            ended = &mut run => {
                keep_position(store, &task.arn, *positions.borrow());
                return ended;
            }
            () = stop.cancelled(), if !both.is_cancelled() => both.cancel(),
            Ok(()) = phases.changed() => {
                let phase = *phases.borrow_and_update();
                progress(store, &task.arn, phase);
            }
            _ = keep.tick() => {
                let now = (*positions.borrow(), statistics.snapshot());
                if now != kept {
                    kept = now;
                    save(store, &task.arn, |task| task.hidden.tables = kept.1.clone());
                    keep_position(store, &task.arn, kept.0);
                }
            }
        }
    }
}

/// Changes the document of a running task.
fn save(store: &Store, arn: &str, change: impl FnOnce(&mut Resource)) {
    if let Err(fault) = store.change(arn, change) {
        tracing::warn!(fault = fault.message, "a task's progress could not be saved");
    }
}

fn progress(store: &Store, arn: &str, phase: Phase) {
    save(store, arn, |task| {
        if phase != Phase::Starting && task.status() == "starting" {
            task.set_status("running");
        }
        task.hidden.resumable |= phase == Phase::Following;
        let percent = if phase == Phase::Following { 100 } else { 0 };
        if let Some(Value::Object(stats)) = task.document.get_mut("ReplicationTaskStats") {
            stats.insert("FullLoadProgressPercent".into(), percent.into());
            stats.insert("StartDate".into(), now());
        }
    });
}

fn keep_position(store: &Store, arn: &str, confirmed: Lsn) {
    if confirmed == Lsn::default() {
        return;
    }
    let position = confirmed.padded();
    save(store, arn, |task| {
        task.set("RecoveryCheckpoint", format!("checkpoint:V1#1#{position}.0.{position}#0#0#*#0#0"));
    });
}

pub(super) fn stop(call: &Call<'_>, task: &Resource) -> Answer<Resource> {
    let stopping = call.store.change(&task.arn, |task| task.set_status("stopping"))?;
    match call.runs.lock().get(&task.arn) {
        Some(run) => {
            let stop = run.stop.clone();
            call.gateway.spawn(async move {
                tokio::time::sleep(TRANSITION).await;
                stop.cancel();
            });
        }
        None => call.pass(&task.arn, "stopping", "stopped"),
    }
    Ok(stopping)
}

/// Drops the task's own slot, then the task.
pub(super) fn delete(call: &Call<'_>, task: Resource) {
    let (gateway, store) = (Arc::clone(call.gateway), Arc::clone(&call.store));
    call.gateway.spawn(async move {
        tokio::time::sleep(TRANSITION).await;
        if let Err(error) = drop_own_slot(&gateway, &store, &task).await {
            tracing::warn!(
                task = task.identifier(),
                error = one_line(&error),
                "the task's replication slot is still there"
            );
        }
        store.forget(&task.arn);
    });
}

async fn drop_own_slot(gateway: &Gateway, store: &Store, task: &Resource) -> Result<()> {
    let Ok(source) = store.get(Kind::Endpoint, task.text("SourceEndpointArn")) else { return Ok(()) };
    let settings = source_settings(&source);
    let ran = task.document.contains_key("ReplicationTaskStartDate");
    if settings.slot.is_some() || !ran {
        return Ok(());
    }
    let instance = store.get(Kind::Instance, task.text("ReplicationInstanceArn")).ok();
    let database = endpoint::database(gateway, store, instance.as_ref(), &source).await?;
    if let Some(instance) = &instance {
        endpoint::admitted(gateway, instance, &source, &database).await?;
    }
    capture::drop_slot(&database, &slot(task, &settings)).await
}

/// Continues the tasks that were running when the stack stopped, and completes transitional states.
pub(super) fn resume(call: &Call<'_>) {
    for resource in call.store.list(|_| true) {
        let status = resource.status().to_owned();
        match (resource.kind, status.as_str()) {
            (Kind::Task, "running" | "starting") => {
                let start = if resource.hidden.resumable { Start::Resume } else { Start::Fresh };
                launch(call, resource, start);
            }
            (Kind::Task, "deleting") => delete(call, resource),
            (Kind::Task, "stopping") => call.pass(&resource.arn, "stopping", "stopped"),
            (Kind::Task, "creating") => call.pass(&resource.arn, "creating", "ready"),
            (Kind::Task, "modifying") => call.pass(&resource.arn, "modifying", "stopped"),
            (Kind::Instance, "creating") => call.pass(&resource.arn, "creating", "available"),
            (Kind::Instance, "modifying") => call.pass(&resource.arn, "modifying", "available"),
            (Kind::Connection, "testing") | (_, "deleting") => call.store.forget(&resource.arn),
            _ => {}
        }
    }
}
