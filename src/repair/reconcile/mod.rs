//! Compares what was committed with what was delivered, in bounded memory.
//!
//! The two sides have different orders, so both are distributed over the same buckets by event id, as records of fixed
//! size in temporary files (`ledger.rs`), and compared bucket by bucket (`compare.rs`, pure). Memory is that of one
//! bucket, a 64th of both sides. `outbox/digest.rs` decides when two renderings are the same event; `delivered.rs`
//! reads the event log or the processed log.

mod compare;
mod delivered;
mod ledger;
mod overtaken;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use compare::{Counts, Finding};
pub use delivered::Deliveries;
pub use ledger::{Comparison, Fact, Ledger, Side};
pub use overtaken::Overtaken;

use crate::error::{Error, Kind, Result};
use crate::outbox::digest;
use crate::repair::dead_letters::Places;
use crate::repair::source::{Filter, Outbox};

/// Findings that a report names; the rest is counted.
const NAMED: usize = 1_000;
/// Missing events that are remembered for a repair, 16 bytes each.
const REMEMBERED: usize = 1_000_000;

/// What to compare.
#[derive(Debug, Clone)]
pub struct Options {
    pub from: Option<DateTime<Utc>>,
    pub until: DateTime<Utc>,
    /// How long after `until` deliveries of the window are looked for.
    pub late: TimeDelta,
}

/// What came out.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub from: Option<DateTime<Utc>>,
    pub until: DateTime<Utc>,
    #[serde(flatten)]
    pub counts: Counts,
    /// Missing events that wait among the dead letters.
    pub dead_letters: u64,
    /// Items of the outbox that are no outbox items.
    pub unreadable: u64,
    /// Whether the content of everything that was delivered could be compared.
    pub payloads_compared: bool,
    /// The first ones of each kind.
    pub findings: Vec<Named>,
    /// Missing and not among the dead letters: what a repair delivers.
    #[serde(skip)]
    pub lost: Vec<Uuid>,
}

/// An event with which something is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub event_id: Uuid,
    pub finding: Finding,
    /// Why it was given up, where it is among the dead letters.
    pub dead_letter: Option<String>,
}

impl Report {
    /// Whether everything that was committed was delivered as it was; once, unless duplicates are fine.
    pub fn agrees(&self, allow_duplicates: bool) -> bool {
        let Counts { missing, altered, duplicated, .. } = self.counts;
        missing == 0 && altered == 0 && (allow_duplicates || duplicated == 0)
    }
}

/// Reads both sides and compares them. `progress` hears of how many records were read.
///
/// # Errors
/// What either side says, and `Io` for the temporary files.
pub async fn reconcile(
    outbox: &mut Outbox,
    deliveries: Deliveries,
    dead: &mut Places,
    options: &Options,
    cancel: &CancellationToken,
    mut progress: impl FnMut(Side, u64),
) -> Result<Report> {
    let mut ledger = Ledger::new()?;
    let unreadable = fill(&mut ledger, outbox, deliveries, options, cancel, &mut progress).await?;
    let dead: HashMap<Uuid, String> = dead
        .list()
        .await?
        .into_iter()
        .filter_map(|letter| Some((letter.event.event_id.as_deref()?.parse().ok()?, letter.cause)))
        .collect();
    let (mut findings, mut lost, mut dead_letters) = (Vec::new(), Vec::new(), 0);
    let counts = ledger.compare((options.from, options.until), |event_id, finding| {
        let dead_letter = dead.get(&event_id).filter(|_| finding == Finding::Missing).cloned();
        if finding == Finding::Missing {
            dead_letters += u64::from(dead_letter.is_some());
            if dead_letter.is_none() && lost.len() <= REMEMBERED {
                lost.push(event_id);
            }
        }
        if finding != Finding::Delivered && findings.len() < NAMED {
            findings.push(Named { event_id, finding, dead_letter });
        }
        Ok(())
    })?;
    let Options { from, until, .. } = *options;
    let payloads_compared = counts.not_compared == 0;
    Ok(Report { from, until, counts, dead_letters, unreadable, payloads_compared, findings, lost })
}

/// Reads both sides into the ledger; returns how many items of the outbox could not be read.
pub async fn fill(
    ledger: &mut Ledger,
    outbox: &mut Outbox,
    deliveries: Deliveries,
    options: &Options,
    cancel: &CancellationToken,
    progress: &mut impl FnMut(Side, u64),
) -> Result<u64> {
    let filter = Filter { from: options.from, until: Some(options.until), ..Filter::default() };
    let mut reader = outbox.read(filter);
    while let Some(page) = reader.next().await? {
        for message in &page {
            let fact = Fact::new(message.id, message.committed_at, Some(digest(message)), false);
            ledger.add(Side::Committed, &fact)?;
        }
        progress(Side::Committed, ledger.count(Side::Committed));
        stop(cancel)?;
    }
    let unreadable = reader.unreadable;
    let mut deliveries = deliveries;
    while let Some(facts) = deliveries.next(options).await? {
        for fact in &facts {
            ledger.add(Side::Delivered, fact)?;
        }
        progress(Side::Delivered, ledger.count(Side::Delivered));
        stop(cancel)?;
    }
    Ok(unreadable)
}

fn stop(cancel: &CancellationToken) -> Result<()> {
    if cancel.is_cancelled() { Err(Error::new(Kind::Interrupted, "stopped")) } else { Ok(()) }
}
