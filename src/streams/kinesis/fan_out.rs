//! The enhanced fan-out consumer of one run: registered and tagged at its start, removed at its end.
//!
//! A registered consumer is billed by the hour, so leftovers of killed runs are found by their tags, or by the owner in
//! their names, and removed.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::types::ConsumerStatus;
use chrono::Utc;
use tokio_util::sync::CancellationToken;

use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, RESOURCE_MISSING, Result, sdk_code};
use crate::base::report::{Event, Reporter};
use crate::base::timing::Wait;
use crate::streams::owner;
use crate::streams::temporary::{keep_if_active, report_leftovers};

const PREFIX: &str = "outboxctl-tail-";
/// Maximum wait; a consumer is usually active within some seconds.
const ACTIVE_WITHIN: Duration = Duration::from_secs(120);

/// A registered consumer. [`FanOut::remove`] must follow, even after an error.
pub struct FanOut {
    client: Client,
    pub arn: String,
    name: String,
}

impl FanOut {
    /// Registers a consumer and waits until it is active; first removes consumers that killed processes left on this
    /// stream. After an error or when `cancel` fires, nothing of it remains.
    ///
    /// # Errors
    /// `StreamMissing`, `Interrupted` if cancelled, and those of Kinesis: a stream has at most 20 consumers.
    pub async fn open(
        clients: &Clients,
        stream: &str,
        reporter: &dyn Reporter,
        cancel: &CancellationToken,
    ) -> Result<Self> {
        let client = clients.kinesis();
        let Some(stream_arn) = arn(&client, stream).await? else {
            return Err(Error::new(Kind::StreamMissing, format!("stream {stream} not found")));
        };
        let removed = remove_orphans(&client, &stream_arn).await.map(|found| found.removed);
        report_leftovers(reporter, "consumers", removed);
        reporter.emit(Event::started("fan-out", "registering a temporary consumer"));
        let name = format!("{PREFIX}{}_{:08x}", owner::name(), fastrand::u32(..));
        // Not cancellable: a consumer registered by a dropped request could not be removed.
        let registered = client
            .register_stream_consumer()
            .stream_arn(&stream_arn)
            .consumer_name(&name)
            .set_tags(Some(HashMap::from(owner::tags())))
            .send()
            .await
            .aws(format!("register a consumer of stream {stream}"))?;
        let arn = registered.consumer().map(|consumer| consumer.consumer_arn().to_owned()).unwrap_or_default();
        let consumer = Self { client, arn, name };
        let pause = Duration::from_millis(if clients.is_local() { 20 } else { 1_000 });
        let active = cancel.run_until_cancelled(consumer.active(pause)).await;
        let active = active.unwrap_or_else(|| Err(Error::interrupted()));
        keep_if_active(consumer, active, Self::remove, ("fan-out", "the consumer is active"), reporter).await
    }

    async fn active(&self, pause: Duration) -> Result<()> {
        let wait = Wait::new(pause, ACTIVE_WITHIN);
        loop {
            let answer = self.client.describe_stream_consumer().consumer_arn(&self.arn).send().await;
            let answer = answer.aws(format!("describe consumer {}", self.name))?;
            let found = answer.consumer_description().map(|consumer| consumer.consumer_status());
            if found == Some(&ConsumerStatus::Active) {
                return Ok(());
            }
            if !wait.next().await {
                let text = format!("consumer {} was not active within {} s", self.name, ACTIVE_WITHIN.as_secs());
                return Err(Error::new(Kind::Failed, text));
            }
        }
    }

    /// Removes the consumer.
    pub async fn remove(self) -> Result<()> {
        let hint = format!("deregister the remaining consumer {} manually", self.arn);
        deregister(&self.client, &self.arn).await.map_err(|error| error.hint(hint))
    }
}

/// Returns the ARN of a stream; None if it does not exist.
async fn arn(client: &Client, stream: &str) -> Result<Option<String>> {
    let found = client.describe_stream_summary().stream_name(stream).send().await;
    let found = found.aws_unless(RESOURCE_MISSING, format!("describe stream {stream}"))?;
    Ok(found.and_then(|found| Some(found.stream_description_summary?.stream_arn)))
}

async fn deregister(client: &Client, arn: &str) -> Result<()> {
    let gone = client.deregister_stream_consumer().consumer_arn(arn).send().await;
    gone.aws_unless(RESOURCE_MISSING, format!("deregister consumer {arn}")).map(drop)
}

/// The registered consumers of a stream.
#[derive(Debug, Default)]
pub struct Consumers {
    /// Names of consumers that killed processes left behind, and that were removed now.
    pub removed: Vec<String>,
    /// Names of all others.
    pub others: Vec<String>,
}

/// Removes the consumers that killed processes left on this stream, and names the others. A missing stream has none.
///
/// # Errors
/// Those of Kinesis.
pub async fn consumers(clients: &Clients, stream: &str) -> Result<Consumers> {
    let client = clients.kinesis();
    let Some(arn) = arn(&client, stream).await? else { return Ok(Consumers::default()) };
    remove_orphans(&client, &arn).await
}

/// Removes the consumers that killed processes left on this stream, and names the others.
async fn remove_orphans(client: &Client, stream_arn: &str) -> Result<Consumers> {
    let (mut listed, mut found) = (Vec::new(), Consumers::default());
    let mut pages = client.list_stream_consumers().stream_arn(stream_arn).into_paginator().send();
    while let Some(page) = pages.next().await {
        listed.extend(page.aws("list the stream's consumers")?.consumers.unwrap_or_default());
    }
    // A consumer that is being removed is still listed for a moment.
    for consumer in listed.into_iter().filter(|consumer| *consumer.consumer_status() != ConsumerStatus::Deleting) {
        let (name, arn) = (consumer.consumer_name, consumer.consumer_arn);
        let tags = match name.strip_prefix(PREFIX) {
            Some(of_run) => tags(client, &arn, of_run).await,
            None => Some(HashMap::new()),
        };
        match tags {
            // Its owner removed it in the meantime.
            None => {}
            Some(tags) if owner::is_orphan(&tags, Utc::now()) => {
                deregister(client, &arn).await?;
                found.removed.push(name);
            }
            Some(_) => found.others.push(name),
        }
    }
    Ok(found)
}

/// Returns the tags of a temporary consumer, of which `of_run` is the name without its prefix; `None` if it no longer
/// exists.
async fn tags(client: &Client, arn: &str, of_run: &str) -> Option<HashMap<String, String>> {
    match client.list_tags_for_resource().resource_arn(arn).send().await {
        Ok(answer) => {
            let tags = answer.tags.unwrap_or_default().into_iter();
            Some(tags.map(|tag| (tag.key, tag.value.unwrap_or_default())).collect())
        }
        Err(error) if sdk_code(&error) == RESOURCE_MISSING => None,
        // The local stack keeps no tags of consumers, and the caller may lack permission to read them.
        Err(_) => Some(owner::tags_of_name(of_run.rsplit_once('_').map_or("", |(owner, _)| owner))),
    }
}
