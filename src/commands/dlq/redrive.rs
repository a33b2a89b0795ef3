//! `outboxctl dlq redrive`.

use super::tell_elsewhere;
use crate::commands::announce;
use crate::commands::args::rate;
use crate::commands::reach::{self, DatabaseArgs};
use crate::context::Context;
use crate::deadletters::{Options, Places, Report, Selection, Step, redrive};
use crate::error::{Error, Kind, Result};
use crate::output::{Event, Expect, Outcome};

/// Send dead letters on their way again
///
/// Each record goes to the pipeline's own publisher function, which delivers it as it delivers the stream: same event id,
/// same envelope, same limits, events of an aggregate in their order. On rds-kinesis it goes back into the stream. What a rule
/// of the bus could not deliver goes to that rule's target alone: into the event log, or to the consumer behind the bus.
///
/// A dead letter is removed once all of it was accepted; one that is refused again stays, and holds up no other. Stopped or
/// killed in the middle, run it again: nothing is lost, and at most the batch that was under way is delivered twice. What a
/// killed redrive held of a queue is back after 30 seconds.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Everything there is
    #[arg(long, conflicts_with_all = ["cause", "aggregate", "ids", "place"])]
    all: bool,
    /// Only this cause, as `dlq list` shows it
    #[arg(long, value_name = "CAUSE")]
    cause: Option<String>,
    /// Only this place, as `dlq list` shows it
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// Only this aggregate: its id, or TYPE/ID
    #[arg(long, value_name = "ID")]
    aggregate: Option<String>,
    /// Only this one, by the id that `dlq list` shows, or by the event's id; may be given several times
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// Records a second [default: as fast as they are taken]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Say what would be sent, in which order, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        if !self.all && self.cause.is_none() && self.place.is_none() && self.aggregate.is_none() && self.ids.is_empty()
        {
            return Err(Error::new(
                Kind::Usage,
                "which dead letters? Name a --cause, a --place, an --aggregate or an --id, or say --all",
            ));
        }
        let deployment = announce::deployment(ctx, !self.dry_run).await?;
        let clients = ctx.aws().await?;
        let (via, only) = (self.database.via, self.place.as_deref());
        let mut places = Places::open(clients, &deployment, via, reach::roots(ctx)?, only).await?;
        if !self.dry_run {
            reach::agree_in_production(ctx, &format!("send dead letters of {} again?", ctx.settings.stage)).await?;
        }
        let selection = Selection { cause: self.cause, aggregate: self.aggregate, ids: self.ids };
        let named = selection.clone();
        let options = Options { selection, rate: self.rate, dry_run: self.dry_run };
        let _hold = ctx.hold();
        let way = |place: &crate::deadletters::Place| format!("{} → {}", place.name, place.courier.describe());
        ctx.console.emit(Event::started("redrive", places.0.iter().map(way).collect::<Vec<_>>().join("; ")));
        let mut done = 0;
        let total = (!named.ids.is_empty()).then_some(named.ids.len() as u64);
        let told = |step: &Step| {
            done += 1;
            ctx.console.expect("redrive", Expect::Count { done, total });
            let human = || {
                let reason = step.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
                format!("{:<8} {} {}{reason}", step.outcome, step.id, step.aggregate)
            };
            ctx.console.item(step, human);
        };
        let (report, ended) = redrive(&mut places, &options, &ctx.cancel, told).await;
        tell_elsewhere(ctx, &places);
        if let Err(error) = ended {
            ctx.console.emit(Event::failed("redrive", error.message()));
            let Report { sent, left, .. } = report;
            let hint = format!("{sent} are sent and removed; run it again for the {left} that it did not get to");
            return Err(error.hint(hint).with_data(report));
        }
        if report.selected == 0 && named != Selection::default() {
            return Err(super::nothing_matches(&named, None, &places.list().await?));
        }
        finish(ctx, report)
    }
}

fn finish(ctx: &Context, report: Report) -> Result<Outcome> {
    let Report { selected, sent, refused, unsendable, dry_run, .. } = report;
    if dry_run {
        let message = format!("{} of {selected} would be sent", selected - unsendable);
        ctx.console.emit(Event::finished("redrive", message, false));
        return Ok(Outcome::data(report).changed(false));
    }
    if refused + unsendable > 0 {
        let message = format!("{sent} of {selected} sent; {} are where they were", refused + unsendable);
        ctx.console.emit(Event::failed("redrive", &message));
        return Err(Error::new(Kind::Failed, message)
            .hint("`outboxctl dlq show ID` has the reason; mend the consumer or the limit first")
            .with_data(report));
    }
    ctx.console.emit(Event::finished("redrive", format!("{sent} sent and removed"), sent > 0));
    Ok(Outcome::data(report).changed(sent > 0))
}
