//! The reader of the event log group that a rule on the bus writes to.

mod search;

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use search::Search;

use super::{Item, Origin, Sink, StartAt, decode, read_into};
use crate::aws::Clients;
use crate::base::error::{AwsContext, Error, Kind, RESOURCE_MISSING, Result};
use crate::pipelines::Hop;

/// Options of a reader.
#[derive(Debug, Clone)]
pub struct Options {
    pub group: String,
    pub from: StartAt,
    /// The reader ends once this time has passed, after a grace period for events that become visible late.
    pub until: Option<DateTime<Utc>>,
    /// The reader ends after one more read once this is cancelled.
    pub finish: CancellationToken,
}

/// Reads in the background until cancelled, past `until`, or failed. It takes no position: a log keeps its history.
///
/// # Errors
/// `NotDeployed` if the group does not exist.
pub async fn open(clients: &Clients, options: Options, sink: Sink, cancel: CancellationToken) -> Result<()> {
    let local = clients.is_local();
    let millis = Duration::from_millis;
    let reader = Reader {
        client: clients.logs(),
        search: Search::new(options.from.since(Utc::now()), if local { millis(1_000) } else { millis(10_000) }),
        pause: if local { (millis(50), millis(250)) } else { (millis(1_000), millis(1_000)) },
        grace: TimeDelta::seconds(if local { 1 } else { 15 }),
        options,
        sink,
    };
    reader.check().await?;
    tokio::spawn(async move {
        let sink = reader.sink.clone();
        read_into(&sink, &cancel, reader.run()).await;
    });
    Ok(())
}

struct Reader {
    client: Client,
    options: Options,
    search: Search,
    /// Interval of reads while there are new events, and the longest interval while there are none.
    pause: (Duration, Duration),
    grace: TimeDelta,
    sink: Sink,
}

impl Reader {
    async fn check(&self) -> Result<()> {
        let group = &self.options.group;
        let found = self.client.filter_log_events().log_group_name(group).limit(1).send().await;
        let found = found.aws_unless(RESOURCE_MISSING, format!("read log group {group}"))?;
        found.map(drop).ok_or_else(|| Error::new(Kind::NotDeployed, format!("log group {group} not found")))
    }

    async fn run(mut self) -> Result<()> {
        let mut pause = self.pause.0;
        loop {
            let before = self.search.newest();
            // Checked before the read, so that the last read comes after the end of the grace period.
            let last = self.options.finish.is_cancelled()
                || self.options.until.is_some_and(|until| Utc::now() > until + self.grace);
            if !self.look(last).await? || last {
                return Ok(());
            }
            pause = if self.search.newest() > before { self.pause.0 } else { (pause * 2).min(self.pause.1) };
            self.options.finish.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
    }

    /// Reads all possibly new events; returns false if the receiver of the items is closed.
    async fn look(&mut self, last: bool) -> Result<bool> {
        let read = self.search.next(last, Instant::now());
        let mut pages = self
            .client
            .filter_log_events()
            .log_group_name(&self.options.group)
            .set_start_time(self.search.start(read).map(|at| at.timestamp_millis()))
            .set_end_time(self.options.until.map(|at| at.timestamp_millis()))
            .into_paginator()
            .send();
        let mut count = 0;
        while let Some(page) = pages.next().await {
            let page = page.aws(format!("read log group {}", self.options.group))?;
            count += 1;
            for event in page.events() {
                if let Some(item) = self.item(event)
                    && self.sink.send(Ok(item)).await.is_err()
                {
                    return Ok(false);
                }
            }
        }
        self.search.done(read, count, Instant::now());
        Ok(!self.sink.is_closed())
    }

    /// Returns the item, unless it was seen before or is too old.
    fn item(&mut self, event: &FilteredLogEvent) -> Option<Item> {
        let stamp = event.timestamp().and_then(DateTime::from_timestamp_millis)?;
        let ingested = event.ingestion_time().and_then(DateTime::from_timestamp_millis);
        let id = event.event_id().unwrap_or_default();
        if !self.search.is_new(id, stamp, ingested) {
            return None;
        }
        let (log_stream, log_event_id) = (event.log_stream_name().unwrap_or_default().to_owned(), id.to_owned());
        let arrived = ingested.unwrap_or(stamp);
        decode::bus_event(Hop::Log, event.message().unwrap_or_default(), arrived, |bus_event_id| Origin::Log {
            bus_event_id,
            log_stream,
            log_event_id,
        })
    }
}
