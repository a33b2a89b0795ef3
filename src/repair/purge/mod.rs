//! Deletes delivered rows from a PostgreSQL outbox.
//!
//! A row is deleted only where its event is known to be delivered: by the marks of every consumer group where consumers
//! mark, by the event log otherwise. Rows of events that are not in the log, for example because of its retention, are
//! kept.
//!
//! Rows are deleted in batches. The outbox is not partitioned, because a partitioned outbox could not keep its two
//! unique keys (id, and sequence within the aggregate), which make an event deduplicable and its order certain; and
//! with test_decoding DMS captures the name of the partition instead of the outbox.

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::aws::{Clients, stream};
use crate::base::error::{Error, Kind, Result};
use crate::deployment::database::Database;
use crate::postgres::admin::PurgeRequest;
use crate::repair::reconcile::{self, Counts, Deliveries, Finding, Ledger, Side};
use crate::repair::source::Outbox;

/// Rows deleted per statement.
const BATCH: usize = 5_000;

/// Source of the proof that an event was delivered.
pub enum Proof {
    /// The marks in the database of these consumer groups; of all groups if empty.
    Marks { stream: String, groups: Vec<String> },
    /// The event log.
    Log(Deliveries),
}

/// The outcome of a purge.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    pub before: DateTime<Utc>,
    /// Rows that are old enough.
    pub old: u64,
    /// Rows that were deleted, or would be.
    pub purged: u64,
    /// Rows that stay because they are not known to be delivered.
    pub kept: u64,
    /// Marks of consumers that were deleted, or would be.
    pub marks: u64,
    /// The consumer groups that must have processed a row; empty if the event log is the proof.
    pub groups: Vec<String>,
    pub dry_run: bool,
}

/// Purges rows written before `before`. `progress` receives the number of rows deleted so far.
///
/// # Errors
/// Those of the database or the log. Rows deleted before the error stay deleted.
pub async fn purge(
    clients: &Clients,
    outbox: &mut Outbox,
    proof: Proof,
    before: DateTime<Utc>,
    dry_run: bool,
    cancel: &CancellationToken,
    mut progress: impl FnMut(u64),
) -> Result<Report> {
    // The age of rows is needed.
    outbox.need_time()?;
    let mut report = Report { before, dry_run, ..Report::default() };
    match proof {
        Proof::Marks { stream, groups } => {
            // While an event is in the stream it can be delivered again, and its mark makes it count once.
            let retention = stream::retention(clients, &stream).await?;
            let marks_before = before.min(Utc::now() - retention);
            let database = rows_of(outbox)?;
            let found = database.purgeable(before, &groups).await?;
            let marks = database.purgeable(marks_before, &groups).await?.marks;
            let count = |rows: i64| u64::try_from(rows).unwrap_or_default();
            (report.old, report.purged, report.marks) = (count(found.old), count(found.processed), count(marks));
            report.kept = report.old - report.purged;
            report.groups = found.groups;
            if !dry_run {
                let request = PurgeRequest::Processed { before, groups: report.groups.clone() };
                report.purged = repeat(database, request, cancel, &mut progress).await?;
                report.marks =
                    repeat(database, PurgeRequest::Marks { before: marks_before }, cancel, &mut |_| {}).await?;
            }
        }
        Proof::Log(deliveries) => by_log(outbox, deliveries, cancel, &mut report, &mut progress).await?,
    }
    Ok(report)
}

/// Repeats batches until no rows are left.
async fn repeat(
    database: &mut Database,
    request: PurgeRequest,
    cancel: &CancellationToken,
    progress: &mut impl FnMut(u64),
) -> Result<u64> {
    let mut all = 0;
    loop {
        let rows = database.purge(request.clone()).await?;
        all += rows;
        progress(all);
        if rows == 0 || cancel.is_cancelled() {
            return Ok(all);
        }
    }
}

/// Compares old rows with the log, and deletes those that it contains, bucket by bucket.
async fn by_log(
    outbox: &mut Outbox,
    deliveries: Deliveries,
    cancel: &CancellationToken,
    report: &mut Report,
    progress: &mut impl FnMut(u64),
) -> Result<()> {
    let (before, mut ledger) = (report.before, Ledger::new()?);
    // The time of delivery does not matter.
    let options = reconcile::Options { from: None, until: before, late: Utc::now() - before };
    let filled = reconcile::fill(&mut ledger, outbox, deliveries, &options, cancel, &mut |_: Side, _| {}).await?;
    let (mut counts, mut comparison) = (Counts::default(), ledger.comparison((None, before)));
    let database = rows_of(outbox)?;
    loop {
        let mut delivered: Vec<Uuid> = Vec::new();
        let more = comparison.next(&mut counts, &mut |id, finding| {
            if matches!(finding, Finding::Delivered | Finding::Duplicated) {
                delivered.push(id);
            }
            Ok(())
        })?;
        for batch in delivered.chunks(BATCH) {
            if report.dry_run {
                report.purged += batch.len() as u64;
                continue;
            }
            report.purged += database.purge(PurgeRequest::Rows { ids: batch.to_vec(), before }).await?;
            progress(report.purged);
        }
        if !more || cancel.is_cancelled() {
            report.old = counts.committed + filled.expired;
            report.kept = report.old.saturating_sub(report.purged);
            return Ok(());
        }
    }
}

fn rows_of(outbox: &mut Outbox) -> Result<&mut Database> {
    match outbox {
        Outbox::Postgres(database) => Ok(database),
        Outbox::Log(_) => Err(Error::new(
            Kind::Usage,
            "an event log is not purged: its events expire after the log group's retention",
        )),
        Outbox::DynamoDb { table, .. } => Err(Error::new(
            Kind::Usage,
            format!("{table} is not purged: DynamoDB deletes its items after their time to live"),
        )
        .hint("see `expires_at` of each item")),
    }
}
