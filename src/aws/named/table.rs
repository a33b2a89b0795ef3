//! DynamoDB tables and their streams.

use aws_sdk_dynamodb::types::DestinationStatus;

use super::{LISTED, ResourceType};
use crate::aws::Clients;
use crate::aws::arn::Arn;
use crate::aws::databases;
use crate::base::error::{AwsContext, Error, Kind, Result};

/// "CreateTable" in the DynamoDB API reference. It allows 255 characters.
const TABLE: ResourceType =
    ResourceType { title: "DynamoDB table", service: "dynamodb", prefix: "table/", more: "", length: 3..=255 };

/// Hint for a name that may be that of a table in PostgreSQL.
const IN_POSTGRES: &str = "a PostgreSQL table does not have a stream: `outboxctl tail --stream NAME` follows the \
                           Kinesis stream that its changes are captured into";

/// Returns the ARN of the stream of a table, from the table's name or ARN, or from the ARN of the stream.
///
/// # Errors
/// `NotFound` with similar names; `Failed` if the stream is not enabled; `Usage` for another text, region or account; and
/// those of DynamoDB.
pub async fn table_stream(clients: &Clients, text: &str) -> Result<String> {
    // The ARN of a stream is that of its table, followed by `/stream/LABEL`.
    let of_stream = text.split_once("/stream/").filter(|_| Arn::parse(text).is_some());
    let name = TABLE.name(clients, of_stream.map_or(text, |(table, _)| table)).await.map_err(in_postgres)?;
    if of_stream.is_some() {
        return Ok(text.to_owned());
    }
    let Some(table) = databases::table(clients, name).await? else {
        return Err(in_postgres(TABLE.not_found(clients, name, tables(clients).await)));
    };
    // A disabled stream keeps its ARN, and its records for a day.
    let enabled = table.stream_specification().is_some_and(|stream| stream.stream_enabled());
    match table.latest_stream_arn().filter(|_| enabled) {
        Some(arn) => Ok(arn.to_owned()),
        None => Err(disabled(clients, name).await),
    }
}

fn in_postgres(error: Error) -> Error {
    if matches!(error.kind(), Kind::Usage | Kind::NotFound) { error.hint(IN_POSTGRES) } else { error }
}

/// Returns the error of a table without a stream: how to enable it, or the Kinesis stream that receives the changes.
async fn disabled(clients: &Clients, name: &str) -> Error {
    let error = Error::new(Kind::Failed, format!("table {name} has no enabled stream")).hint(format!(
        "enable it: `aws dynamodb update-table --table-name {name} \
         --stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES`"
    ));
    let destinations = clients.dynamodb().describe_kinesis_streaming_destination().table_name(name).send().await;
    let arn = destinations.ok().and_then(|found| {
        let mut all = found.kinesis_data_stream_destinations.unwrap_or_default().into_iter();
        all.find(|one| one.destination_status() == Some(&DestinationStatus::Active))?.stream_arn
    });
    match arn {
        Some(arn) => error.hint(format!("its changes go to a Kinesis stream: `outboxctl tail --stream {arn}`")),
        None => error,
    }
}

/// Returns the names of the account's tables, at most a thousand.
pub async fn tables(clients: &Clients) -> Result<Vec<String>> {
    let mut pages = clients.dynamodb().list_tables().into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(name) = pages.next().await {
        names.push(name.aws("list the tables")?);
        if names.len() >= LISTED {
            break;
        }
    }
    Ok(names)
}
