//! `outboxctl reconcile`.

pub mod text;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::aws::dms::Snapshot;
use crate::base::error::{Error, Kind, Result};
use crate::commands::args::{LONGEST, TICK, duration, rate, time};
use crate::commands::reach::{self, DatabaseArgs};
use crate::commands::replay::{check_window, show_step};
use crate::commands::{Context, announce};
use crate::deployment::Deployment;
use crate::output::{Expect, Outcome, count, utc};
use crate::pipelines::Part;
use crate::repair::dead_letters::Places;
use crate::repair::delivery::Destination;
use crate::repair::reconcile::{Deliveries, Missing, Options, Overtaken, Report, Side, reconcile};
use crate::repair::replay;
use crate::repair::source::{Filter, Outbox};
use crate::settings::DEFAULT_GROUP;

/// Compare the outbox with the delivered events
///
/// Compares every event of a time window, including its content, with the event log, or on rds-kinesis with the events
/// that a consumer group processed. Reports missing, duplicated and altered events. Memory use does not grow with the
/// window: both sides are sorted in temporary files (TMPDIR), 82 bytes per event. Exits with 5 if the two sides differ.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Include events written at or after this time: RFC 3339, or relative like -15m [default: the oldest]
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    from: Option<DateTime<Utc>>,
    /// Include events written before this time [default: --grace ago]
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<DateTime<Utc>>,
    /// Ignore events younger than this, because they may still be in transit
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = duration(Duration::ZERO, LONGEST))]
    grace: Duration,
    /// How long after the window to look for deliveries
    #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = duration(TICK, LONGEST))]
    late: Duration,
    /// Report duplicates without failing: the pipeline guarantees at-least-once delivery
    #[arg(long)]
    allow_duplicates: bool,
    /// Deliver missing events in the order of their aggregates; use `dlq redrive` for dead letters
    #[arg(long)]
    repair: bool,
    /// Maximum events per second during a repair [default: unlimited]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Repair even if the capture is stopped: events that it has not read yet are then delivered twice
    #[arg(long, requires = "repair")]
    force: bool,
    /// Consumer group, on a pipeline that has consumers [default: outboxctl]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        check_window(self.from, self.until)?;
        if self.group.is_some() {
            ctx.need(Part::Consumers)?;
        }
        let deployment = announce::deployment(ctx, self.repair).await?.reached(self.database.via);
        let mut outbox = Outbox::open(&deployment).await?;
        if self.from.is_some() || self.until.is_some() {
            outbox.need_time()?;
        }
        let mut dead = Places::open(&deployment, None).await?;
        let deliveries = Deliveries::of(&deployment, self.group.as_deref().unwrap_or(DEFAULT_GROUP)).await?;
        let options = self.options()?;
        let _hold = ctx.hold();
        let window = match outbox.is_timed() {
            true => format!("events written before {}", utc(options.until)),
            false => "all events of the outbox: those written just now may still be in transit".to_owned(),
        };
        ctx.console.started("reconcile", window);
        let (mut reported, mut read) = (0, [0, 0]);
        let progress = |side: Side, count: u64| {
            read[usize::from(side == Side::Committed)] = count;
            ctx.console.expect("reconcile", Expect::Count { done: read.iter().sum(), total: None });
            // A line per event would be too many.
            if count / 100_000 != reported {
                reported = count / 100_000;
                let side = if side == Side::Committed { "committed" } else { "delivered" };
                ctx.console.progress("reconcile", format!("{count} {side} events read"));
            }
        };
        let report = reconcile(&mut outbox, deliveries, &mut dead, &options, &ctx.cancel, progress).await;
        let report = ctx.console.report_failure("reconcile", report)?;
        report.limits.iter().for_each(|limit| ctx.console.note(limit));
        if report.unreadable > 0 {
            ctx.console.warn(format!("not readable as events: {} of the outbox", count(report.unreadable, "item")));
        }
        // Missing events may still be in the database's log.
        let stopped = if report.counts.missing > 0 { deployment.stopped_capture().await } else { None };
        if self.repair && !report.lost.is_empty() {
            if let Some(task) = stopped.filter(|_| !self.force) {
                return Err(text::waiting(&task, &report)
                    .hint("--force repairs anyway: events that the capture has not read yet are then delivered twice")
                    .with_data(report));
            }
            return self.repair(ctx, &deployment, &mut outbox, &options, report).await;
        }
        let rows = self.rows(ctx, &deployment).await;
        self.finish(ctx, report, stopped, rows)
    }

    /// Returns the rows of the outbox, if it is a database and the window is not limited.
    async fn rows(&self, ctx: &Context, deployment: &Deployment) -> Option<u64> {
        if !deployment.pipeline.has(Part::Database) || self.from.is_some() || self.until.is_some() {
            return None;
        }
        let report = reach::open(ctx, deployment).await.ok()?.status().await.ok()?;
        report.outbox.filter(|outbox| outbox.exact).and_then(|outbox| u64::try_from(outbox.rows).ok())
    }

    /// Returns the compared window: `written before 12:00:00 UTC (--grace 60 s)`.
    fn window(&self, report: &Report) -> String {
        let from = report.from.map(|from| format!("from {} ", utc(from))).unwrap_or_default();
        let limited = self.until.is_none_or(|until| until > report.until);
        let grace = if limited { format!(" (--grace {} s)", self.grace.as_secs_f64()) } else { String::new() };
        format!("written {from}before {}{grace}", utc(report.until))
    }

    fn options(&self) -> Result<Options> {
        let delta = |time: Duration| TimeDelta::from_std(time).map_err(|_| Error::new(Kind::Usage, "that is too long"));
        let latest = Utc::now() - delta(self.grace)?;
        let until = self.until.map_or(latest, |until| until.min(latest));
        Ok(Options { from: self.from, until, late: delta(self.late)? })
    }

    fn finish(&self, ctx: &Context, report: Report, stopped: Option<Snapshot>, rows: Option<u64>) -> Result<Outcome> {
        if report.agrees(self.allow_duplicates) {
            let message = text::agreement(&report, &self.window(&report), rows);
            ctx.console.finished("reconcile", message, false);
            return Ok(Outcome::data(&report).changed(false).table(text::totals(&report)));
        }
        ctx.console.failed("reconcile", "the delivered events differ from the committed events");
        ctx.console.table(&text::totals(&report));
        ctx.console.table(&text::findings(&report));
        if let Some(task) = stopped.filter(|_| !report.lost.is_empty()) {
            return Err(text::waiting(&task, &report).with_data(report));
        }
        let counts = &report.counts;
        let message = format!(
            "of {} events {} are missing ({} of them dead letters), {} duplicated, {} altered",
            counts.committed, counts.missing, report.dead_letters, counts.duplicated, counts.altered
        );
        let mut error = Error::new(Kind::Verify, message);
        if !report.lost.is_empty() {
            error = error.hint("`outboxctl reconcile --repair` delivers the missing events");
        }
        if report.dead_letters > 0 {
            error = error
                .hint("`outboxctl dlq list` shows why dead letters failed, `outboxctl dlq redrive` sends them again");
        }
        Err(error.with_data(report))
    }

    async fn repair(
        &self,
        ctx: &Context,
        deployment: &Deployment,
        outbox: &mut Outbox,
        options: &Options,
        mut report: Report,
    ) -> Result<Outcome> {
        let missing = match Missing::take(&mut report) {
            Ok(missing) => missing,
            Err(error) => return Err(error.with_data(report)),
        };
        ctx.console.table(&text::findings(&report));
        let lost = missing.ids();
        let later = Filter { from: options.from, ..Filter::default() };
        let overtaken = Overtaken::find(outbox, later, lost, &report.compared, &ctx.cancel).await?;
        if overtaken.aggregates > 0 {
            ctx.console.warn(text::order_warning(&overtaken));
        }
        ctx.confirm(&format!("deliver {}?", count(lost.len(), "missing event"))).await?;
        let destination = Destination::of(deployment)?;
        ctx.console
            .started("repair", format!("delivering {} to {}", count(lost.len(), "event"), destination.describe()));
        let (mut done, total) = (0, lost.len() as u64);
        let on_step = |step: &replay::Step| {
            show_step(ctx, step);
            done += 1;
            ctx.console.expect("repair", Expect::of(done, total));
        };
        let (sent, ended) = missing.deliver(outbox, &destination, options, self.rate, &ctx.cancel, on_step).await;
        let data = serde_json::json!({ "before": report, "repair": sent });
        if let Err(error) = ended {
            ctx.console.failed("repair", error.message());
            return Err(error.hint("run it again: delivered events are no longer missing").with_data(data));
        }
        if sent.refused > 0 {
            let message = format!("{} of {} events were refused", sent.refused, sent.selected);
            ctx.console.failed("repair", &message);
            return Err(Error::new(Kind::Failed, message).with_data(data));
        }
        ctx.console.finished("repair", format!("{} sent", count(sent.sent, "event")), true);
        let outcome = Outcome::data(data).changed(true);
        Ok(outcome.summary("run `outboxctl reconcile` again to check that they arrived"))
    }
}
