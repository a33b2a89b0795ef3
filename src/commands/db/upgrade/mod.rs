//! `outboxctl db upgrade`.
//!
//! A tag on the task has the versions, the time and the slot of an upgrade that is not complete. Each step first looks
//! for its result, so a new run continues where a killed one stopped. The stack is updated by the engine of `deploy`,
//! with two parameters of the template, so that the deployed template describes the database afterwards, too.

mod preflight;
mod steps;

use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Utc;
use serde::Serialize;

use self::preflight::{Finding, Preflight};
use self::steps::Steps;
use crate::aws::databases::Server;
use crate::aws::dms::{Mark, Upgrading};
use crate::aws::upgrades::{self, Instance};
use crate::base::error::{Error, Kind, Result};
use crate::cloudformation::Engine;
use crate::commands::Context;
use crate::commands::dms::{Counts, Deployed, Waits};
use crate::commands::operations::attached;
use crate::output::Outcome;
use crate::pipelines::{Output, Part};

const SCOPE: &str = "upgrade";

/// Upgrade the database to another major version of PostgreSQL without losing events
///
/// RDS refuses a major upgrade while the capture's replication slot exists. This command first runs the checks of RDS,
/// and waits until the committed events are delivered. It stops the capture, drops its slot, updates the database
/// stack, and refreshes the statistics. It then creates a new slot, delivers the events that were committed in the
/// meantime, in order, starts the capture, and checks that no event is missing. The database is unavailable for
/// minutes; applications may write before and after that. RDS can't undo the upgrade. If the command is interrupted,
/// run it again: it continues where it stopped. Exits with 5 if events are missing at the end.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Major version to upgrade to
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(u32).range(10..100))]
    to: u32,
    /// Run the checks and show the steps, without changing anything
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    waits: Waits,
}

/// The outcome; of a dry run, the plan.
#[derive(Debug, Default, Serialize)]
struct Report {
    from: String,
    /// None if RDS offers no version to upgrade to.
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Plan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Finished>,
}

/// The plan of a dry run, and of an upgrade that is refused.
#[derive(Debug, Serialize)]
struct Plan {
    steps: Vec<String>,
    findings: Vec<Finding>,
    warnings: Vec<String>,
}

/// The outcome of an upgrade.
#[derive(Debug, Default, Serialize)]
struct Finished {
    /// The slot that the task reads.
    slot: String,
    /// The position from which the slot has every change; None if an earlier run made it.
    position: Option<String>,
    /// Tables with refreshed statistics; None if an earlier run did that.
    analyzed: Option<u64>,
    /// Events that were committed since the upgrade began; None if the table has no time.
    written: Option<u64>,
    /// Events that had not been captured, which this run delivered.
    delivered: u64,
    out_of_order: u64,
    #[serde(flatten)]
    end: Counts,
    /// Events that were delivered more than once.
    duplicated: u64,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        ctx.need(Part::Database)?;
        self.waits.check(ctx)?;
        ctx.console.started(SCOPE, "reading the state of the database");
        let engine = Engine::new(ctx.aws().await?, &ctx.console);
        let begun = AtomicBool::new(false);
        // A signal ends the wait with the way to continue.
        let _hold = ctx.hold();
        let upgraded = attached(ctx, &engine, self.upgrade(ctx, &engine, &begun)).await;
        ctx.console.report_failure(SCOPE, upgraded).map_err(|error| {
            match begun.load(Ordering::SeqCst) && error.kind() != Kind::Verify {
                true => self.continued(ctx, error),
                false => error,
            }
        })
    }

    /// Adds the commands that continue or end an upgrade that is not complete.
    fn continued(&self, ctx: &Context, error: Error) -> Error {
        let (again, back) = (format!("db upgrade --to {}", self.to), ctx.settings.command("dms rebuild"));
        error
            .hint(format!("the upgrade is not complete: `{}` continues where it stopped", ctx.settings.command(&again)))
            .hint(format!(
                "to keep the old version instead: `{back}` restarts the capture, and delivers the missed \
                 events"
            ))
    }

    async fn upgrade(&self, ctx: &Context, engine: &Engine, begun: &AtomicBool) -> Result<Outcome> {
        let deployed = Deployed::find(ctx, self.waits.timeout, !self.dry_run).await?;
        let instance = self.instance(ctx, &deployed).await?;
        let upgrading = match deployed.task.upgrading().await? {
            Some(upgrading) if upgrades::major(&upgrading.to) != self.to => {
                let before = upgrades::major(&upgrading.to);
                return Err(Error::new(Kind::Usage, format!("an upgrade to {} is not complete", upgrading.to))
                    .hint(format!("complete it: `{}`", ctx.settings.command(&format!("db upgrade --to {before}")))));
            }
            Some(upgrading) => upgrading,
            None if instance.major() >= self.to => return self.not_needed(ctx, &instance),
            None => match self.begin(ctx, &deployed, engine, &instance).await? {
                Begun::Marked(upgrading) => upgrading,
                Begun::Planned(outcome) => return Ok(outcome),
            },
        };
        if self.dry_run {
            let from = upgrading.from.clone();
            let plan = Plan { steps: steps::of(&instance, &upgrading), findings: Vec::new(), warnings: Vec::new() };
            ctx.console.note("the upgrade is not complete: at most these steps remain");
            return Ok(planned(from, Some(upgrading.to), plan));
        }
        begun.store(true, Ordering::SeqCst);
        let steps = Steps { ctx, args: self, deployed: &deployed, engine, upgrading: &upgrading };
        let finished = steps.run(instance).await?;
        self.verdict(ctx, &deployed, upgrading, finished).await
    }

    /// Returns the instance, if it is one that this command upgrades.
    async fn instance(&self, ctx: &Context, deployed: &Deployed) -> Result<Instance> {
        let deployment = &deployed.deployment;
        let by_hand = |what: &str| {
            Error::new(Kind::Usage, format!("{what}, which this command does not upgrade"))
                .hint(
                    "by hand: wait until `outboxctl reconcile` finds nothing missing; `outboxctl dms stop`; drop the capture's \
                     slot; upgrade the database",
                )
                .hint("then run `outboxctl dms rebuild`: it creates a new slot, and delivers the events that were not \
                       captured, in order")
                .hint("`outboxctl explain upgrades` has the details")
        };
        if deployment.is_existing(Output::DatabaseEndpoint) {
            return Err(by_hand("the database is an existing one"));
        }
        if let Some(Server::Cluster(_)) = deployment.server() {
            return Err(by_hand("the database is a cluster of Aurora"));
        }
        let instance = Instance::find(ctx.aws().await?, deployment.output(Output::DatabaseIdentifier)?).await?;
        match instance.engine.as_str() {
            "postgres" => Ok(instance),
            engine => Err(by_hand(&format!("the engine of the database is {engine}"))),
        }
    }

    fn not_needed(&self, ctx: &Context, instance: &Instance) -> Result<Outcome> {
        if instance.major() > self.to {
            let text = format!(
                "the database runs PostgreSQL {}, and RDS does not downgrade it to {}",
                instance.version, self.to
            );
            return Err(Error::new(Kind::Usage, text).hint(
                "a snapshot from before an upgrade has the older version, without the rows that were written since",
            ));
        }
        let message = format!("nothing to upgrade: the database runs PostgreSQL {}", instance.version);
        ctx.console.finished(SCOPE, message, false);
        let (from, to) = (instance.version.clone(), Some(instance.version.clone()));
        Ok(Outcome::data(Report { from, to, ..Report::default() }).changed(false))
    }

    /// Runs the checks, asks for confirmation, and marks the task.
    async fn begin(&self, ctx: &Context, deployed: &Deployed, engine: &Engine, instance: &Instance) -> Result<Begun> {
        let found = Preflight::run(ctx, deployed, instance, self.to).await?;
        found.warnings.iter().for_each(|warning| ctx.console.warn(warning));
        let upgrading = Upgrading {
            to: found.target.clone().unwrap_or_default(),
            from: instance.version.clone(),
            begun: Utc::now(),
            slot: found.slot.clone(),
        };
        let plan = Plan {
            steps: steps::of(instance, &upgrading),
            findings: found.findings.clone(),
            warnings: found.warnings.clone(),
        };
        if self.dry_run && found.findings.is_empty() {
            let preview = steps::preview(engine, deployed, &upgrading, self.to).await?;
            ctx.console.note(preview);
            return Ok(Begun::Planned(planned(upgrading.from, Some(upgrading.to), plan)));
        }
        let report =
            Report { from: upgrading.from.clone(), to: found.target.clone(), plan: Some(plan), ..Report::default() };
        found.refuse(report)?;
        let question = format!(
            "upgrade database {} from PostgreSQL {} to {}? It is unavailable for minutes, and RDS can't undo the \
             upgrade",
            instance.identifier, upgrading.from, upgrading.to
        );
        ctx.confirm(&question).await?;
        deployed.task.mark(Mark::Upgrade, &upgrading.to_string()).await?;
        Ok(Begun::Marked(upgrading))
    }

    async fn verdict(
        &self,
        ctx: &Context,
        deployed: &Deployed,
        upgrading: Upgrading,
        finished: Finished,
    ) -> Result<Outcome> {
        let Finished { written, delivered, end: Counts { committed, missing, .. }, .. } = finished;
        let summary = finished.summary();
        let (from, to) = (upgrading.from, upgrading.to);
        let report = Report { from, to: Some(to.clone()), result: Some(finished), ..Report::default() };
        if missing > 0 {
            let message =
                format!("the database runs PostgreSQL {to}, and {missing} of {committed} events are missing{summary}");
            return Err(Error::new(Kind::Verify, message).with_data(report).hint(
                "the capture runs; this command checks again, and `outboxctl reconcile --repair` delivers missing events",
            ));
        }
        deployed.unmark_renewal().await?;
        let during =
            written.map_or(String::new(), |written| format!(", {written} of them written since the upgrade began"));
        let message = format!(
            "the database runs PostgreSQL {to}; nothing is missing: {committed} committed events{during}; {delivered} had not \
             been captured and were delivered in order{summary}"
        );
        ctx.console.finished(SCOPE, message, true);
        if let Some(named) =
            ctx.settings.parameters.get("DatabaseVersion").filter(|named| **named != self.to.to_string())
        {
            ctx.console.warn(format!(
                "DatabaseVersion is {named} in the settings: set it to \"{}\", or the next deploy is refused",
                self.to
            ));
        }
        Ok(Outcome::data(report).changed(true))
    }
}

/// The start of an upgrade.
enum Begun {
    Marked(Upgrading),
    /// By a dry run, with its outcome.
    Planned(Outcome),
}

impl Finished {
    /// Returns the other counts of the result, after the missing events.
    fn summary(&self) -> String {
        let parts = [
            (self.duplicated, "delivered more than once"),
            (self.out_of_order, "aggregates out of order"),
            (self.end.dead_letters, "dead letters (`outboxctl dlq list`)"),
            (self.end.in_stream, "in the stream for a consumer (`outboxctl consume --exec COMMAND`)"),
        ];
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, text)| format!(", {count} {text}")).collect()
    }
}

fn planned(from: String, to: Option<String>, plan: Plan) -> Outcome {
    let text = plan.steps.iter().enumerate().map(|(at, step)| format!("{}. {step}", at + 1)).collect::<Vec<_>>();
    Outcome::data(Report { from, to, plan: Some(plan), ..Report::default() }).changed(false).text(text.join("\n"))
}
