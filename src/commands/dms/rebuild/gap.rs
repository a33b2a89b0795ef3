//! The events that a capture did not see: finds them by comparing the outbox with the deliveries, and delivers them.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::commands::reconcile::text::order_warning;
use crate::deployment::{Deployment, Readers, Reading};
use crate::output::{Expect, count};
use crate::pipelines::Part;
use crate::repair::dead_letters::Places;
use crate::repair::delivery::Destination;
use crate::repair::reconcile::{Deliveries, Missing, Options, Overtaken, Report, reconcile};
use crate::repair::replay::Step;
use crate::repair::source::{Filter, Outbox};
use crate::streams::{Item, StartAt, Warnings};

/// Delay between comparisons, at least.
const PAUSE: Duration = Duration::from_secs(1);
/// Maximum lead of the database's clock over this machine's, so that no event is excluded because of its time.
const SKEW: TimeDelta = TimeDelta::hours(1);
/// Maximum difference between the clocks of database and stream.
const STREAM_SKEW: TimeDelta = TimeDelta::minutes(5);
/// Time after the window in which deliveries count.
const LATE: TimeDelta = TimeDelta::days(1);

/// Both sides of a deployment.
pub struct Gap<'a> {
    pub(super) ctx: &'a Context,
    pub(super) deployment: &'a Deployment,
    pub(super) from: Option<DateTime<Utc>>,
    pub(super) group: &'a str,
    /// Scope of the lines.
    pub(super) scope: &'static str,
}

/// The result of a comparison.
pub struct Compared {
    pub report: Report,
    /// Committed events that were not delivered, do not wait in the stream for a consumer, and are not dead letters.
    pub missing: Missing,
    /// Events that wait in the stream for a consumer.
    pub in_stream: u64,
}

/// The counts of a last comparison.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Counts {
    /// Events that were compared.
    pub committed: u64,
    pub missing: u64,
    pub dead_letters: u64,
    /// Events that wait in the stream for a consumer.
    pub in_stream: u64,
}

impl Compared {
    pub fn counts(&self) -> Counts {
        Counts {
            committed: self.report.counts.committed,
            missing: self.missing.ids().len() as u64,
            dead_letters: self.report.dead_letters,
            in_stream: self.in_stream,
        }
    }
}

/// The result of a delivery.
pub struct Filled {
    pub delivered: u64,
    /// Aggregates of which later events were delivered before.
    pub out_of_order: u64,
}

impl Gap<'_> {
    /// Compares only the events written at or after this time.
    pub fn since(self, from: DateTime<Utc>) -> Self {
        Self { from: Some(from), ..self }
    }

    /// Waits until every event written before `until` was delivered, or none of the missing has arrived for `limit`.
    /// Returns the last comparison.
    pub async fn wait(&self, until: DateTime<Utc>, limit: Duration) -> Result<Compared> {
        let text = |missing: String| format!("{missing} not delivered; waiting for those in transit");
        let compare = async || {
            let compared = self.look(until).await?;
            Ok((compared.missing.ids().len(), compared))
        };
        self.until_none(limit, text, compare).await
    }

    /// Waits until every event that a stopped capture has put into the stream was delivered, or none of them has arrived
    /// for `limit`. Events that wait for a consumer are not in transit.
    pub async fn drain(&self, limit: Duration) -> Result<()> {
        if self.deployment.pipeline.has(Part::Consumers) {
            return Ok(());
        }
        self.progress("comparing the outbox with the deliveries");
        let until = Utc::now() + SKEW;
        let text = |left: String| format!("waiting for {left} in transit");
        let compare = async || {
            let missing = self.look(until).await?.missing;
            Ok((self.in_transit(&missing, until).await?.len(), ()))
        };
        self.until_none(limit, text, compare).await
    }

    /// Repeats a comparison until it counts no events, or the count has not fallen for `limit`. Returns the last result.
    async fn until_none<T>(
        &self,
        limit: Duration,
        text: impl Fn(String) -> String,
        compare: impl AsyncFn() -> Result<(usize, T)>,
    ) -> Result<T> {
        let (mut least, mut since) = (usize::MAX, Instant::now());
        loop {
            let begun = Instant::now();
            let (left, result) = compare().await?;
            if left < least {
                (least, since) = (left, Instant::now());
                if left > 0 {
                    self.progress(text(count(left, "event")));
                }
            }
            if left == 0 || since.elapsed() >= limit {
                return Ok(result);
            }
            // A long comparison is not repeated all the time.
            sleep(PAUSE.max(begun.elapsed() * 2).min(limit.max(PAUSE))).await;
        }
    }

    /// Delivers every committed event that was not delivered, in the order of the aggregates. The capture must be stopped.
    ///
    /// # Errors
    /// `Failed` if the target refuses events.
    pub async fn deliver(&self) -> Result<Filled> {
        let until = Utc::now() + SKEW;
        let Compared { missing, report, .. } = self.look(until).await?;
        report.limits.iter().for_each(|limit| self.ctx.console.note(limit));
        if missing.ids().is_empty() {
            return Ok(Filled { delivered: 0, out_of_order: 0 });
        }
        let (ctx, cancel) = (self.ctx, &self.ctx.cancel);
        let mut outbox = Outbox::open(self.deployment).await?;
        // The log of a bus has no order: what the stream has is delivered in its order, whatever the log has of it now.
        let mut uncaptured = missing.clone();
        uncaptured.remove(&self.in_transit(&missing, until).await?);
        let later = Filter { from: self.from, ..Filter::default() };
        let overtaken = Overtaken::find(&mut outbox, later, uncaptured.ids(), &report.compared, cancel).await?;
        if overtaken.aggregates > 0 {
            ctx.console.warn(order_warning(&overtaken));
        }
        let destination = Destination::of(self.deployment)?;
        let total = missing.ids().len() as u64;
        let (events, target) = (count(total, "event"), destination.describe());
        self.progress(format!("{events} were not captured: delivering them to {target}"));
        let mut done = 0;
        let on_step = |_: &Step| {
            done += 1;
            ctx.console.expect(self.scope, Expect::of(done, total));
        };
        let options = self.options(until);
        let (sent, ended) = missing.deliver(&mut outbox, &destination, &options, None, cancel, on_step).await;
        ended?;
        if sent.refused > 0 {
            let message = format!("{} of {total} events were refused", sent.refused);
            return Err(Error::new(Kind::Failed, message)
                .hint("`outboxctl reconcile --repair` shows the reasons; then run this command again"));
        }
        Ok(Filled { delivered: sent.sent, out_of_order: overtaken.aggregates })
    }

    fn options(&self, until: DateTime<Utc>) -> Options {
        Options { from: self.from, until, late: LATE }
    }

    pub(super) fn progress(&self, text: impl Into<String>) {
        self.ctx.console.progress(self.scope, text);
    }

    /// Compares the events written before `until` once.
    pub async fn look(&self, until: DateTime<Utc>) -> Result<Compared> {
        let options = self.options(until);
        let mut outbox = Outbox::open(self.deployment).await?;
        let mut dead = Places::open(self.deployment, None).await?;
        let deliveries = Deliveries::of(self.deployment, self.group).await?;
        let mut report = reconcile(&mut outbox, deliveries, &mut dead, &options, &self.ctx.cancel, |_, _| {}).await?;
        let mut missing = Missing::take(&mut report)?;
        let before = missing.ids().len();
        // Without a bus the log of deliveries is that of a consumer, which may be slow, or not running.
        if before > 0 && self.deployment.pipeline.has(Part::Consumers) {
            missing.remove(&self.in_stream(&mut outbox, &missing, &options).await?);
        }
        let in_stream = (before - missing.ids().len()) as u64;
        Ok(Compared { report, missing, in_stream })
    }

    /// Returns the missing events that the stream has and that were not delivered yet, on a pipeline with a bus.
    async fn in_transit(&self, missing: &Missing, until: DateTime<Utc>) -> Result<HashSet<Uuid>> {
        if missing.ids().is_empty() || self.deployment.pipeline.has(Part::Consumers) {
            return Ok(HashSet::new());
        }
        let mut outbox = Outbox::open(self.deployment).await?;
        let mut found = self.in_stream(&mut outbox, missing, &self.options(until)).await?;
        found.retain(|id| missing.ids().binary_search(id).is_ok());
        Ok(found)
    }

    /// Returns the events that the stream has, from the oldest of the missing ones on.
    async fn in_stream(&self, outbox: &mut Outbox, missing: &Missing, options: &Options) -> Result<HashSet<Uuid>> {
        // Without a time in the table, all of the stream is read.
        let from = match outbox.is_timed() {
            true => StartAt::At(missing.oldest(outbox, options).await?.unwrap_or_else(Utc::now) - STREAM_SKEW),
            false => StartAt::Start,
        };
        let mut found = HashSet::new();
        let add = |item: Item| found.extend(item.event.event_id.and_then(|id| id.parse::<Uuid>().ok()));
        self.read_stream(from, add).await?;
        Ok(found)
    }

    /// Reads the stream of the capture from a position on to its present end.
    pub(super) async fn read_stream(&self, from: StartAt, mut each: impl FnMut(Item)) -> Result<()> {
        let stream = self.deployment.pipeline.stop(Part::Kinesis);
        let stream = stream.ok_or_else(|| Error::new(Kind::Unexpected, "the pipeline has no stream"))?;
        let ctx = self.ctx;
        let reading = Reading {
            from,
            layout: self.deployment.layout.clone(),
            until: Some(Utc::now()),
            group: self.group.to_owned(),
            enhanced_fan_out: false,
            warnings: Warnings::on(&ctx.console),
        };
        let (readers, mut items) =
            Readers::open(self.deployment, &[stream], &reading, &ctx.console, &ctx.cancel).await?;
        let mut failure = Ok(());
        // Ends with the reader, which is past the present on every shard.
        while let Some(item) = items.recv().await {
            match item {
                Ok(item) => each(item),
                Err(error) => failure = Err(error),
            }
        }
        readers.close().await?;
        failure
    }
}
