//! Delivering committed events again, on purpose: from the outbox table, marked as a replay. Imports `committed`, `error`,
//! `outbox`, `redelivery`.
//!
//! Not from an archive of the bus: EventBridge replays an archive without regard to the order of an aggregate's events,
//! and knows no aggregate to choose. The table has both.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::committed::{Filter, Outbox};
use crate::error::Result;
use crate::outbox::{Fate, Message, Piece};
use crate::redelivery::{Carrier, Courier, Parcel, batches, interleave};

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
    /// Events that were meant.
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
/// The report counts, whatever the end.
pub async fn replay(
    outbox: &mut Outbox,
    courier: &Courier,
    options: &Options,
    cancel: &CancellationToken,
    wanted: impl Fn(&Message) -> bool,
    mut told: impl FnMut(&Step),
) -> (Report, Result<()>) {
    let mut report = Report { replay: options.name.clone(), dry_run: options.dry_run, ..Report::default() };
    let ended = run(outbox, courier, options, cancel, &wanted, &mut report, &mut told).await;
    (report, ended)
}

async fn run(
    outbox: &mut Outbox,
    courier: &Courier,
    options: &Options,
    cancel: &CancellationToken,
    wanted: &impl Fn(&Message) -> bool,
    report: &mut Report,
    told: &mut impl FnMut(&Step),
) -> Result<()> {
    let mut carrier = Carrier::new(courier, options.rate, cancel);
    let mut reader = outbox.read(options.filter.clone());
    while let Some(mut page) = reader.next().await? {
        report.unreadable = reader.unreadable;
        page.retain(|message| wanted(message));
        for message in &page {
            report.selected += 1;
            *report.by_type.entry(message.event_type.clone()).or_default() += 1;
        }
        if options.dry_run {
            page.iter().for_each(|message| told(&step(message, "planned", None)));
            continue;
        }
        let parcels =
            interleave(page.into_iter().map(|message| parcel(message, options)).collect(), |p| p.lane.clone());
        for batch in batches(parcels, carrier.batch(), |parcel| parcel.piece.size()) {
            let (fates, sent) = carrier.send(&batch).await;
            for (parcel, fate) in batch.iter().zip(fates) {
                let Some(message) = parcel.piece.as_event() else { continue };
                match fate {
                    Fate::Accepted | Fate::Nothing => {
                        report.sent += 1;
                        told(&step(message, "sent", None));
                    }
                    Fate::Refused { code, message: why } => {
                        report.refused += 1;
                        told(&step(message, "refused", Some(format!("{code}: {why}"))));
                    }
                    Fate::Unfinished { .. } => {}
                }
            }
            sent?;
        }
    }
    Ok(())
}

fn parcel(mut message: Message, options: &Options) -> Parcel {
    message.replay.clone_from(&options.name);
    let lane = format!("{}/{}", message.aggregate_type, message.aggregate_id);
    Parcel { lane, partition_key: message.aggregate_id.clone(), piece: Piece::event(message) }
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
