//! `outboxctl chaos`.

mod fault;
mod inject;

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use self::fault::Fault;
use self::inject::{Injected, Injector};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::commands::args::{LONGEST, TICK, duration, rate, whole};
use crate::commands::verify::{hint, tables, write_junit};
use crate::commands::{Context, announce};
use crate::output::{Outcome, Table, count};
use crate::pipelines::{self, Part};
use crate::settings::DEFAULT_GROUP;
use crate::verify::{self, Amount, Options, Report};

const SCOPE: &str = "chaos";

/// Inject faults into a pipeline while events are written, and verify their delivery
///
/// Writes events as `verify` does, injects one fault after the other until the time is over, removes the last one, and
/// checks each event at every hop: no event may be lost or, where the pipeline keeps an order, out of order, and no
/// rolled-back event may be delivered. Duplicates are reported and do not fail the run, because delivery is at least
/// once. Exits with 5 if an event is missing or out of order. The result shows how often each fault was injected, and
/// how many calls, processes or tasks it disturbed. On rds-kinesis a running consumer is required (`outboxctl consume`).
///
/// If the command is killed on the local stack, the next run or a restart of the stack removes the fault. On AWS, the
/// command accepts only development stages (dev, test, demo, ci, e2e, sandbox, pr, tmp, alone or before a hyphen) and
/// asks for confirmation. It injects only faults that can be undone: it disables the event source mapping of the
/// publisher, and stops the capture task, for some seconds each. If it is killed there, enable the mapping and start
/// the task yourself.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fault to inject; repeatable [default: every fault of the pipeline]
    #[arg(long = "fault", value_name = "FAULT", value_enum)]
    faults: Vec<Fault>,
    /// How long to write events and to inject faults
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration(TICK, LONGEST))]
    duration: Duration,
    /// Events per second
    #[arg(long, value_name = "R", default_value = "20", value_parser = rate)]
    rate: f64,
    /// Number of aggregates to spread the events over
    #[arg(long, value_name = "A", default_value_t = 10, value_parser = whole(1, u32::MAX))]
    aggregates: u32,
    /// How long an event may take
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration(TICK, LONGEST))]
    timeout: Duration,
    /// Seed of the order of the faults, to repeat a run [default: random]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Consumer group whose processed log to watch, on pipelines with consumers [default: outboxctl]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

/// The result.
#[derive(Debug, Serialize)]
struct Document<'a> {
    seed: u64,
    /// The faults that were injected, in their order.
    faults: &'a [Injected],
    /// The document of `verify`.
    verify: &'a Report,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let ran = self.inject(ctx).await;
        let ran = ctx.console.report_failure(SCOPE, ran);
        write_junit(self.junit.as_deref(), ran.as_ref().map(|(_, _, report)| report), true)?;
        let (seed, injected, report) = ran?;
        let mut table = Table::new(["fault", "times", "disturbed"]);
        for fault in Fault::value_variants() {
            let of = injected.iter().filter(|injected| injected.fault == *fault);
            let (times, disturbed) = of.fold((0, 0), |(times, sum), one| (times + 1, sum + one.disturbed));
            if times > 0 {
                table.row([fault.name(), times.to_string(), disturbed.to_string()]);
            }
        }
        let mut verdict = report.verdict;
        verdict.once = true;
        let data = serde_json::to_value(Document { seed, faults: &injected, verify: &report });
        let data = data.or_fail(Kind::Unexpected, || "the result can't be written as JSON".into())?;
        if !verdict.passed() {
            ctx.console.failed(SCOPE, "the delivered events differ from the committed events");
            ctx.console.table(&table);
            tables(&report).iter().for_each(|table| ctx.console.table(table));
            let error = Error::new(Kind::Verify, report.complaint(self.timeout));
            let pipeline = pipelines::find(&ctx.settings.pipeline)?;
            return Err(error.hint(hint(pipeline)).with_data(data));
        }
        let message = format!(
            "{} arrived under {}{}; the rolled-back ones did not",
            count(report.committed, "event"),
            count(injected.len() as u64, "fault"),
            report.order_kept()
        );
        ctx.console.finished(SCOPE, message, true);
        let mut outcome = Outcome::data(data).changed(true).table(table);
        outcome.tables.extend(tables(&report));
        Ok(outcome)
    }

    /// Writes events and injects faults; returns the seed, the faults, and the deliveries.
    async fn inject(&self, ctx: &Context) -> Result<(u64, Vec<Injected>, Report)> {
        let settings = &ctx.settings;
        if self.group.is_some() {
            ctx.need(Part::Consumers)?;
        }
        if !settings.local && (!pipelines::is_development(&settings.stage) || pipelines::is_production(&settings.stage))
        {
            let text = format!("stage {} is not for development: no faults are injected into it", settings.stage);
            return Err(Error::new(Kind::Usage, text)
                .hint("choose a stage like dev or test-1 with --stage, or pass --local for the local stack"));
        }
        let faults = Fault::chosen(pipelines::find(&settings.pipeline)?, &self.faults, settings.local)?;
        let names = faults.iter().copied().map(Fault::name).collect::<Vec<_>>().join(", ");
        let deployment = announce::deployment(ctx, true).await?;
        if !settings.local {
            ctx.confirm(&format!("inject {names} into stage {}, and write events there?", settings.stage)).await?;
        }
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
        // A fault, a stopped task and the tap of `verify` must not remain.
        let _hold = ctx.hold();
        let injector = Injector::new(ctx, &deployment, self.timeout).await?;
        ctx.console.started(SCOPE, format!("seed {seed}: {names}"));
        let options = Options {
            amount: Amount::For(self.duration),
            group: self.group.clone().unwrap_or_else(|| DEFAULT_GROUP.into()),
            aggregates: self.aggregates,
            strict_order: false,
            rate: Some(self.rate),
            timeout: self.timeout,
            settle: Duration::from_secs(2),
            writing: CancellationToken::new(),
        };
        let verifying = verify::run(&deployment, &ctx.console, &ctx.cancel, &options);
        let period = (&options.writing, self.duration);
        let (report, injected) = injector.during(&faults, seed, period, verifying).await;
        Ok((seed, injected?, report?))
    }
}
