//! Compares committed with delivered events, in bounded memory.
//!
//! The two sides have different orders, so both are distributed over the same buckets by event id, as records of fixed
//! size in temporary files (`ledger.rs`), and compared bucket by bucket (`compare.rs`, pure). Memory is that of one
//! bucket, a 64th of both sides. `outbox/digest.rs` decides when two renderings are the same event; `delivered.rs`
//! reads the event log or the processed log.

mod compare;
mod delivered;
mod entry;
mod ledger;
mod missing;
mod overtaken;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use compare::{Counts, Finding};
pub use delivered::Deliveries;
use delivered::Expired;
pub use entry::Entry;
pub use ledger::{Compared, Ledger, Side};
pub use missing::Missing;
pub use overtaken::Overtaken;

use crate::base::error::{Error, Result};
use crate::outbox::digest;
use crate::repair::dead_letters::Places;
use crate::repair::source::Outbox;

/// Maximum findings listed in a report; the rest is counted.
const NAMED: usize = 1_000;
/// Maximum missing events remembered for a repair, 16 bytes each.
const REMEMBERED: usize = 1_000_000;

/// Options of a comparison.
#[derive(Debug, Clone)]
pub struct Options {
    pub from: Option<DateTime<Utc>>,
    pub until: DateTime<Utc>,
    /// Time after `until` in which deliveries of the window are included.
    pub late: TimeDelta,
}

/// The result of a comparison.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub from: Option<DateTime<Utc>>,
    pub until: DateTime<Utc>,
    #[serde(flatten)]
    pub counts: Counts,
    /// Missing events that are among the dead letters.
    pub dead_letters: u64,
    /// Items in the outbox table that are not outbox items.
    pub unreadable: u64,
    /// Events that are older than the retention of the event log, and therefore not compared.
    pub expired: u64,
    /// Indicates whether the content of every delivery could be compared.
    pub payloads_compared: bool,
    /// Properties that the columns of the outbox table or the retention of the event log do not allow to check.
    pub limits: Vec<String>,
    /// The first findings of each kind.
    pub findings: Vec<Named>,
    /// Missing events that are not among the dead letters, which a repair delivers.
    #[serde(skip)]
    pub lost: Vec<Uuid>,
    /// The committed events that were compared. Others may have been committed since.
    #[serde(skip)]
    pub compared: Compared,
}

/// An event with a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub event_id: Uuid,
    pub finding: Finding,
    /// The reason of its failure, if it is among the dead letters.
    pub dead_letter: Option<String>,
}

impl Report {
    /// Returns the number of missing events that are not among the dead letters.
    pub fn undelivered(&self) -> u64 {
        self.counts.missing - self.dead_letters
    }

    /// Returns whether every committed event was delivered unchanged, and once unless duplicates are allowed.
    pub fn agrees(&self, allow_duplicates: bool) -> bool {
        let Counts { missing, altered, duplicated, .. } = self.counts;
        missing == 0 && altered == 0 && (allow_duplicates || duplicated == 0)
    }
}

/// Returns the events of dead letters, with the cause of each.
async fn causes(dead: &mut Places) -> Result<HashMap<Uuid, String>> {
    let mut causes = HashMap::new();
    for letter in dead.list().await? {
        causes.extend(letter.event_ids().filter_map(|id| Some((id.parse().ok()?, letter.cause.clone()))));
    }
    Ok(causes)
}

/// Reads both sides and compares them. `progress` receives the number of records read.
///
/// # Errors
/// Those of either side, and `Io` for the temporary files.
pub async fn reconcile(
    outbox: &mut Outbox,
    deliveries: Deliveries,
    dead: &mut Places,
    options: &Options,
    cancel: &CancellationToken,
    mut progress: impl FnMut(Side, u64),
) -> Result<Report> {
    let mut ledger = Ledger::new()?;
    let expiry = deliveries.expired().cloned();
    let Filled { unreadable, expired } = fill(&mut ledger, outbox, deliveries, options, cancel, &mut progress).await?;
    let (dead, unread) = (causes(dead).await?, dead.unread());
    let (mut findings, mut lost, mut dead_letters) = (Vec::new(), Vec::new(), 0);
    let mut on_finding = |event_id: Uuid, finding: Finding| {
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
    };
    // A delivery of an event that is not compared is not unknown.
    let from = options.from.max(expiry.as_ref().map(|expiry| expiry.before));
    let (mut counts, mut comparison) = (Counts::default(), ledger.comparison((from, options.until)));
    while comparison.next(&mut counts, &mut on_finding)? {}
    let compared = comparison.into_compared();
    let Options { from, until, .. } = *options;
    let payloads_compared = counts.not_compared == 0;
    let mut limits = outbox.limits();
    if let Some(Expired { before, log }) = expiry.filter(|_| expired > 0) {
        let before = before.format("%Y-%m-%d %H:%M:%S UTC");
        limits.push(format!("events from before {before} are not compared ({expired}): {log}"));
    }
    if unread > 0 {
        limits.push(format!(
            "dead letters are not compared (about {unread}): a queue has more messages than can be read at once, and missing \
             events may be among them"
        ));
    }
    Ok(Report {
        from,
        until,
        counts,
        dead_letters,
        unreadable,
        expired,
        payloads_compared,
        limits,
        findings,
        lost,
        compared,
    })
}

/// The events that are not in a ledger.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filled {
    /// Outbox items that could not be read.
    pub unreadable: u64,
    /// Events whose deliveries have expired.
    pub expired: u64,
}

/// Reads both sides into the ledger, without the events whose deliveries have expired.
pub async fn fill(
    ledger: &mut Ledger,
    outbox: &mut Outbox,
    mut deliveries: Deliveries,
    options: &Options,
    cancel: &CancellationToken,
    progress: &mut impl FnMut(Side, u64),
) -> Result<Filled> {
    let (expired_before, mut expired) = (deliveries.expired().map(|expired| expired.before), 0);
    // Without a time, all rows are compared, also those that were written just now.
    let filter = outbox.window(options.from, Some(options.until));
    let mut reader = outbox.read(filter);
    while let Some(page) = reader.next().await? {
        for message in &page {
            if expired_before.is_some_and(|before| message.committed_at < before) {
                expired += 1;
                continue;
            }
            let entry = Entry::new(message.id, message.committed_at, Some(digest(message)), false);
            ledger.add(Side::Committed, &entry)?;
        }
        progress(Side::Committed, ledger.count(Side::Committed));
        stop(cancel)?;
    }
    let unreadable = reader.unreadable;
    while let Some(entries) = deliveries.next(options).await? {
        for entry in &entries {
            ledger.add(Side::Delivered, entry)?;
        }
        progress(Side::Delivered, ledger.count(Side::Delivered));
        stop(cancel)?;
    }
    Ok(Filled { unreadable, expired })
}

fn stop(cancel: &CancellationToken) -> Result<()> {
    if cancel.is_cancelled() { Err(Error::interrupted()) } else { Ok(()) }
}
