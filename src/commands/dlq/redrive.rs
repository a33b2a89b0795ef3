//! `outboxctl dlq redrive`.

use super::{Chosen, warn_unlisted};
use crate::base::error::{Error, Kind, Result};
use crate::commands::args::rate;
use crate::commands::reach::DatabaseArgs;
use crate::commands::{Context, announce};
use crate::output::{Expect, Outcome};
use crate::repair::dead_letters::{Options, Places, Report, Selection, Step, redrive};

/// Deliver dead letters again
///
/// Sends each record to the pipeline's own publisher function, which handles it like a record of the stream: same event
/// id, same envelope, same limits, and events of an aggregate in order. On rds-kinesis, records go back into the
/// stream. Events that a rule of the bus could not deliver go only to that rule's target: the event log, or the
/// consumer behind the bus.
///
/// A dead letter is removed once all of it was accepted. One that is rejected again stays in the dead-letter store and
/// does not block the others. If redrive is stopped or killed, run it again: nothing is lost, and at most the batch in
/// progress is delivered twice. Queue messages that a killed redrive had received become visible again after 30
/// seconds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Redrive all dead letters
    #[arg(long, conflicts_with_all = ["cause", "aggregate", "ids", "place"])]
    all: bool,
    #[command(flatten)]
    chosen: Chosen,
    /// Only this dead letter: its id from `dlq list`, or the event id (or its first 8 or more characters); repeatable
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// Maximum records per second [default: unlimited]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Show what would be sent, and in which order, without sending anything
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let Chosen { cause, place, aggregate } = self.chosen;
        if !self.all && cause.is_none() && place.is_none() && aggregate.is_none() && self.ids.is_empty() {
            return Err(Error::new(
                Kind::Usage,
                "choose dead letters with --cause, --place, --aggregate, --id or --all",
            ));
        }
        let deployment = announce::deployment(ctx, !self.dry_run).await?.reached(self.database.via);
        let mut places = Places::open(&deployment, place.as_deref()).await?;
        if !self.dry_run {
            ctx.confirm_in_production(&format!("send dead letters of {} again?", ctx.settings.stage)).await?;
        }
        let mut selection = Selection { cause, aggregate, ids: self.ids };
        if selection.is_abbreviated() {
            selection.complete(&places.list().await?)?;
        }
        let named = selection.clone();
        let options = Options { selection, rate: self.rate, dry_run: self.dry_run };
        let _hold = ctx.hold();
        let way =
            |place: &crate::repair::dead_letters::Place| format!("{} → {}", place.name, place.destination.describe());
        ctx.console.started("redrive", places.0.iter().map(way).collect::<Vec<_>>().join("; "));
        let mut done = 0;
        let total = (!named.ids.is_empty()).then_some(named.ids.len() as u64);
        let on_step = |step: &Step| {
            done += 1;
            ctx.console.expect("redrive", Expect::Count { done, total });
            let human = || {
                let reason = step.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("{:<8} {} {}{reason}", step.outcome, step.id, step.aggregate)
            };
            ctx.console.item(step, None, human);
        };
        let (report, ended) = redrive(&mut places, &options, &ctx.cancel, on_step).await;
        warn_unlisted(ctx, &places);
        if let Err(error) = ended {
            ctx.console.failed("redrive", error.message());
            let Report { sent, left, .. } = report;
            let hint = format!("{sent} are sent and removed; run it again for the remaining {left}");
            return Err(error.hint(hint).with_data(report));
        }
        if report.selected == 0 && named != Selection::default() {
            let all = places.list().await?;
            return Err(super::nothing_matches(&named, None, &all, places.unread()));
        }
        finish(ctx, report)
    }
}

fn finish(ctx: &Context, report: Report) -> Result<Outcome> {
    let Report { selected, sent, refused, unsendable, dry_run, unread, .. } = report;
    if dry_run {
        let message = format!("{} of {selected} would be sent", selected - unsendable);
        ctx.console.finished("redrive", message, false);
        return Ok(Outcome::data(report).changed(false));
    }
    if refused + unsendable > 0 {
        let message = format!("{sent} of {selected} sent; {} remain in the dead-letter store", refused + unsendable);
        ctx.console.failed("redrive", &message);
        return Err(Error::new(Kind::Failed, message)
            .hint("`outboxctl dlq show ID` shows the reason; fix the consumer or raise the limit first")
            .with_data(report));
    }
    if unread > 0 {
        let message = format!("{sent} sent and removed; about {unread} more are in a queue and were not read");
        ctx.console.failed("redrive", &message);
        return Err(Error::new(Kind::Failed, message)
            .hint("run it again for the rest: events of an aggregate are in order within a run, not between runs")
            .with_data(report));
    }
    ctx.console.finished("redrive", format!("{sent} sent and removed"), sent > 0);
    Ok(Outcome::data(report).changed(sent > 0))
}
