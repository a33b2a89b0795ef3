//! Delivers committed events again, on purpose: from the outbox table or the event log, marked as a replay.
//!
//! [`Journal`] records the progress of a replay, so that an interrupted one continues from there.
//!
//! Not through an archive of EventBridge: that replays without the order of an aggregate's events, to every target of
//! the bus, and can't select by aggregate. The event log has the same events and can be read.

mod journal;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::error::{Error, Kind, Result};
use crate::outbox::{Chunk, Message, Verdict, round_robin};
use crate::repair::delivery::{Courier, Record, Sender, batches};
use crate::repair::source::{Filter, Outbox};

pub use journal::{Journal, Source, State, unfinished};

/// What to deliver again, and how.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub filter: Filter,
    /// The replay's name, which its events carry as `replay`; None for events that were never delivered.
    pub name: Option<String>,
    /// Events a second; as fast as it goes without one.
    pub rate: Option<f64>,
    /// Only say what would be sent.
    pub dry_run: bool,
}

/// One event that was dealt with.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub r#type: &'static str,
    pub event_id: Uuid,
    pub event_type: String,
    pub aggregate_type: String,
    pub aggregate_id: String,
    pub sequence: i64,
    pub committed_at: DateTime<Utc>,
    /// `sent`, `refused` or `planned`.
    pub outcome: &'static str,
    pub reason: Option<String>,
}

/// What happened in all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub replay: Option<String>,
    /// Events that were done with before it was interrupted.
    pub before: u64,
    /// Events that were meant, without those.
    pub selected: u64,
    pub sent: u64,
    pub refused: u64,
    /// Items of the table that are no outbox items.
    pub unreadable: u64,
    /// Of the selected ones, by event type.
    pub by_type: BTreeMap<String, u64>,
    pub dry_run: bool,
}

/// Delivers what the filter lets through and `wanted` agrees to, one aggregate's events in their order, and tells of each.
/// With a journal it goes on from where that is, and keeps it. The report counts, whatever the end.
pub async fn replay(
    outbox: &mut Outbox,
    courier: &Courier,
    options: &Options,
    journal: Option<&mut Journal>,
    cancel: &CancellationToken,
    wanted: impl Fn(&Message) -> bool,
    mut told: impl FnMut(&Step),
) -> (Report, Result<()>) {
    let before = journal.as_ref().map_or(0, |journal| journal.state.dealt_with);
    let mut report = Report { replay: options.name.clone(), dry_run: options.dry_run, before, ..Report::default() };
    let sender = Sender::new(courier, options.rate, cancel);
    let ended = run(outbox, sender, options, journal, &wanted, &mut report, &mut told).await;
    (report, ended)
}

async fn run(
    outbox: &mut Outbox,
    mut sender: Sender<'_>,
    options: &Options,
    mut journal: Option<&mut Journal>,
    wanted: &impl Fn(&Message) -> bool,
    report: &mut Report,
    told: &mut impl FnMut(&Step),
) -> Result<()> {
    let start = journal.as_ref().map(|journal| journal.state.position.clone()).unwrap_or_default();
    let mut reader = outbox.read_in_order(options.filter.clone(), start);
    loop {
        // The first page of a log or of a DynamoDB table takes long: all of it is sorted first.
        let page = sender.cancel.run_until_cancelled(reader.next()).await;
        let page = page.ok_or_else(|| Error::new(Kind::Interrupted, "stopped"))?;
        let Some(mut page) = page? else { return Ok(()) };
        report.unreadable = reader.unreadable;
        page.retain(|message| wanted(message) && !journal.as_ref().is_some_and(|journal| journal.knows(&message.id)));
        for message in &page {
            report.selected += 1;
            *report.by_type.entry(message.event_type.clone()).or_default() += 1;
        }
        if options.dry_run {
            page.iter().for_each(|message| told(&step(message, "planned", None)));
            continue;
        }
        let records =
            round_robin(page.into_iter().map(|message| record(message, options)).collect(), |p| p.key.clone());
        for batch in batches(records, sender.batch(), |record| record.chunk.size()) {
            let (verdicts, sent) = sender.send(&batch).await;
            let mut done = Vec::with_capacity(batch.len());
            for (record, verdict) in batch.iter().zip(verdicts) {
                let Some(message) = record.chunk.as_event() else { continue };
                if !matches!(verdict, Verdict::Unfinished { .. }) {
                    done.push(message.id);
                }
                match verdict {
                    Verdict::Accepted | Verdict::Nothing => {
                        report.sent += 1;
                        told(&step(message, "sent", None));
                    }
                    Verdict::Refused { code, message: why } => {
                        report.refused += 1;
                        told(&step(message, "refused", Some(format!("{code}: {why}"))));
                    }
                    Verdict::Unfinished { .. } => {}
                }
            }
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
