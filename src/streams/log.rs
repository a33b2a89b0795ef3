//! The reader of the event log group that a rule on the bus writes to.

use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Item, Origin, Sink, StartAt, decode, read_into};
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, RESOURCE_MISSING, Result};
use crate::outbox::Window;
use crate::pipelines::Hop;

/// Log events become visible late and unordered: a read starts this long before the newest event seen.
const LOOK_BACK: TimeDelta = TimeDelta::seconds(2);
/// The same for a read every [`WIDE`], which finds what became visible later. If every read returned the events of a
/// minute, a busy log would need more requests than CloudWatch Logs answers (quota "FilterLogEvents requests per
/// second"; an answer has up to 10,000 events or 1 MB).
const WIDE_LOOK_BACK: TimeDelta = TimeDelta::seconds(60);
const WIDE: Duration = Duration::from_secs(10);

/// Options of a reader.
#[derive(Debug, Clone)]
pub struct Options {
    pub group: String,
    pub from: StartAt,
    /// The reader ends once this time has passed, after a grace period for events that become visible late.
    pub until: Option<DateTime<Utc>>,
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
        since: options.from.since(Utc::now()),
        newest: None,
        look_back: LookBack::default(),
        seen: Window::default(),
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
    since: Option<DateTime<Utc>>,
    newest: Option<DateTime<Utc>>,
    look_back: LookBack,
    /// The events that a later read may return again.
    seen: Window,
    /// Interval of reads while there are new events, and the longest interval while there are none.
    pause: (Duration, Duration),
    grace: TimeDelta,
    sink: Sink,
}

/// Time of the last read with [`WIDE_LOOK_BACK`].
#[derive(Default)]
struct LookBack(Option<Instant>);

impl LookBack {
    /// Returns how long before the newest event the next read starts. The last one is wide: there is no later one.
    fn next(&mut self, last: bool, now: Instant) -> TimeDelta {
        if !last && self.0.is_some_and(|at| now < at + WIDE) {
            return LOOK_BACK;
        }
        self.0 = Some(now);
        WIDE_LOOK_BACK
    }
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
            let before = self.newest;
            // Checked before the read, so that the last read comes after the end of the grace period.
            let last = self.options.until.is_some_and(|until| Utc::now() > until + self.grace);
            if !self.look(last).await? || last {
                return Ok(());
            }
            pause = if self.newest > before { self.pause.0 } else { (pause * 2).min(self.pause.1) };
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads all possibly new events; returns false if the receiver of the items is closed.
    async fn look(&mut self, last: bool) -> Result<bool> {
        let start = self.start(last, Instant::now());
        let mut pages = self
            .client
            .filter_log_events()
            .log_group_name(&self.options.group)
            .set_start_time(start.map(|at| at.timestamp_millis()))
            .set_end_time(self.options.until.map(|at| at.timestamp_millis()))
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.aws(format!("read log group {}", self.options.group))?;
            for event in page.events() {
                if let Some(item) = self.item(event)
                    && self.sink.send(Ok(item)).await.is_err()
                {
                    return Ok(false);
                }
            }
        }
        Ok(!self.sink.is_closed())
    }

    /// Returns the time from which the next read starts.
    fn start(&mut self, last: bool, now: Instant) -> Option<DateTime<Utc>> {
        let look_back = self.look_back.next(last, now);
        let back = self.newest.map(|newest| newest - look_back);
        if let Some(oldest) = back
            && look_back == WIDE_LOOK_BACK
        {
            self.seen.forget_before(oldest.timestamp_millis());
        }
        // EventBridge stamps with the event's own time, which has whole seconds.
        let since = self.since.map(|since| since - TimeDelta::seconds(1));
        back.into_iter().chain(since).max()
    }

    /// Returns the item, unless it was seen before or is too old.
    fn item(&mut self, event: &FilteredLogEvent) -> Option<Item> {
        let stamp = event.timestamp().and_then(DateTime::from_timestamp_millis)?;
        let arrived = event.ingestion_time().and_then(DateTime::from_timestamp_millis).unwrap_or(stamp);
        // The stamp is the publisher's `Time`, which may be ahead of the present. Events after it must be read, too.
        let present = event.ingestion_time().map_or_else(Utc::now, |_| arrived);
        self.newest = self.newest.max(Some(stamp.min(present)));
        let id = event.event_id().unwrap_or_default();
        if !id.is_empty() && !self.seen.is_new(id, stamp.timestamp_millis()) {
            return None;
        }
        if self.since.is_some_and(|since| arrived.max(stamp) < since) {
            return None;
        }
        let (log_stream, log_event_id) = (event.log_stream_name().unwrap_or_default().to_owned(), id.to_owned());
        decode::bus_event(Hop::Log, event.message().unwrap_or_default(), arrived, |bus_event_id| Origin::Log {
            bus_event_id,
            log_stream,
            log_event_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Builder, Region};

    use super::*;

    fn reader() -> Reader {
        let config = Builder::new().behavior_version(BehaviorVersion::latest()).region(Region::new("us-east-1"));
        Reader {
            client: Client::from_conf(config.build()),
            options: Options { group: "group".into(), from: StartAt::Latest, until: None },
            since: None,
            newest: None,
            look_back: LookBack::default(),
            seen: Window::default(),
            pause: (Duration::ZERO, Duration::ZERO),
            grace: TimeDelta::zero(),
            sink: crate::streams::channel().0,
        }
    }

    #[test]
    fn an_event_with_a_time_in_the_future_hides_no_later_ones() {
        let (mut reader, now) = (reader(), Utc::now());
        // A publisher sets `Time`; CloudWatch Logs accepts up to two hours ahead.
        let ahead = now + TimeDelta::hours(1);
        let stamped = FilteredLogEvent::builder().event_id("1").timestamp(ahead.timestamp_millis()).message("{}");
        let arrived = stamped.clone().event_id("2").ingestion_time(now.timestamp_millis()).build();
        for event in [stamped.build(), arrived] {
            assert!(reader.item(&event).is_some());
            let start = reader.start(false, Instant::now()).expect("a start");
            assert!(start <= Utc::now(), "reads from {start}");
        }
    }

    #[test]
    fn the_first_read_the_last_one_and_one_every_ten_seconds_look_back_a_minute() {
        let (mut look_back, start) = (LookBack::default(), Instant::now());
        let mut is_wide = |second| look_back.next(second == 24, start + Duration::from_secs(second)) == WIDE_LOOK_BACK;
        let wide: Vec<u64> = (0..25).filter(|second| is_wide(*second)).collect();
        assert_eq!(wide, [0, 10, 20, 24]);
    }
}
