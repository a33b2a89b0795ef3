//! `outboxctl verify`.

use std::path::PathBuf;
use std::time::Duration;

use crate::commands::announce;
use crate::commands::args::{LONGEST, TICK, duration, rate, whole};
use crate::commands::dms::capture;
use crate::commands::reach::{self, DatabaseArgs};
use crate::consumer::DEFAULT_GROUP;
use crate::context::Context;
use crate::error::{Error, Kind, OrFail, Result};
use crate::output::{Event, Outcome};
use crate::pipelines::{Part, Pipeline};
use crate::streams::Hop;
use crate::verify::{self, Amount, Options, Report, Ways, junit};

/// Prove that what was committed is what was delivered
///
/// Writes events with correlation ids of their own, and one transaction that is rolled back, and matches them at every
/// hop: stream, bus, event log, or on rds-kinesis stream and processed log, for which a consumer must be running
/// (`outboxctl consume`): verify starts none, since one without your hook would mark your events too. Exit code 0 means
/// that every event arrived once, in order where the pipeline keeps an order, and that the rolled-back one did not arrive;
/// 5 that something else happened, or not in time. EventBridge keeps no order between deliveries: at the bus and in its
/// log, disorder is reported and does not fail the run (see --strict-order). With --duration it is a soak: it ends early once an event takes longer than --timeout, and
/// its memory follows what is under way, not how long it runs.
///
/// Where the sample was left out of the deploy the events are written into the outbox alone: `SampleCreated` and
/// `SampleUpdated`, source `outbox.sample`, which rules for your own events pass over.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Events to write
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = whole(1_u32, 1_000_000))]
    count: u32,
    /// Write for so long instead of a number of events
    #[arg(long, value_name = "DURATION", value_parser = duration(TICK, LONGEST), conflicts_with = "count")]
    duration: Option<Duration>,
    /// Events a second [default: as fast as it goes]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Aggregates that the events are spread over
    #[arg(long, value_name = "A", default_value_t = 10, value_parser = whole(1, u32::MAX))]
    aggregates: u32,
    /// How long to wait after the last commit, and with --duration for any event
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration(TICK, LONGEST))]
    timeout: Duration,
    /// How long to keep watching for duplicates once everything has arrived
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration(Duration::ZERO, LONGEST))]
    settle: Duration,
    /// Report duplicates without failing: at least once is what the pipeline promises
    #[arg(long)]
    allow_duplicates: bool,
    /// Fail on disorder at every hop, also at the bus and in the event log, where AWS promises no order
    #[arg(long)]
    strict_order: bool,
    /// Consumer group whose processed log is watched, on a pipeline that has consumers [default: outboxctl]
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
        if let Err(error) = &verified {
            self.write(|| junit::broken(error))?;
        }
        let (pipeline, report) = verified?;
        self.write(|| junit::document(&report, self.allow_duplicates))?;
        let mut verdict = report.verdict;
        verdict.once |= self.allow_duplicates;
        let chart = ctx.console.is_terminal().then(|| report.chart()).flatten();
        if verdict.passed() {
            let once = if report.verdict.once { "once" } else { "at least once" };
            let order = report.order_kept();
            let message = format!("{} events arrived {once}{order}; the rolled-back one did not", report.committed);
            if let Some(remark) = report.remark() {
                ctx.console.note(remark);
            }
            ctx.console.emit(Event::finished("verify", message, false));
            let outcome = report.tables().into_iter().fold(Outcome::data(&report), Outcome::table);
            return Ok(chart.into_iter().fold(outcome, Outcome::text));
        }
        ctx.console.emit(Event::failed("verify", "what was delivered is not what was committed"));
        report.tables().iter().for_each(|table| ctx.console.table(table));
        chart.iter().for_each(|chart| ctx.console.text(chart));
        let error = Error::new(Kind::Verify, report.complaint(self.timeout.as_secs()));
        let error = match capture::resting(ctx, &reach::deployment(ctx).await?).await {
            Some(task) => capture::explain(error, &task),
            None => error.hint(hint(pipeline)),
        };
        Err(error.with_data(report))
    }

    async fn verify(&self, ctx: &Context) -> Result<(&'static Pipeline, Report)> {
        if self.group.is_some() {
            reach::need(ctx, Part::Consumers)?;
        }
        let deployment = announce::deployment(ctx, true).await?;
        let options = Options {
            amount: self.duration.map_or(Amount::Events(self.count), Amount::For),
            domain: reach::domain(&deployment),
            group: self.group.clone().unwrap_or_else(|| DEFAULT_GROUP.into()),
            aggregates: self.aggregates,
            ordered: match self.strict_order {
                true => verify::hops(&deployment),
                false => verify::ordered_hops(deployment.pipeline),
            },
            rate: self.rate,
            timeout: self.timeout,
            settle: self.settle,
        };
        let writer = reach::writer(ctx, &deployment, self.database.via).await?;
        let follower = match verify::hops(&deployment).contains(&Hop::Processed) {
            true => {
                reach::consumer_is_alive(ctx, &deployment, &options.group).await?;
                Some(reach::open(ctx, &deployment, self.database.via).await?)
            }
            false => None,
        };
        let ways = Ways { writer, follower };
        // From here on there is something to clean up.
        let _hold = ctx.hold();
        let verified = verify::run(&deployment, ctx.aws().await?, ways, &ctx.console, &ctx.cancel, &options).await;
        let report = verified.inspect_err(|e| ctx.console.emit(Event::failed("verify", e.message())))?;
        Ok((deployment.pipeline, report))
    }

    /// Writes the JUnit file where one is asked for.
    fn write(&self, document: impl FnOnce() -> Result<String>) -> Result<()> {
        let Some(file) = &self.junit else { return Ok(()) };
        std::fs::write(file, document()?).or_fail(Kind::Io, || format!("{} can't be written", file.display()))
    }
}

/// Where to look next, in commands that this pipeline has.
pub fn hint(pipeline: &Pipeline) -> String {
    let has = |stack: &str| pipeline.stack(stack).is_some();
    let capture = if has("dms") { "`outboxctl dms status`, `outboxctl db status`" } else { "`outboxctl status`" };
    let consumer = if has("leases") { ", a running `outboxctl consume`" } else { "" };
    format!("{capture}{consumer} and `outboxctl tail` show where events stop")
}
