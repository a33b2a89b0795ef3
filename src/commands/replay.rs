//! `outboxctl replay`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::commands::reach::{self, DatabaseArgs};
use crate::commands::sample::rate;
use crate::committed::{Filter, Outbox};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::output::{Event, Outcome, Table};
use crate::redelivery::Courier;
use crate::replay::{Options, Report, Step, replay};
use crate::settings::OutputFormat;
use crate::streams;

/// Deliver events again, from the outbox table
///
/// The pipeline's own publisher function delivers them as it delivers the stream; on rds-kinesis they go into the stream,
/// and the consumer's hook runs again. Each keeps its event id and carries the extension attribute `replay` with the
/// replay's name, so that a consumer can tell. Events of an aggregate keep their order; aggregates come one after the other.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Written then or later: RFC 3339, or relative like -15m
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    from: Option<DateTime<Utc>>,
    /// Written before
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<DateTime<Utc>>,
    /// Only this aggregate's events
    #[arg(long, value_name = "ID")]
    aggregate: Option<String>,
    /// Only events of this type
    #[arg(long, value_name = "TYPE")]
    event_type: Option<String>,
    /// Only this event; may be given several times
    #[arg(long = "id", value_name = "UUID")]
    ids: Vec<Uuid>,
    /// Everything that the outbox has
    #[arg(long, conflicts_with_all = ["from", "until", "aggregate", "event_type", "ids"])]
    all: bool,
    /// Events a second [default: as fast as they are taken]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Say what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// RFC 3339, or relative to now.
pub fn time(text: &str) -> Result<DateTime<Utc>, String> {
    streams::time(text, Utc::now())
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let Self { from, until, aggregate, event_type, ids, .. } = self;
        let filter = Filter { from, until, aggregate, event_type, ids };
        if filter == Filter::default() && !self.all {
            let error =
                Error::new(Kind::Usage, "which events? Name --from, --until, --aggregate, --event-type or --id");
            return Err(error.hint("--all delivers everything again that the outbox has"));
        }
        let deployment = reach::deployment(ctx).await?;
        let clients = ctx.aws().await?;
        let mut outbox = Outbox::open(clients, &deployment, self.database.via, reach::roots(ctx)?).await?;
        let courier = Courier::of(clients, &deployment)?;
        if !self.dry_run {
            reach::agree_in_production(ctx, &format!("deliver events of {} again?", ctx.settings.stage)).await?;
        }
        let name = Uuid::now_v7().to_string();
        let _hold = ctx.hold();
        let action = if self.dry_run { "would go" } else { "goes" };
        ctx.console.emit(Event::started("replay", format!("replay {name} {action} to {}", courier.describe())));
        let options = Options { filter, name: Some(name), rate: self.rate, dry_run: self.dry_run };
        let all = |_: &crate::outbox::Message| true;
        let (report, ended) = replay(&mut outbox, &courier, &options, &ctx.cancel, all, |step| tell(ctx, step)).await;
        if let Err(error) = ended {
            ctx.console.emit(Event::failed("replay", error.message()));
            return Err(error
                .hint("run again, it starts over: consumers know the events by their ids")
                .with_data(report));
        }
        finish(ctx, report)
    }
}

/// A line of what was done.
pub fn tell(ctx: &Context, step: &Step) {
    let human = || {
        let reason = step.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let Step { outcome, event_type, aggregate_type, aggregate_id, sequence, event_id, .. } = step;
        format!("{outcome:<8} {event_type} {aggregate_type} {aggregate_id} #{sequence} {event_id}{reason}")
    };
    if ctx.console.format() != OutputFormat::Json {
        ctx.console.item(step, human);
    }
}

fn finish(ctx: &Context, report: Report) -> Result<Outcome> {
    let Report { selected, sent, refused, dry_run, unreadable, .. } = report;
    if unreadable > 0 {
        ctx.console.warn(format!("{unreadable} items of the outbox are no outbox items and were left out"));
    }
    if refused > 0 {
        let message = format!("{refused} of {selected} events were refused");
        ctx.console.emit(Event::failed("replay", &message));
        return Err(Error::new(Kind::Failed, message).with_data(report));
    }
    let mut table = Table::new(["event type", "events"]);
    report.by_type.iter().for_each(|(name, count)| table.row([name.clone(), count.to_string()]));
    let message = if dry_run { format!("{selected} events would be sent") } else { format!("{sent} events sent") };
    ctx.console.emit(Event::finished("replay", message, sent > 0));
    let outcome = Outcome::data(&report).changed(sent > 0);
    Ok(if selected > 0 { outcome.table(table) } else { outcome })
}
