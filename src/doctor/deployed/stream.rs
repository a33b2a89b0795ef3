//! The stream between capture and consumer.

use super::{Finding, Scene, gone, missing};
use crate::error::{AwsContext, RESOURCE_MISSING, Result};
use crate::pipelines::Stop;

const CHECK: &str = "stream";

pub async fn kinesis(scene: Scene<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    let Some(name) = scene.output(stop.output) else { return Ok(missing(CHECK)) };
    let answer = scene.ground.clients.kinesis().describe_stream_summary().stream_name(name).send().await;
    let answer = answer.aws_unless(RESOURCE_MISSING, format!("look at stream {name}"))?;
    let Some(answer) = answer else { return Ok(gone(CHECK, name, scene.restore(stop.output))) };
    let Some(found) = answer.stream_description_summary() else {
        return Ok(vec![Finding::not_checked(CHECK, "Kinesis gives no description").word("unknown")]);
    };
    let word = found.stream_status().as_str().to_lowercase();
    let text =
        format!("{} open shards, records are kept {} h", found.open_shard_count(), found.retention_period_hours());
    Ok(vec![match word.as_str() {
        "active" | "updating" => Finding::ok(CHECK, text).word(word),
        _ => Finding::warning(CHECK, format!("{name} is {word}"), "wait until it is active").word(word),
    }])
}

/// Checks the change stream of a table.
pub async fn of_table(scene: Scene<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    let Some(arn) = scene.output(stop.output) else { return Ok(missing(CHECK)) };
    // `…:table/NAME/stream/LABEL`
    let Some(table) = arn.split("/stream/").next().and_then(|table| table.rsplit('/').next()) else {
        return Ok(vec![
            Finding::not_checked(CHECK, format!("{arn} is not the ARN of a table's stream")).word("unknown"),
        ]);
    };
    let answer = scene.ground.clients.dynamodb().describe_table().table_name(table).send().await;
    let answer = answer.aws_unless(RESOURCE_MISSING, format!("look at table {table}"))?;
    let Some(answer) = answer else { return Ok(gone(CHECK, table, scene.restore(stop.output))) };
    let stream = answer.table().and_then(|table| table.stream_specification());
    let enabled = stream.is_some_and(|stream| stream.stream_enabled());
    let latest = answer.table().and_then(|table| table.latest_stream_arn());
    let view = stream.and_then(|stream| stream.stream_view_type()).map_or("", |view| view.as_str());
    Ok(vec![if !enabled {
        let remedy = "run `outboxctl deploy`; changes made without a stream are not delivered later";
        Finding::failed(CHECK, format!("table {table} has no stream"), remedy).word("off")
    } else if latest.is_some_and(|latest| latest != arn) {
        let text = format!("the consumer reads another stream than the current one of table {table}");
        Finding::failed(
            CHECK,
            text,
            "the stream was disabled and enabled: destroy the consumer's stack and deploy again",
        )
        .word("replaced")
    } else {
        Finding::ok(CHECK, format!("of table {table}, {view}, records are kept 24 h")).word("enabled")
    }])
}
