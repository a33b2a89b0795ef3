//! One run of a task's data plane, from the slot to the last confirmation.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::delivery::{BACKOFF, Item, deliver, delivery_ended};
use super::follow::Capture;
use super::job::{Job, Phase, Start};
use super::row::now;
use super::{Entry, Sink, catalog, heartbeat, load, slot};
use crate::base::error::{Error, Kind, Result};
use crate::base::timing::Backoff;
use crate::outbox::formats::dms::{Head, write_control};
use crate::postgres::replication::{Lsn, Stream};
use crate::postgres::{connect, is_environmental};

/// Maximum batches between capture and delivery.
const BATCHES: usize = 4;
/// Maximum time that a stop waits for records in flight.
const LAST_RECORDS: Duration = Duration::from_secs(15);
/// Delay before reconnecting to a source whose connection broke.
const RECONNECT: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));

/// The outcome of a run that ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Cancelled,
    /// The full load was the only work.
    Loaded,
}

/// Runs until cancelled, or until the end of the full load if no changes are captured. Broken connections are replaced.
///
/// # Errors
/// Errors that need an operator: wrong secret, missing publication or slot, a slot in use, a missing stream.
pub async fn run(job: &Job, sink: Arc<dyn Sink>, cancel: &CancellationToken) -> Result<Ended> {
    let client = connect(&job.database).await?;
    let tables = catalog::tables(&client, &job.mappings).await?;
    if tables.is_empty() {
        return Err(Error::new(Kind::TaskFailed, "No tables were found at task initialization")
            .hint("check the table mappings, and that the user may SELECT from the tables (`outboxctl db init`)"));
    }
    let publication = if job.follow { catalog::publication(&client, &tables).await? } else { String::new() };
    for (schema, table) in &tables {
        job.statistics.update(schema, table, |_| {});
    }
    let from = match job.start {
        Start::Fresh if !start_fresh(job, &client, &tables, &sink, cancel).await? => return Ok(Ended::Cancelled),
        Start::Fresh if !job.follow => return Ok(Ended::Loaded),
        Start::Fresh => Lsn::default(),
        Start::Resume | Start::At(_) => {
            let position = slot::position(&client, &job.slot).await?.ok_or_else(|| {
                let text = format!("replication slot {} does not exist: the task can't resume", job.slot);
                Error::new(Kind::TaskFailed, text).hint("start the task with start-replication, which creates a slot")
            })?;
            match job.start {
                Start::At(wanted) => wanted,
                // A checkpoint beyond the log's end belongs to another log: the database was restored from a backup.
                _ if job.checkpoint <= catalog::written(&client).await? => position.max(job.checkpoint),
                _ => position,
            }
        }
    };
    let mut beats = JoinSet::new();
    if let Some(settings) = &job.source.heartbeat {
        beats.spawn(heartbeat::beat(job.database.clone(), settings.clone()));
    }
    follow(job, client, &publication, from, &sink, cancel).await
}

/// Returns the record by which DMS announces its control tables in the stream when a task begins.
fn announcement(job: &Job) -> Item {
    let head = Head {
        timestamp: &now(),
        operation: "create-table",
        partition_key_type: "task-id",
        partition_key_value: None,
        schema: "",
        table: "awsdms_apply_exceptions",
        transaction_id: None,
        details: None,
    };
    let mut data = Vec::new();
    write_control(&mut data, job.target.format, &head);
    Item::Record(Entry { key: job.name.as_str().into(), data: data.into() })
}

/// Creates the slot, and copies the existing rows. Returns false if it was cancelled.
async fn start_fresh(
    job: &Job,
    client: &Client,
    tables: &[(String, String)],
    sink: &Arc<dyn Sink>,
    cancel: &CancellationToken,
) -> Result<bool> {
    let work = async {
        let mut slot = None;
        if job.follow {
            if job.source.slot.is_none() {
                slot::drop_slot(&job.database, &job.slot).await?;
                slot = Some(slot::create(&job.database, &job.slot).await?);
            } else if slot::position(client, &job.slot).await?.is_none() {
                let text = format!("replication slot {}, which the endpoint names, does not exist", job.slot);
                return Err(Error::new(Kind::TaskFailed, text).hint("create it for the plugin pgoutput"));
            }
        }
        let (items, received) = mpsc::channel(BATCHES);
        let (stored, _) = watch::channel(Lsn::default());
        let copy = async {
            items.send(vec![announcement(job)]).await.map_err(delivery_ended)?;
            if job.load {
                job.phase.send_replace(Phase::Loading);
                let snapshot = slot.as_ref().map(|(_, slot)| slot.snapshot.as_str());
                load::load(job, client, tables, snapshot, &items).await?;
            }
            drop(items);
            Ok(())
        };
        let (copied, delivered) = tokio::join!(copy, deliver(received, Arc::clone(sink), stored, BACKOFF));
        // A failed delivery makes the copy fail as well.
        delivered.and(copied)
    };
    tokio::select! {
        done = work => done.map(|()| true),
        () = cancel.cancelled() => Ok(false),
    }
}

async fn follow(
    job: &Job,
    client: Client,
    publication: &str,
    from: Lsn,
    sink: &Arc<dyn Sink>,
    cancel: &CancellationToken,
) -> Result<Ended> {
    let mut client = Some(client);
    let mut from = from;
    let mut failures = 0;
    loop {
        let began = Instant::now();
        let attempt = async {
            let client = match client.take() {
                Some(client) => client,
                None => connect(&job.database).await?,
            };
            // A server that crashed forgets recent confirmations; it need not send records again that this run has
            // stored.
            let stored = *job.confirmed.borrow();
            let from = if stored <= catalog::written(&client).await? { from.max(stored) } else { from };
            let stream = slot::stream(&job.database, &job.slot, publication, from).await?;
            job.phase.send_replace(Phase::Following);
            follow_once(job, client, stream, sink, cancel).await
        };
        match attempt.await {
            Ok(()) => return Ok(Ended::Cancelled),
            // If the first connection fails, the run ends with its error: the source can't be reached with the
            // endpoint's settings.
            Err(error) if is_environmental(&error) && *job.phase.borrow() == Phase::Following => {
                tracing::warn!(error = error.message(), "the source connection failed; reconnecting");
                if began.elapsed() > RECONNECT.longest {
                    failures = 0;
                }
                failures += 1;
                tokio::select! {
                    () = sleep(RECONNECT.wait(failures)) => {}
                    () = cancel.cancelled() => return Ok(Ended::Cancelled),
                }
                // From here on the positions of the slot and of this run apply.
                from = Lsn::default();
            }
            Err(error) => return Err(error),
        }
    }
}

/// Follows the slot on one connection.
async fn follow_once(
    job: &Job,
    client: Client,
    stream: Stream,
    sink: &Arc<dyn Sink>,
    cancel: &CancellationToken,
) -> Result<()> {
    let (items, received) = mpsc::channel(BATCHES);
    let (stored, seen) = watch::channel(Lsn::default());
    let mut delivery = JoinSet::new();
    delivery.spawn(deliver(received, Arc::clone(sink), stored, BACKOFF));
    let mut capture = Capture::new(job, client, stream, items, seen);
    let captured = tokio::select! {
        captured = capture.run(cancel) => captured,
        ended = joined(&mut delivery) => return ended,
    };
    // Passed records are delivered either way. Without a broken source connection, none of them is sent again.
    capture.items = None;
    let last = async {
        loop {
            tokio::select! {
                ended = joined(&mut delivery) => return ended,
                () = sleep(Duration::from_secs(1)), if captured.is_ok() => capture.confirm().await?,
            }
        }
    };
    let delivered = timeout(LAST_RECORDS, last).await.unwrap_or(Ok(()));
    delivered.and(captured)?;
    capture.close().await
}

async fn joined(delivery: &mut JoinSet<Result<()>>) -> Result<()> {
    match delivery.join_next().await {
        Some(Ok(ended)) => ended,
        Some(Err(panic)) => Err(Error::new(Kind::Unexpected, "the delivery task failed").with_source(panic)),
        None => Ok(()),
    }
}
