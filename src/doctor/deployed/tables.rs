//! The DynamoDB tables on the write side.

use aws_sdk_dynamodb::types::{DestinationStatus, TableStatus};

use super::{Finding, Subject, gone, missing};
use crate::aws::databases;
use crate::base::error::{AwsContext, Result};
use crate::base::report::count;
use crate::pipelines::Stop;

/// The name of the check of [`destination`].
pub const DESTINATION: &str = "table's Kinesis destination";

/// Checks the table that is captured.
pub async fn table(subject: Subject<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    const CHECK: &str = "table";
    let Some(name) = subject.output(stop.output) else { return Ok(missing(CHECK)) };
    let Some(found) = databases::table(&subject.context.clients, name).await? else {
        return Ok(gone(CHECK, format!("table {name}"), subject.restore_data(stop.output)));
    };
    let status = found.table_status().unwrap_or(&TableStatus::Active);
    let items = found.item_count().unwrap_or(0);
    let word = status.as_str().to_lowercase();
    Ok(vec![match status {
        // DynamoDB updates the count about every six hours.
        TableStatus::Active => {
            Finding::ok(CHECK, format!("{name}, about {} when last counted", count(items, "item"))).word(word)
        }
        _ => Finding::warning(CHECK, format!("{name} is {word}"), "wait until it is active").word(word),
    }])
}

/// Checks that DynamoDB writes the changes of the table to the stream.
pub async fn destination(subject: Subject<'_>, stop: &Stop) -> Result<Vec<Finding>> {
    const CHECK: &str = DESTINATION;
    let Some(name) = subject.output(subject.deployment.pipeline.origin().output) else { return Ok(missing(CHECK)) };
    let dynamodb = subject.context.clients.dynamodb();
    let answer = dynamodb.describe_kinesis_streaming_destination().table_name(name).send().await;
    let answer = answer.aws(format!("look where table {name} streams to"))?;
    let wanted = subject.output(stop.output);
    let found = answer.kinesis_data_stream_destinations().iter().find(|to| to.stream_arn() == wanted);
    Ok(vec![match found.and_then(|to| to.destination_status()) {
        Some(DestinationStatus::Active) => Finding::ok(CHECK, "changes go to the stream").word("active"),
        Some(DestinationStatus::Enabling | DestinationStatus::Updating) => {
            Finding::warning(CHECK, "is being set up", "the change continues by itself").word("enabling")
        }
        other => Finding::failed(
            CHECK,
            "changes do not go to the stream",
            "enable it: aws dynamodb enable-kinesis-streaming-destination; changes made until then are not delivered \
             later",
        )
        .word(other.map_or("missing".to_owned(), |status| status.as_str().to_lowercase())),
    }])
}
