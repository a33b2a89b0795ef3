//! `outboxctl verify`.

use std::time::Duration;

use crate::commands::dms::seconds;
use crate::commands::reach::{self, DatabaseArgs};
use crate::commands::sample::rate;
use crate::consumer::DEFAULT_GROUP;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::output::{Event, Outcome};
use crate::streams::Hop;
use crate::verify::{self, Options, Ways};

/// Prove that what was committed is what was delivered
///
/// Writes events with correlation ids of their own, and one transaction that is rolled back, and matches them at every
/// hop: stream, bus, event log, or on rds-kinesis stream and processed log, for which a consumer must be running
/// (`outboxctl consume`): verify starts none, since one without your hook would mark your events too. Exit code 0 means that every event arrived once and in order and that the rolled-back
/// one did not arrive; 5 that something else happened, or not in time.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Events to write
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    count: u32,
    /// Events a second [default: as fast as it goes]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Cars that the events are spread over
    #[arg(long, value_name = "A", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    aggregates: u32,
    /// How long to wait after the last commit, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    timeout: Duration,
    /// How long to look on for duplicates once everything has arrived, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    settle: Duration,
    /// Report duplicates without failing: at least once is what the pipeline promises
    #[arg(long)]
    allow_duplicates: bool,
    /// Consumer group whose processed log is watched, on a pipeline that has consumers
    #[arg(long, value_name = "NAME", default_value = DEFAULT_GROUP)]
    group: String,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let _hold = ctx.hold();
        let options = Options {
            count: self.count,
            domain: reach::domain(ctx),
            group: self.group,
            aggregates: self.aggregates,
            rate: self.rate,
            timeout: self.timeout,
            settle: self.settle,
        };
        let deployment = reach::deployment(ctx).await?;
        let writer = reach::writer(ctx, &deployment, self.database.via).await?;
        let follower = match verify::hops(&deployment).contains(&Hop::Processed) {
            true => {
                reach::consumer_is_alive(ctx, &deployment, &options.group).await?;
                Some(reach::open(ctx, &deployment, self.database.via).await?)
            }
            false => None,
        };
        let ways = Ways { writer, follower };
        let verified = verify::run(&deployment, ctx.aws().await?, ways, &ctx.console, &ctx.cancel, &options).await;
        let report = verified.inspect_err(|e| ctx.console.emit(Event::failed("verify", e.message())))?;
        let mut verdict = report.verdict;
        verdict.once |= self.allow_duplicates;
        if verdict.passed() {
            let message =
                format!("{} events arrived once and in order; the rolled-back one did not arrive", report.committed);
            ctx.console.emit(Event::finished("verify", message, false));
            return Ok(Outcome::data(&report).table(report.table()));
        }
        ctx.console.emit(Event::failed("verify", "what was delivered is not what was committed"));
        ctx.console.table(&report.table());
        let error = Error::new(Kind::Verify, report.complaint(self.timeout.as_secs()))
            .hint("`outboxctl dms status`, `outboxctl db status` and `outboxctl tail` show where events stop");
        Err(error.with_data(report))
    }
}
