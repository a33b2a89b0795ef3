//! The events that a capture did not see: finds them by comparing outbox and deliveries, and delivers them.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{Instant, sleep};

use super::SCOPE;
use crate::commands::Context;
use crate::commands::reconcile::text::order_warning;
use crate::consumer::DEFAULT_GROUP;
use crate::deployment::Deployment;
use crate::error::{Error, Kind, Result};
use crate::output::{Event, Expect, count};
use crate::repair::dead_letters::Places;
use crate::repair::delivery::Destination;
use crate::repair::reconcile::{Deliveries, Missing, Options, Overtaken, Report, reconcile};
use crate::repair::source::{Filter, Outbox};

/// Delay between comparisons, at least.
const PAUSE: Duration = Duration::from_secs(1);
/// How far the database's clock may be ahead of this machine's: no event may be left out because of its time.
const SKEW: TimeDelta = TimeDelta::hours(1);
/// How long after the window deliveries count.
const LATE: TimeDelta = TimeDelta::days(1);

/// Both sides of a deployment.
pub struct Gap<'a> {
    ctx: &'a Context,
    deployment: &'a Deployment,
    from: Option<DateTime<Utc>>,
    group: &'a str,
}

/// The result of a delivery.
pub struct Filled {
    pub delivered: u64,
    /// Aggregates of which later events were delivered before.
    pub out_of_order: u64,
}

impl<'a> Gap<'a> {
    pub fn new(
        ctx: &'a Context,
        deployment: &'a Deployment,
        from: Option<DateTime<Utc>>,
        group: Option<&'a str>,
    ) -> Self {
        Self { ctx, deployment, from, group: group.unwrap_or(DEFAULT_GROUP) }
    }

    /// Waits until every event written before `until` was delivered, or none of the missing has arrived for `limit`.
    /// Returns the last comparison.
    ///
    /// # Errors
    /// Those of either side.
    pub async fn wait(&mut self, until: DateTime<Utc>, limit: Duration) -> Result<Report> {
        let options = Options { from: self.from, until, late: LATE };
        let (mut last, mut since) = (u64::MAX, Instant::now());
        loop {
            let begun = Instant::now();
            let report = self.compare(&options).await?;
            let missing = report.undelivered();
            if missing < last {
                (last, since) = (missing, Instant::now());
                if missing > 0 {
                    let text = format!("{} not delivered; waiting for those in transit", count(missing, "event"));
                    self.ctx.console.emit(Event::progress(SCOPE, text));
                }
            }
            if missing == 0 || since.elapsed() >= limit {
                return Ok(report);
            }
            // A long comparison is not repeated all the time.
            sleep(PAUSE.max(begun.elapsed() * 2).min(limit.max(PAUSE))).await;
        }
    }

    /// Delivers every committed event that was not delivered, in the order of the aggregates.
    ///
    /// # Errors
    /// `Failed` if the target refuses events, and those of either side.
    pub async fn deliver(&mut self) -> Result<Filled> {
        let options = Options { from: self.from, until: Utc::now() + SKEW, late: LATE };
        let mut report = self.compare(&options).await?;
        let missing = Missing::take(&mut report)?;
        if missing.ids().is_empty() {
            return Ok(Filled { delivered: 0, out_of_order: 0 });
        }
        let (ctx, cancel) = (self.ctx, &self.ctx.cancel);
        let mut outbox = Outbox::open(self.deployment).await?;
        let later = Filter { from: self.from, ..Filter::default() };
        let overtaken = Overtaken::find(&mut outbox, later, missing.ids(), cancel).await?;
        if overtaken.aggregates > 0 {
            ctx.console.warn(order_warning(&overtaken));
        }
        let destination = Destination::of(self.deployment)?;
        let total = missing.ids().len() as u64;
        let text =
            format!("{} were not captured: delivering them to {}", count(total, "event"), destination.describe());
        ctx.console.emit(Event::progress(SCOPE, text));
        let mut done = 0;
        let on_step = |_: &crate::repair::replay::Step| {
            done += 1;
            ctx.console.expect(SCOPE, Expect::of(done, total));
        };
        let (sent, ended) = missing.deliver(&mut outbox, &destination, &options, None, cancel, on_step).await;
        ended?;
        if sent.refused > 0 {
            let message = format!("{} of {total} events were refused", sent.refused);
            return Err(Error::new(Kind::Failed, message)
                .hint("`outboxctl reconcile --repair` shows the reasons; then run `outboxctl dms rebuild` again"));
        }
        Ok(Filled { delivered: sent.sent, out_of_order: overtaken.aggregates })
    }

    async fn compare(&self, options: &Options) -> Result<Report> {
        let mut outbox = Outbox::open(self.deployment).await?;
        let mut dead = Places::open(self.deployment, None).await?;
        let deliveries = Deliveries::of(self.deployment, self.group).await?;
        reconcile(&mut outbox, deliveries, &mut dead, options, &self.ctx.cancel, |_, _| {}).await
    }
}
