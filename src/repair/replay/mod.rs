//! Delivers committed events again, on purpose: from the outbox table or the event log, marked as a replay.
//!
//! [`Journal`] records the progress of a replay, so that an interrupted one continues from there.
//!
//! It does not use an archive of EventBridge, which replays without the order of an aggregate's events, to every target
//! of the bus, and can't select by aggregate. The event log has the same events and can be read.

mod journal;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::base::error::{Error, Result};
use crate::outbox::{Chunk, Message, Verdict, round_robin};
use crate::repair::delivery::{Destination, Record, Sender, batches};
use crate::repair::source::{Filter, Outbox};

pub use journal::{Journal, Source, State, unfinished};

/// Options of a replay.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub filter: Filter,
    /// The replay's name, which its events carry as `replay`; `None` for events that were never delivered.
    pub name: Option<String>,
    /// Events per second; unlimited if `None`.
    pub rate: Option<f64>,
    /// Only report the events that would be sent.
    pub dry_run: bool,
}

/// The outcome for one event.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub r#type: &'static str,
    pub event_id: Uuid,
    pub event_type: String,
    pub aggregate_type: String,
    pub aggregate_id: String,
    /// `None` if the outbox table has no such column.
    pub sequence: Option<i64>,
    pub committed_at: DateTime<Utc>,
    /// `sent`, `refused` or `planned`.
    pub outcome: &'static str,
    pub reason: Option<String>,
}

/// The outcome of a replay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub replay: Option<String>,
    /// Events processed before an interruption.
    pub before: u64,
    /// Selected events, without those.
    pub selected: u64,
    pub sent: u64,
    pub refused: u64,
    /// Items in the table that are not outbox items.
    pub unreadable: u64,
    /// Selected events by event type.
    pub by_type: BTreeMap<String, u64>,
    pub dry_run: bool,
}

/// Delivers the events that pass the filter and `wanted`, in order per aggregate, and reports each. With a journal,
/// continues from its position and updates it. The report is valid also after an error.
pub async fn replay(
    outbox: &mut Outbox,
    destination: &Destination,
    options: &Options,
    journal: Option<&mut Journal>,
    cancel: &CancellationToken,
    wanted: impl Fn(&Message) -> bool,
    mut on_step: impl FnMut(&Step),
) -> (Report, Result<()>) {
    let before = journal.as_ref().map_or(0, |journal| journal.state.dealt_with);
    let mut report = Report { replay: options.name.clone(), dry_run: options.dry_run, before, ..Report::default() };
    let sender = Sender::new(destination, options.rate, cancel);
    let ended = run(outbox, sender, options, journal, &wanted, &mut report, &mut on_step).await;
    (report, ended)
}

async fn run(
    outbox: &mut Outbox,
    mut sender: Sender<'_>,
    options: &Options,
    mut journal: Option<&mut Journal>,
    wanted: &impl Fn(&Message) -> bool,
    report: &mut Report,
    on_step: &mut impl FnMut(&Step),
) -> Result<()> {
    let start = journal.as_ref().map(|journal| journal.state.position.clone()).unwrap_or_default();
    let mut reader = outbox.read_in_order(options.filter.clone(), start);
    loop {
        // The first page of a log or of a DynamoDB table takes long: all of it is sorted first.
        let page = sender.cancel.run_until_cancelled(reader.next()).await;
        let page = page.ok_or_else(Error::interrupted)?;
        let Some(mut page) = page? else { return Ok(()) };
        report.unreadable = reader.unreadable;
        page.retain(|message| wanted(message) && !journal.as_ref().is_some_and(|journal| journal.knows(&message.id)));
        for message in &page {
            report.selected += 1;
            *report.by_type.entry(message.event_type.clone()).or_default() += 1;
        }
        if options.dry_run {
            page.iter().for_each(|message| on_step(&step(message, "planned", None)));
            continue;
        }
        let records = page.into_iter().map(|message| record(message, options)).collect();
        let records = round_robin(records, |record| record.key.clone());
        for batch in batches(records, sender.batch(), |record| record.chunk.size()) {
            let (verdicts, sent) = sender.send(&batch).await;
            let done = conclude(&batch, verdicts, report, on_step);
            if let Some(journal) = &mut journal {
                journal.batch(done)?;
            }
            sent?;
        }
        if let Some(journal) = &mut journal {
            journal.page(reader.position().clone())?;
        }
    }
}

/// Reports the outcome of each record; returns the ids of the events that are accepted or refused.
fn conclude(
    batch: &[Record],
    verdicts: Vec<Verdict>,
    report: &mut Report,
    on_step: &mut impl FnMut(&Step),
) -> Vec<Uuid> {
    let mut done = Vec::with_capacity(batch.len());
    for (record, verdict) in batch.iter().zip(verdicts) {
        let Some(message) = record.chunk.as_event() else { continue };
        match verdict {
            Verdict::Accepted | Verdict::Nothing => {
                report.sent += 1;
                on_step(&step(message, "sent", None));
            }
            Verdict::Refused { code, message: why } => {
                report.refused += 1;
                on_step(&step(message, "refused", Some(format!("{code}: {why}"))));
            }
            Verdict::Unfinished { .. } => continue,
        }
        done.push(message.id);
    }
    done
}

fn record(mut message: Message, options: &Options) -> Record {
    message.replay.clone_from(&options.name);
    let key = format!("{}/{}", message.aggregate_type, message.aggregate_id);
    Record { key, partition_key: message.aggregate_id.clone(), chunk: Chunk::event(message) }
}

fn step(message: &Message, outcome: &'static str, reason: Option<String>) -> Step {
    Step {
        r#type: "event",
        event_id: message.id,
        event_type: message.event_type.clone(),
        aggregate_type: message.aggregate_type.clone(),
        aggregate_id: message.aggregate_id.clone(),
        sequence: message.sequence,
        committed_at: message.committed_at,
        outcome,
        reason,
    }
}
