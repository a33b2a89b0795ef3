//! Kinesis streams.

use super::{LISTED, ResourceType};
use crate::aws::Clients;
use crate::base::error::{AwsContext, RESOURCE_MISSING, Result};

/// "CreateStream" in the Kinesis Data Streams API reference.
const STREAM: ResourceType =
    ResourceType { title: "Kinesis stream", service: "kinesis", prefix: "stream/", more: "", length: 1..=128 };

/// Returns the name of an existing stream, from its name or ARN.
///
/// # Errors
/// `NotFound` with similar names; `Usage` for another text, region or account; and those of Kinesis.
pub async fn stream(clients: &Clients, text: &str) -> Result<String> {
    let name = STREAM.name(clients, text).await?;
    // Reading needs this right, too.
    let found = clients.kinesis().list_shards().stream_name(name).max_results(1).send().await;
    match found.aws_unless(RESOURCE_MISSING, format!("list the shards of {name}"))? {
        Some(_) => Ok(name.to_owned()),
        None => Err(STREAM.not_found(clients, name, streams(clients).await)),
    }
}

/// Returns the names of the account's streams, at most a thousand.
pub async fn streams(clients: &Clients) -> Result<Vec<String>> {
    let (mut names, mut last) = (Vec::<String>::new(), None);
    loop {
        let request = clients.kinesis().list_streams().set_exclusive_start_stream_name(last.take());
        let page = request.send().await.aws("list the Kinesis streams")?;
        let more = page.has_more_streams();
        names.extend(page.stream_names);
        if !more || names.len() >= LISTED {
            return Ok(names);
        }
        last = names.last().cloned();
    }
}
