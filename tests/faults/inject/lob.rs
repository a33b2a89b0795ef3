//! Large objects that DMS truncates at `LobMaxSize`: an endpoint that other tools made need not stop the task instead.

use aws_sdk_databasemigration::types::PostgreSqlSettings;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::Scene;
use super::poison::{expect_kept, token, unusual};
use crate::history::Step;
use crate::trouble::{Result, causes, trouble, until};
use crate::write::append;

/// In kilobytes; the default of DMS. Every payload of the load is smaller.
const LOB_MAX_SIZE: u64 = 32;
/// Characters that this leaves: each counts two bytes.
const CHARACTERS: usize = 32 * 1024 / 2;

pub fn truncated<'a>(scene: &'a Scene<'a>) -> LocalBoxFuture<'a, Result<u64>> {
    async move {
        let settings = settings(scene).await?;
        let mut smaller: Value = serde_json::from_str(&settings)?;
        smaller["TargetMetadata"]["LobMaxSize"] = LOB_MAX_SIZE.into();
        change(scene, false, smaller.to_string()).await?;
        let written = write(scene).await;
        change(scene, true, settings).await?;
        written?;
        // The task was stopped and started twice.
        Ok(2)
    }
    .boxed_local()
}

/// Rows that are as large as can be, and rows that are truncated, of every kind of JSON. Returns once these are kept.
async fn write(scene: &Scene<'_>) -> Result<()> {
    let fits = format!(r#"{{"text": "{}"}}"#, "x".repeat(CHARACTERS - 12));
    let fits = unusual(scene, format!("{}fits", scene.history.prefix), fits).await;
    let database = scene.world.database().await?;
    for event in append(&database, &[fits]).await? {
        scene.history.wrote(Step::Committed, event);
    }
    let bodies = [
        format!(r#"{{"text": "{}"}}"#, "x".repeat(CHARACTERS)),
        // Two units of UTF-16 each, one of them before the end.
        format!(r#"{{"t": "{}"}}"#, "😀".repeat(CHARACTERS)),
        format!("[{}0]", "0, ".repeat(CHARACTERS)),
        format!(r#""{}""#, "x".repeat(CHARACTERS)),
        // The beginning of a number is a number.
        "7".repeat(CHARACTERS + 100),
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        let token = token(scene, &format!("lob-{number}"));
        expect_kept(scene, &token);
        let row = unusual(scene, token, body).await;
        append(&database, &[row]).await?;
        scene.load.continues(5).await?;
    }
    until("the truncated rows are kept", async || {
        let kept = |steps: &[Step]| steps.iter().filter(|step| matches!(step, Step::Kept(_))).count();
        Ok((scene.history.sink.read(kept) >= 5).then_some(()))
    })
    .await?;
    let letters = scene.world.ok(&["dlq", "list"]).await?.to_string();
    if letters.matches("truncated").count() < 5 {
        return Err(trouble(format!("dlq list does not name what happened to the rows: {letters}")));
    }
    Ok(())
}

async fn settings(scene: &Scene<'_>) -> Result<String> {
    let answer = scene.world.aws.dms.describe_replication_tasks().send().await.map_err(causes("describe the task"))?;
    let task = answer.replication_tasks().first().ok_or("there is no task")?;
    Ok(task.replication_task_settings().ok_or("the task has no settings")?.to_owned())
}

/// Restarts the task with other settings.
async fn change(scene: &Scene<'_>, fails: bool, settings: String) -> Result<()> {
    let dms = &scene.world.aws.dms;
    scene.world.ok(&["dms", "stop"]).await?;
    let answer = dms.describe_replication_tasks().send().await.map_err(causes("describe the task"))?;
    let task = answer.replication_tasks().first().ok_or("there is no task")?;
    let source = PostgreSqlSettings::builder().fail_tasks_on_lob_truncation(fails).build();
    let endpoint = dms.modify_endpoint().set_endpoint_arn(task.source_endpoint_arn().map(str::to_owned));
    let endpoint = endpoint.engine_name("postgres").postgre_sql_settings(source);
    endpoint.send().await.map_err(causes("change the endpoint"))?;
    let change = dms.modify_replication_task().set_replication_task_arn(task.replication_task_arn().map(str::to_owned));
    change.replication_task_settings(settings).send().await.map_err(causes("change the task"))?;
    // The change takes a moment.
    until("the task starts", async || scene.world.ok(&["dms", "start"]).await.map(Some)).await.map(drop)
}
