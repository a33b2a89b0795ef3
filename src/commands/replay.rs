//! `outboxctl replay`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::base::error::{Error, Kind, Result};
use crate::commands::args::{rate, time};
use crate::commands::reach::DatabaseArgs;
use crate::commands::{Context, announce};
use crate::deployment::Deployment;
use crate::local::Home;
use crate::outbox::{is_abbreviated, numbered};
use crate::output::{Expect, Outcome, Table, count, utc};
use crate::repair::delivery::Destination;
use crate::repair::replay::{Journal, Options, Report, Source, State, Step, replay, unfinished};
use crate::repair::source::{Filter, Outbox};

/// Deliver events again from the outbox table or the event log
///
/// The pipeline's own publisher function delivers the events as it delivers records of the stream. On rds-kinesis they
/// are written to the stream, and the consumer's handler runs again. Each event keeps its event id and has the
/// extension attribute `replay` with the name of the replay, so that consumers can recognize it. Events of an aggregate
/// keep their order; events of different aggregates are interleaved.
///
/// Progress is stored with the local stack's files (OUTBOXCTL_HOME). To continue a replay that was stopped or killed,
/// use --resume with its name; at most the batch in progress is delivered twice.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Include events written at or after this time: RFC 3339, or relative like -15m
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    from: Option<DateTime<Utc>>,
    /// Include events written before this time
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    until: Option<DateTime<Utc>>,
    /// Only events of this aggregate
    #[arg(long, value_name = "ID")]
    aggregate: Option<String>,
    /// Only events of this type
    #[arg(long, value_name = "TYPE")]
    event_type: Option<String>,
    /// Only this event; repeatable. The first 8 or more characters of its id are enough, but the source is then searched
    /// for it
    #[arg(long = "id", value_name = "UUID", value_parser = event_id)]
    ids: Vec<String>,
    /// Continue an interrupted replay: the newest, or the one with this name
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "",
          conflicts_with_all = ["from", "until", "aggregate", "event_type", "ids", "all", "dry_run"])]
    resume: Option<String>,
    /// Replay all events of the source
    #[arg(long, conflicts_with_all = ["from", "until", "aggregate", "event_type", "ids"])]
    all: bool,
    /// Source to read the events from
    #[arg(long, value_name = "SOURCE", value_enum, default_value = "outbox", conflicts_with = "resume")]
    source: Source,
    /// Maximum events per second [default: unlimited]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Show what would be sent without sending anything
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Reads the id of an event, whole or abbreviated.
fn event_id(text: &str) -> std::result::Result<String, String> {
    match Uuid::parse_str(text).is_ok() || is_abbreviated(text) {
        true => Ok(text.to_owned()),
        false => Err("a UUID is needed, or its first 8 or more characters".to_owned()),
    }
}

/// Checks that `from` is before `until`.
///
/// # Errors
/// `Usage` if it is not.
pub fn check_window(from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Result<()> {
    let Some(from) = from else { return Ok(()) };
    if from > Utc::now() {
        return Err(Error::new(Kind::Usage, "--from is in the future"));
    }
    match until {
        Some(until) if until <= from => Err(Error::new(Kind::Usage, "--until is not after --from")),
        _ => Ok(()),
    }
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        check_window(self.from, self.until)?;
        let filter = self.filter();
        if filter == Filter::default() && self.ids.is_empty() && !self.all && self.resume.is_none() {
            let error =
                Error::new(Kind::Usage, "choose events with --from, --until, --aggregate, --event-type, --id or --all");
            return Err(error.hint("--all delivers all events of the outbox again"));
        }
        let deployment = announce::deployment(ctx, !self.dry_run).await?.reached(self.database.via);
        let destination = Destination::of(&deployment)?;
        if !self.dry_run {
            ctx.confirm_in_production(&format!("deliver events of {} again?", ctx.settings.stage)).await?;
        }
        let filter = self.completed(ctx, &deployment, filter).await?;
        let mut journal = if self.dry_run { None } else { self.journal(ctx, &deployment, &filter)? };
        let name = journal.as_ref().map_or_else(|| Uuid::now_v7().to_string(), |journal| journal.state.name.clone());
        let filter = journal.as_ref().map_or(filter, |journal| journal.state.filter.clone());
        let source = journal.as_ref().map_or(self.source, |journal| journal.state.source);
        let mut outbox = open(&deployment, source).await?;
        let _hold = ctx.hold();
        ctx.console.started("replay", self.opening(&name, journal.as_ref(), &destination));
        let options = Options { filter, name: Some(name.clone()), rate: self.rate, dry_run: self.dry_run };
        let all = |_: &crate::outbox::Message| true;
        let mut done = 0;
        let on_step = |step: &Step| {
            show_step(ctx, step);
            done += 1;
            ctx.console.expect("replay", Expect::Count { done, total: None });
        };
        let (report, ended) =
            replay(&mut outbox, &destination, &options, journal.as_mut(), &ctx.cancel, all, on_step).await;
        if let Err(error) = ended {
            ctx.console.failed("replay", error.message());
            let hint = match (&journal, report.before + report.sent + report.refused) {
                (_, 0) => "nothing was sent".to_owned(),
                (Some(_), done) => {
                    format!("{} sent; to continue: `outboxctl replay --resume {name}`", count(done, "event"))
                }
                (None, _) => "run it again to start over: consumers recognize the events by their ids".to_owned(),
            };
            return Err(error.hint(hint).with_data(report));
        }
        journal.map(Journal::finish).transpose()?;
        finish(ctx, &name, report)
    }

    /// Returns the filter with whole event ids, which the source completes.
    async fn completed(&self, ctx: &Context, deployment: &Deployment, mut filter: Filter) -> Result<Filter> {
        let short: Vec<&String> = self.ids.iter().filter(|id| Uuid::parse_str(id).is_err()).collect();
        if short.is_empty() {
            return Ok(filter);
        }
        let wait = ctx.console.wait("replay", "looking for the events of abbreviated ids");
        let mut found: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
        let mut outbox = open(deployment, self.source).await?;
        let mut reader = outbox.read(Filter { ids: Vec::new(), ..filter.clone() });
        while let Some(messages) = reader.next().await? {
            for (id, message) in short.iter().flat_map(|id| messages.iter().map(move |message| (id, message))) {
                if message.id.to_string().starts_with(&id.to_lowercase()) {
                    found.entry(id.as_str()).or_default().insert(message.id);
                }
            }
        }
        drop(wait);
        for id in short {
            let events: Vec<Uuid> = found.remove(id.as_str()).unwrap_or_default().into_iter().collect();
            match events[..] {
                [event] => filter.ids.push(event),
                [] => return Err(Error::new(Kind::Usage, format!("no event has an id that begins with {id}"))),
                _ => {
                    let all: Vec<String> = events.iter().take(20).map(Uuid::to_string).collect();
                    return Err(Error::new(Kind::Usage, format!("{id} begins the ids of several events"))
                        .hint(format!("name one of them: {}", all.join(", "))));
                }
            }
        }
        Ok(filter)
    }

    fn filter(&self) -> Filter {
        Filter {
            from: self.from,
            until: self.until,
            aggregate: self.aggregate.clone(),
            event_type: self.event_type.clone(),
            ids: self.ids.iter().filter_map(|id| Uuid::parse_str(id).ok()).collect(),
        }
    }

    /// Returns the journal of the replay to continue, or of a new one; None without a folder for it.
    fn journal(&self, ctx: &Context, deployment: &Deployment, filter: &Filter) -> Result<Option<Journal>> {
        let id = deployment.id().unwrap_or_default();
        // Journals of the local stack are stored with it, so that `local down --purge` deletes them.
        let local = ctx.settings.local;
        let folder = Home::find().map(|home| if local { home.stack() } else { home.root().to_owned() }.join("replays"));
        if let Some(name) = &self.resume {
            let folder = folder?;
            let newest = unfinished(&folder, id)?.into_iter().next().map(|state| state.name);
            let named = Some(name.clone()).filter(|name| !name.is_empty()).or(newest);
            let none = || Error::new(Kind::Usage, "no replay of this deployment was interrupted");
            return Journal::resume(&folder, id, &named.ok_or_else(none)?).map(Some);
        }
        let begun = folder.and_then(|folder| {
            let interrupted = unfinished(&folder, id)?;
            Ok((Journal::begin(&folder, id, self.source, filter)?, interrupted))
        });
        match begun {
            Ok((journal, interrupted)) => {
                if let Some(State { name, dealt_with, started_at, .. }) = interrupted.first() {
                    let at = utc(*started_at);
                    ctx.console.note(format!(
                        "a replay of {at} was interrupted after {}; `outboxctl replay --resume {name}` continues it",
                        count(*dealt_with, "event")
                    ));
                }
                Ok(Some(journal))
            }
            Err(error) => {
                let why = error.causes().pop().map(|cause| format!(": {cause}")).unwrap_or_default();
                ctx.console.warn(format!("this replay can't be resumed if it is interrupted: {error}{why}"));
                Ok(None)
            }
        }
    }

    fn opening(&self, name: &str, journal: Option<&Journal>, destination: &Destination) -> String {
        let to = destination.describe();
        match journal.map_or(0, |journal| journal.state.dealt_with) {
            _ if self.dry_run => format!("would go to {to}"),
            0 => format!("replay {name} goes to {to}"),
            done => format!("replay {name} continues to {to}; {} sent before", count(done, "event")),
        }
    }
}

/// Prints a line for an event. On a terminal, sent events are only counted unless --verbose is set.
pub fn show_step(ctx: &Context, step: &Step) {
    if step.outcome == "sent" && ctx.console.is_terminal() && !ctx.settings.verbose {
        return;
    }
    let human = || {
        let reason = step.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let Step { outcome, event_type, aggregate_type, aggregate_id, sequence, event_id, .. } = step;
        format!("{outcome:<8} {event_type} {aggregate_type} {aggregate_id} {}{event_id}{reason}", numbered(*sequence))
    };
    ctx.console.item(step, Some(step.event_id), human);
}

async fn open(deployment: &Deployment, source: Source) -> Result<Outbox> {
    match source {
        Source::Outbox => Outbox::open(deployment).await,
        Source::Log => Outbox::open_log(deployment),
    }
}

fn finish(ctx: &Context, name: &str, report: Report) -> Result<Outcome> {
    let Report { selected, sent, refused, dry_run, unreadable, .. } = report;
    if unreadable > 0 {
        ctx.console
            .warn(format!("not included: {} of the table that can't be read as events", count(unreadable, "item")));
    }
    if refused > 0 {
        let message = format!("{refused} of {} were refused", count(selected, "event"));
        ctx.console.failed("replay", &message);
        return Err(Error::new(Kind::Failed, message).with_data(report));
    }
    let mut table = Table::new(["event type", "events"]);
    report.by_type.iter().for_each(|(name, count)| table.row([name.clone(), count.to_string()]));
    let message = match (selected, dry_run) {
        (0, _) if report.before == 0 => "no event matches".to_owned(),
        (_, true) => format!("{} would be sent", count(selected, "event")),
        (_, false) => format!("{} sent as replay {name}", count(sent, "event")),
    };
    ctx.console.finished("replay", message, sent > 0);
    let outcome = Outcome::data(&report).changed(sent > 0);
    Ok(if selected > 0 { outcome.table(table) } else { outcome })
}
