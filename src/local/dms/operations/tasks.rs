//! Replication tasks: their states and transitions.

use serde_json::{Map, Value, json};

use super::{Call, connections, one};
use crate::local::capture::mapping::Mappings;
use crate::local::capture::{Start, TableCounts};
use crate::local::dms::fault::{Answer, Fault, one_line};
use crate::local::dms::input::Input;
use crate::local::dms::job::{parse_position, source_settings};
use crate::local::dms::kind::Kind;
use crate::local::dms::runner;
use crate::local::dms::store::{Resource, now, seconds};

/// States in which a task may be changed or started.
const CHANGEABLE: &[&str] = &["ready", "stopped", "failed"];

pub(super) fn create(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let mut document = Map::new();
    document.insert("ReplicationTaskIdentifier".into(), input.identifier("ReplicationTaskIdentifier")?.into());
    for (member, kind) in [
        ("SourceEndpointArn", Kind::Endpoint),
        ("TargetEndpointArn", Kind::Endpoint),
        ("ReplicationInstanceArn", Kind::Instance),
    ] {
        let arn = call.get(kind, input.text(member)?)?.arn;
        document.insert(member.into(), arn.into());
    }
    document.insert("Status".into(), "creating".into());
    document.insert("ReplicationTaskCreationDate".into(), now());
    write(input, &mut document)?;
    input.text("TableMappings")?;
    input.text("MigrationType")?;
    let arn = call.arn(Kind::Task, input.optional("ResourceIdentifier"));
    let task = call.add(Kind::Task, arn, document, input)?;
    call.pass(&task.arn, "creating", "ready");
    Ok(one(task))
}

fn write(input: &Input, document: &mut Map<String, Value>) -> Answer<()> {
    if let Some(mappings) = input.optional("TableMappings") {
        Mappings::parse(mappings).map_err(|error| Fault::parameter(one_line(&error)))?;
    }
    if let Some(settings) = input.optional("ReplicationTaskSettings") {
        serde_json::from_str::<Map<String, Value>>(settings).map_err(|error| {
            Fault::parameter(format!("Task Settings CloudWatchLogs or other settings are not valid JSON: {error}"))
        })?;
    }
    if let Some(position) = input.optional("CdcStartPosition") {
        parse_position(position)?;
    }
    for refused in ["CdcStartTime", "CdcStopPosition"] {
        if !input.0[refused].is_null() {
            return Err(Fault::parameter(format!("{refused} is not supported by the local stack")));
        }
    }
    input
        .copy(&["MigrationType", "TableMappings", "ReplicationTaskSettings", "CdcStartPosition", "TaskData"], document);
    Ok(())
}

pub(super) fn modify(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let task = changeable(call, input, "modified")?;
    let back: &'static str = CHANGEABLE.iter().find(|status| **status == task.status()).copied().unwrap_or("stopped");
    let changed = call.store.try_change(&task.arn, |task| {
        write(input, &mut task.document)?;
        if input.optional("ReplicationTaskIdentifier").is_some() {
            task.set("ReplicationTaskIdentifier", input.identifier("ReplicationTaskIdentifier")?);
        }
        task.set_status("modifying");
        Ok(())
    })?;
    call.pass(&task.arn, "modifying", back);
    Ok(one(changed))
}

pub(super) fn delete(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let task = changeable(call, input, "deleted")?;
    let deleting = call.store.change(&task.arn, |task| task.set_status("deleting"))?;
    runner::delete(call, task);
    Ok(one(deleting))
}

pub(super) fn describe(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let mut answer = super::describe(call, input, Kind::Task)?;
    if input.0["WithoutSettings"] == true {
        for task in answer["ReplicationTasks"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            task.remove("ReplicationTaskSettings");
        }
    }
    Ok(answer)
}

pub(super) fn start(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let task = changeable(call, input, "started")?;
    for member in ["SourceEndpointArn", "TargetEndpointArn"] {
        let connection = connections::arn(task.text("ReplicationInstanceArn"), task.text(member));
        if call.store.find(&connection).is_none_or(|connection| connection.status() != "successful") {
            let endpoint = task.text(member);
            return Err(Fault::state(format!(
                "Test connection for replication instance and endpoint {endpoint} should be successful for starting the replication task"
            )));
        }
    }
    let ran = task.document.contains_key("ReplicationTaskStartDate");
    let start = start_type(call, &task, input.text("StartReplicationTaskType")?, ran)?;
    let position = input.optional("CdcStartPosition");
    let position = position.or_else(|| (!ran).then(|| task.text("CdcStartPosition")).filter(|text| !text.is_empty()));
    let start = position.map_or(Ok(start), |text| parse_position(text).map(Start::At))?;
    // "A logical replication slot should already be created and associated with the source endpoint" (StartReplicationTask),
    // and DMS raises an error if a task on such an endpoint has no CdcStartPosition (PostgreSQLSettings, SlotName).
    match (start, names_slot(call, &task)?) {
        (Start::At(_), false) => {
            return Err(Fault::combination(
                "CdcStartPosition needs a replication slot that exists and that the source endpoint names (SlotName)",
            ));
        }
        (Start::Fresh, true) => {
            return Err(Fault::combination(
                "the source endpoint names a replication slot (SlotName): the task needs a CdcStartPosition",
            ));
        }
        _ => {}
    }
    runner::start(call, &task, start).map(one)
}

/// Returns the start of a type; `ran` is whether the task was started before.
fn start_type(call: &Call<'_>, task: &Resource, kind: &str, ran: bool) -> Answer<Start> {
    let cdc_only = task.text("MigrationType") == "cdc";
    match (kind, ran) {
        ("start-replication", true) if !cdc_only => {
            Err(Fault::combination("Start Type : START_REPLICATION, valid only for tasks running for the first time"))
        }
        ("resume-processing", false) => {
            Err(Fault::combination("Start Type : RESUME_PROCESSING, not valid for tasks running for the first time"))
        }
        // A first run that failed before it had a slot left nothing to resume. A slot that the endpoint names has a position.
        ("resume-processing", true) if task.hidden.resumable || names_slot(call, task)? => Ok(Start::Resume),
        ("reload-target", _) if cdc_only => {
            Err(Fault::combination("Start Type : RELOAD_TARGET, not valid for tasks that only capture changes"))
        }
        ("start-replication" | "resume-processing" | "reload-target", _) => Ok(Start::Fresh),
        (other, _) => Err(Fault::parameter(format!("StartReplicationTaskType {other} is not known"))),
    }
}

/// Returns whether the source endpoint names a replication slot.
fn names_slot(call: &Call<'_>, task: &Resource) -> Answer<bool> {
    let source = call.get(Kind::Endpoint, task.text("SourceEndpointArn"))?;
    Ok(source_settings(&source).slot.is_some())
}

pub(super) fn stop(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let task = call.get(Kind::Task, input.text("ReplicationTaskArn")?)?;
    // A start that waits for an open transaction can be stopped, too.
    if !["running", "starting"].contains(&task.status()) {
        return Err(Fault::state(format!(
            "Replication Task cannot be stopped, invalid state: task {} is {}",
            task.identifier(),
            task.status()
        )));
    }
    runner::stop(call, &task).map(one)
}

pub(super) fn statistics(call: &Call<'_>, input: &Input) -> Answer<Value> {
    let task = call.get(Kind::Task, input.text("ReplicationTaskArn")?)?;
    let tables = call.runs.tables(&task.arn).unwrap_or_else(|| task.hidden.tables.clone());
    let state = if task.hidden.resumable { "Table completed" } else { "Before load" };
    let mut rows: Vec<Value> =
        tables.iter().map(|((schema, table), counts)| row(schema, table, state, counts)).collect();
    for (filter, values) in input.filters() {
        let member = match filter {
            "schema-name" => "SchemaName",
            "table-name" => "TableName",
            "table-state" => "TableState",
            other => return Err(Fault::parameter(format!("Unrecognized filter name: {other}"))),
        };
        rows.retain(|row| row[member].as_str().is_some_and(|value| values.contains(&value)));
    }
    let mut answer = input.page("TableStatistics", rows, 500)?;
    answer["ReplicationTaskArn"] = task.arn.into();
    Ok(answer)
}

fn row(schema: &str, table: &str, state: &str, counts: &TableCounts) -> Value {
    let mut row = json!({
        "SchemaName": schema, "TableName": table, "TableState": state,
        "Inserts": counts.inserts, "Updates": counts.updates, "Deletes": counts.deletes, "Ddls": counts.ddls,
        "AppliedInserts": counts.inserts, "AppliedUpdates": counts.updates, "AppliedDeletes": counts.deletes,
        "AppliedDdls": counts.ddls,
        "FullLoadRows": counts.loaded, "FullLoadErrorRows": 0, "FullLoadCondtnlChkFailedRows": 0,
        "ValidationState": "Not enabled",
    });
    if let Some(time) = counts.updated_at {
        row["LastUpdateTime"] = seconds(time);
    }
    row
}

fn changeable(call: &Call<'_>, input: &Input, done: &str) -> Answer<Resource> {
    let task = call.get(Kind::Task, input.text("ReplicationTaskArn")?)?;
    // A stopping task has not released its slot yet.
    if !CHANGEABLE.contains(&task.status()) || call.runs.is_running(&task.arn) {
        return Err(Fault::state(format!(
            "Replication Task cannot be {done}, invalid state: task {} is {}",
            task.identifier(),
            task.status()
        )));
    }
    Ok(task)
}
