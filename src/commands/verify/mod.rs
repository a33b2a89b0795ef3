//! `outboxctl verify`.

mod tables;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::args::{LONGEST, TICK, duration, rate, whole};
use crate::commands::reach::DatabaseArgs;
use crate::commands::{Context, announce, capture};
use crate::deployment::Deployment;
use crate::output::{Outcome, count};
use crate::pipelines::{Part, Pipeline};
use crate::settings::DEFAULT_GROUP;
use crate::verify::{self, Amount, Options, Report, junit};

pub use tables::tables;

/// Write events and verify that all of them are delivered
///
/// Writes events with unique correlation ids, and one transaction that is rolled back, and checks each event at every
/// hop: stream, bus and event log. On rds-kinesis the hops are the stream and the processed log. That requires a
/// running consumer (`outboxctl consume`); verify does not start one, because a consumer without your handler would
/// mark your events as processed.
///
/// Exits with 0 if every event arrived once, in order at the hops that keep an order, and the rolled-back event did not
/// arrive; otherwise, or if time runs out, it exits with 5. EventBridge does not preserve the order of deliveries: at
/// the bus and in the event log, events out of order are reported and do not fail the run (see --strict-order).
/// Repeats by AWS do not fail the run either: EventBridge repeats a delivery under the same event id, and Kinesis Data
/// Streams for DynamoDB repeats records. With --duration, verify runs as a soak test: it ends early if an event takes longer than --timeout, and its memory use
/// depends on the number of events in flight, not on the duration.
///
/// If the sample was excluded from the deploy, events are written only to the outbox: `SampleCreated` and
/// `SampleUpdated`. Their source is `outbox.sample`, so that rules for your own events do not match them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of events to write
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = whole(1_u32, 1_000_000))]
    count: u32,
    /// Write for this long instead of writing a fixed number of events
    #[arg(long, value_name = "DURATION", value_parser = duration(TICK, LONGEST), conflicts_with = "count")]
    duration: Option<Duration>,
    /// Events per second [default: unlimited]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Number of aggregates to spread the events over
    #[arg(long, value_name = "A", default_value_t = 10, value_parser = whole(1, u32::MAX))]
    aggregates: u32,
    /// How long to wait after the last commit; with --duration, for any event
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration(TICK, LONGEST))]
    timeout: Duration,
    /// How long to keep watching for duplicates after everything has arrived
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration(Duration::ZERO, LONGEST))]
    settle: Duration,
    /// Report duplicates without failing: the pipeline guarantees at-least-once delivery
    #[arg(long)]
    allow_duplicates: bool,
    /// Fail on events out of order at every hop, including the bus and the event log
    #[arg(long)]
    strict_order: bool,
    /// Consumer group whose processed log to watch, on pipelines with consumers [default: outboxctl]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let verified = self.verify(ctx).await;
        let written = verified.as_ref().map(|(_, report)| report);
        write_junit(self.junit.as_deref(), written, self.allow_duplicates)?;
        let (deployment, report) = verified?;
        report.limits.iter().for_each(|limit| ctx.console.note(limit));
        let mut verdict = report.verdict;
        verdict.once |= self.allow_duplicates;
        let chart = ctx.console.is_terminal().then(|| report.chart()).flatten();
        if verdict.passed() {
            let (once, order) = (report.times(), report.order_kept());
            let message =
                format!("{} arrived {once}{order}; the rolled-back one did not", count(report.committed, "event"));
            if let Some(remark) = report.remark() {
                ctx.console.note(remark);
            }
            ctx.console.finished("verify", message, false);
            return Ok(Outcome { tables: tables(&report), text: chart, ..Outcome::data(&report) });
        }
        ctx.console.failed("verify", "the delivered events differ from the committed events");
        tables(&report).iter().for_each(|table| ctx.console.table(table));
        chart.iter().for_each(|chart| ctx.console.text(chart));
        let error = Error::new(Kind::Verify, report.complaint(self.timeout));
        let error = match deployment.stopped_capture().await {
            Some(task) => capture::explain(error, &task),
            None => error.hint(hint(deployment.pipeline)),
        };
        Err(error.with_data(report))
    }

    async fn verify(&self, ctx: &Context) -> Result<(Deployment, Report)> {
        if self.group.is_some() {
            ctx.need(Part::Consumers)?;
        }
        let deployment = announce::deployment(ctx, true).await?.reached(self.database.via);
        let options = Options {
            amount: self.duration.map_or(Amount::Events(self.count), Amount::For),
            group: self.group.clone().unwrap_or_else(|| DEFAULT_GROUP.into()),
            aggregates: self.aggregates,
            strict_order: self.strict_order,
            rate: self.rate,
            timeout: self.timeout,
            settle: self.settle,
            writing: CancellationToken::new(),
        };
        if let Some(task) = deployment.stopped_capture().await {
            ctx.console.warn(format!(
                "the capture task is {}: events are captured only while it runs; `outboxctl dms start` starts it",
                task.status
            ));
        }
        // The temporary tap must be removed.
        let _hold = ctx.hold();
        let verified = verify::run(&deployment, &ctx.console, &ctx.cancel, &options).await;
        Ok((deployment, ctx.console.report_failure("verify", verified)?))
    }
}

/// Writes a result as JUnit XML, if a file is named.
///
/// # Errors
/// `Io` if the file can't be written.
pub fn write_junit(file: Option<&Path>, result: Result<&Report, &Error>, duplicates_allowed: bool) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    let document = match result {
        Ok(report) => junit::document(report, duplicates_allowed)?,
        Err(error) => junit::broken(error)?,
    };
    std::fs::write(file, document).or_fail(Kind::Io, || format!("{} can't be written", file.display()))
}

/// Returns the hint with commands that this pipeline has.
pub fn hint(pipeline: &Pipeline) -> String {
    let capture = if pipeline.has(Part::Capture) {
        "`outboxctl dms status`, `outboxctl db status`"
    } else {
        "`outboxctl status`"
    };
    let consumer = if pipeline.has(Part::Consumers) { ", a running `outboxctl consume`" } else { "" };
    format!("{capture}{consumer} and `outboxctl tail` show where events stop")
}
