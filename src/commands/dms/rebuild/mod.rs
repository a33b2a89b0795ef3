//! `outboxctl dms rebuild`.
//!
//! The order of the steps keeps the order of each aggregate. The new slot exists before the missing events are read from
//! the outbox, and the task starts to read it after they were delivered. An event is therefore delivered from the outbox
//! before a later one of its aggregate comes through the slot; events that are in both arrive twice.
//!
//! A tag on the task has the name of the new slot, and each step first looks for its result, so a new run continues
//! where a killed one stopped.

mod gap;
mod renewal;
mod restored;
mod waits;

use chrono::Utc;
use serde::Serialize;

pub use self::gap::{Counts, Gap};
pub use self::renewal::Renewal;
pub use self::waits::Waits;
use super::task::Deployed;
use crate::aws::dms::{Mark, SlotUse, Source};
use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::output::{Outcome, count};
use crate::pipelines::Output;
use crate::postgres::admin::{Slot, SlotTrouble};

const SCOPE: &str = "rebuild";

/// The part of the confirmation that changes rows.
const RENUMBERING: &str = "if the database was restored to an earlier time, outbox rows written since then, with sequences of \
                           delivered events, get later sequences: applications that stored the earlier ones do not see this";

/// Replace a lost replication slot, and deliver the events that were not captured
///
/// Use it if the slot was dropped, if PostgreSQL removed the log that it needs (max_slot_wal_keep_size), or if a
/// restored or promoted server does not have it. Creates a new slot, compares the outbox with the delivered events,
/// delivers the missing ones in order per aggregate, starts the task at the new slot, and checks that no event is
/// missing. Applications may write all the time. If the database was restored to an earlier time, events that were
/// written since with the sequences of delivered events get later sequences first; see `outboxctl explain capture`. If
/// the command is interrupted, run it again: it continues where it stopped. Exits with 5 if events are missing at the
/// end.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    waits: Waits,
}

/// The outcome.
#[derive(Debug, Default, Serialize)]
struct Report {
    /// The slot that the task reads; None if nothing was rebuilt.
    slot: Option<String>,
    /// The position from which the slot has every change.
    position: Option<String>,
    /// Lost slots that were dropped.
    dropped: Vec<String>,
    /// Aggregates of a restored database whose sequences continue after the delivered ones.
    advanced: u64,
    /// Events that were written after the database was restored, and that got later sequences.
    renumbered: u64,
    /// Missing events that this run delivered.
    delivered: u64,
    /// Aggregates of which later events had been delivered before.
    out_of_order: u64,
    #[serde(flatten)]
    end: Counts,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        self.waits.check(ctx)?;
        ctx.console.started(SCOPE, "checking the replication slot");
        ctx.console.report_failure(SCOPE, self.rebuild(ctx).await)
    }

    async fn rebuild(&self, ctx: &Context) -> Result<Outcome> {
        let deployed = Deployed::find(ctx, self.waits.timeout, true).await?;
        if deployed.deployment.is_existing(Output::TaskArn) {
            let text = "the capture task is one of [existing]: outboxctl does not change its source endpoint";
            return Err(Error::new(Kind::Usage, text).hint("replace the slot with the tool that made the task"));
        }
        let (now, source) = (deployed.task.describe().await?, deployed.source(ctx).await?);
        let slots = deployed.deployment.database().await?.status().await?.slots;
        let used = SlotUse::new(&now, &source);
        let trouble = used.needed.then(|| SlotTrouble::find(&slots, source.slot.as_deref(), source.plugin)).flatten();
        let begun = deployed.task.marked(Mark::Rebuild).await?;
        let upgrading = deployed.task.upgrading().await?;
        if trouble.is_none() && begun.is_none() && upgrading.is_none() {
            let message = match used.needed {
                true => "nothing to rebuild: the task's slot exists",
                false => "nothing to rebuild: the task has never read a slot",
            };
            ctx.console.finished(SCOPE, message, false);
            return Ok(Outcome::data(Report::default()).changed(false));
        }
        let mut lost = lost(&slots, &source);
        // An upgrade that did not reach its end: the capture continues on the version that runs.
        lost.extend(upgrading.as_ref().and_then(|upgrading| upgrading.slot.clone()));
        lost.retain(|slot| begun.as_ref() != Some(slot));
        let name = match begun {
            Some(name) => name,
            None => {
                let renumbers = upgrading.is_none() && deployed.deployment.layout.is_own();
                self.begin(ctx, &deployed, trouble.as_ref(), &lost, renumbers).await?
            }
        };
        let gap = self.waits.gap(ctx, &deployed.deployment, SCOPE);
        let mut report = Report { slot: Some(name.clone()), ..Report::default() };
        // A task that reads the new slot was started after the missing events were delivered.
        if source.slot.as_ref() != Some(&name) || now.status != "running" || trouble.is_some() {
            let (deployed, gap, waits, name) = (&deployed, &gap, &self.waits, name.as_str());
            // A run that was killed has made the slot that it missed.
            let restored = upgrading.is_none();
            let renewal = Renewal { deployed, gap, waits, name, lost: &lost, restored };
            let renewed = renewal.run(source).await?;
            report.position = Some(renewed.position);
            (report.dropped, report.delivered) = (renewed.dropped, renewed.delivered);
            report.out_of_order = renewed.out_of_order;
            (report.advanced, report.renumbered) = (renewed.advanced.aggregates, renewed.advanced.events);
        }
        report.end = gap.wait(Utc::now(), self.waits.patience).await?.counts();
        verdict(ctx, &deployed, report).await
    }

    /// Asks for confirmation and marks the task; returns the name of the new slot. `renumbers`: rows of a restored database
    /// get other sequences.
    async fn begin(
        &self,
        ctx: &Context,
        deployed: &Deployed,
        trouble: Option<&SlotTrouble>,
        lost: &[String],
        renumbers: bool,
    ) -> Result<String> {
        if let Some(trouble) = trouble {
            ctx.console.note(trouble.to_string());
        }
        if renumbers {
            ctx.console.note(RENUMBERING);
        }
        let dropped = lost.join(", ");
        let drops = if dropped.is_empty() { String::new() } else { format!(" in place of {dropped}") };
        let changes = if renumbers { ", change sequences that delivered events have," } else { "," };
        ctx.confirm(&format!("create a new slot{drops}{changes} and deliver the events that were not captured?"))
            .await?;
        deployed.mark_new_slot().await
    }
}

/// Returns the slots to drop: the one that the source endpoint names, or else every one that the capture can have had.
fn lost(slots: &[Slot], source: &Source) -> Vec<String> {
    let own = |slot: &&Slot| match &source.slot {
        Some(name) => slot.name == *name,
        None => slot.plugin == source.plugin,
    };
    slots.iter().filter(|slot| slot.is_lost()).filter(own).map(|slot| slot.name.clone()).collect()
}

async fn verdict(ctx: &Context, deployed: &Deployed, report: Report) -> Result<Outcome> {
    let Counts { committed, missing, dead_letters, in_stream } = report.end;
    let mut rest = match dead_letters {
        0 => String::new(),
        _ => format!(", {} (`outboxctl dlq list`)", count(dead_letters, "dead letter")),
    };
    if in_stream > 0 {
        rest += &format!(
            ", {} in the stream for a consumer (`outboxctl consume --exec COMMAND`)",
            count(in_stream, "event")
        );
    }
    if missing > 0 {
        let message = format!("{missing} of {} are missing{rest}", count(committed, "committed event"));
        return Err(Error::new(Kind::Verify, message).with_data(report).hint(
            "the task runs, and reads the new slot; `outboxctl dms rebuild` checks again, and \
             `outboxctl reconcile --repair` delivers missing events",
        ));
    }
    deployed.unmark_renewal().await?;
    let filled = match report.delivered {
        0 => "none had to be delivered again".to_owned(),
        delivered => format!("{} had not been captured and were delivered in order", count(delivered, "event")),
    };
    let message = format!("nothing is missing: {}, {filled}{rest}", count(committed, "committed event"));
    ctx.console.finished(SCOPE, message, true);
    Ok(Outcome::data(report).changed(true))
}
