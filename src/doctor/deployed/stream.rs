//! The stream between capture and consumer.

use super::{Finding, Subject, gone, missing};
use crate::aws::databases;
use crate::aws::stream::summary;
use crate::base::error::Result;
use crate::base::report::count;
use crate::pipelines::Stop;

const CHECK: &str = "stream";

pub async fn kinesis(subject: Subject<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    let Some(name) = subject.output(stop.output) else { return Ok(missing(CHECK)) };
    let Some(found) = summary(&subject.context.clients, name).await? else {
        return Ok(gone(CHECK, name, subject.restore(stop.output)));
    };
    let word = found.stream_status().as_str().to_lowercase();
    let shards = count(found.open_shard_count(), "open shard");
    let text = format!("{shards}, records are kept {} h", found.retention_period_hours());
    Ok(vec![match word.as_str() {
        "active" | "updating" => Finding::ok(CHECK, text).word(word),
        _ => Finding::warning(CHECK, format!("{name} is {word}"), "wait until it is active").word(word),
    }])
}

/// Checks the change stream of a table.
pub async fn of_table(subject: Subject<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    let Some(arn) = subject.output(stop.output) else { return Ok(missing(CHECK)) };
    // `…:table/NAME/stream/LABEL`
    let table = arn.split_once("/stream/").map_or(arn, |(table, _)| table);
    let table = table.rsplit_once('/').map_or(table, |(_, name)| name);
    let Some(found) = databases::table(&subject.context.clients, table).await? else {
        return Ok(gone(CHECK, table, subject.restore(stop.output)));
    };
    let stream = found.stream_specification();
    let enabled = stream.is_some_and(|stream| stream.stream_enabled());
    let latest = found.latest_stream_arn();
    let view = stream.and_then(|stream| stream.stream_view_type()).map_or("", |view| view.as_str());
    Ok(vec![if !enabled {
        let remedy = "run `outboxctl deploy`; changes made without a stream are not delivered later";
        Finding::failed(CHECK, format!("table {table} has no stream"), remedy).word("off")
    } else if latest.is_some_and(|latest| latest != arn) {
        let text = format!("the consumer reads another stream than the current one of table {table}");
        let remedy = "the stream was disabled and enabled: destroy the consumer's stack and deploy again";
        Finding::failed(CHECK, text, remedy).word("replaced")
    } else {
        Finding::ok(CHECK, format!("of table {table}, {view}, records are kept 24 h")).word("enabled")
    }])
}
