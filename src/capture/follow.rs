//! Follows the slot: reads the stream, writes records, passes them to the delivery, and confirms the stored position.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::TableCounts;
use super::catalog::Catalog;
use super::changes::{Captured, Changes, Transaction};
use super::delivery::Item;
use super::job::Job;
use super::row::{Shape, Written, now};
use super::table::Table;
use crate::error::{Error, Kind, Result};
use crate::postgres::replication::pgoutput::{Relation, decode};
use crate::postgres::replication::{Frame, Lsn, Stream};

/// Bytes of records that are passed on at once.
const BATCH: usize = 128 * 1024;
/// Maximum interval of confirmations; the server drops a silent reader after wal_sender_timeout (60 s by default).
const STATUS: Duration = Duration::from_secs(5);
/// Minimum interval of confirmations: records that are stored but not confirmed are sent again after a kill.
const CONFIRM: Duration = Duration::from_millis(20);
/// Bytes of a read that show that the server has more data than it can send at once.
const BACKLOG: usize = 16 * 1024;
/// Time for such a server to fill the socket: one large read costs both sides less than a hundred small ones.
const LAZY: Duration = Duration::from_millis(1);

pub(super) struct Capture<'j> {
    job: &'j Job,
    catalog: Catalog,
    stream: Stream,
    items: Option<mpsc::Sender<Vec<Item>>>,
    stored: watch::Receiver<Lsn>,
    shape: Shape,
    /// Tables by relation id; `None` for a table that the task does not capture.
    tables: HashMap<u32, Option<Captured>>,
    transaction: Option<Transaction>,
    /// Id and record count of the last transaction that had records.
    previous: Option<(u64, u64)>,
    written: Written,
    now: String,
    position: String,
    confirmed: (Lsn, Instant),
}

/// The reason why the received bytes were processed no further.
enum Need {
    /// More bytes are needed.
    Read,
    /// The batch is full.
    Send,
    Describe(Relation),
    /// The server requests a confirmation.
    Reply,
}

impl<'j> Capture<'j> {
    pub(super) fn new(
        job: &'j Job,
        catalog: Catalog,
        stream: Stream,
        items: mpsc::Sender<Vec<Item>>,
        stored: watch::Receiver<Lsn>,
    ) -> Self {
        let confirmed = (*stored.borrow(), Instant::now());
        Self {
            job,
            catalog,
            stream,
            items: Some(items),
            shape: job.shape(),
            tables: HashMap::new(),
            transaction: None,
            previous: None,
            written: Written::default(),
            now: now(),
            position: String::new(),
            confirmed,
            stored,
        }
    }

    /// Runs until cancelled. The captured records are then passed on as far as the delivery accepts them; positions are
    /// confirmed only after their records are stored.
    pub(super) async fn run(&mut self, cancel: &CancellationToken) -> Result<()> {
        let mut status = interval(STATUS);
        status.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut behind = false;
        while !cancel.is_cancelled() {
            match self.step()? {
                Need::Describe(relation) => self.describe(relation).await?,
                Need::Send => self.send_batch(cancel).await?,
                Need::Reply => self.confirm().await?,
                Need::Read => {
                    self.send_batch(cancel).await?;
                    let lazy = Instant::now() + if behind { LAZY } else { Duration::ZERO };
                    tokio::select! {
                        biased;
                        () = cancel.cancelled() => break,
                        _ = status.tick() => self.confirm().await?,
                        () = confirm_due(&mut self.stored, self.confirmed) => self.confirm().await?,
                        read = read(&mut self.stream, lazy) => behind = read? >= BACKLOG,
                    }
                    self.now = now();
                }
            }
        }
        Ok(())
    }

    /// Confirms the stored position to the server, and ends the stream.
    pub(super) async fn close(mut self) -> Result<()> {
        self.confirm().await?;
        self.stream.close().await;
        Ok(())
    }

    /// Confirms the stored position to the server.
    pub(super) async fn confirm(&mut self) -> Result<()> {
        let stored = *self.stored.borrow_and_update();
        self.stream.confirm(stored).await?;
        self.confirmed = (stored, Instant::now());
        if stored > Lsn::default() {
            self.job.confirmed.send_replace(stored);
        }
        Ok(())
    }

    /// Closes the channel to the delivery.
    pub(super) fn close_channel(&mut self) {
        self.items = None;
    }

    /// Processes the received messages until it has to wait.
    fn step(&mut self) -> Result<Need> {
        while self.written.buffer.len() < BATCH {
            match self.stream.next()? {
                None => return Ok(Need::Read),
                Some(Frame::Change { data, .. }) => {
                    let message = decode(data).map_err(|e| Error::new(Kind::Unexpected, e.to_string()))?;
                    let mut changes = Changes {
                        shape: &self.shape,
                        tables: &mut self.tables,
                        transaction: &mut self.transaction,
                        previous: &mut self.previous,
                        written: &mut self.written,
                        now: &self.now,
                        position: &mut self.position,
                    };
                    if let Some(relation) = changes.take(message)? {
                        return Ok(Need::Describe(relation));
                    }
                }
                Some(Frame::Keepalive { end, reply }) => {
                    // Within a transaction the server's position does not cover this transaction's records.
                    if self.transaction.is_none() {
                        self.written.position(end);
                    }
                    if reply {
                        return Ok(Need::Reply);
                    }
                }
                Some(Frame::Done) => {
                    return Err(Error::new(Kind::DatabaseUnreachable, "the server ended the replication stream"));
                }
                Some(Frame::Other) => {}
            }
        }
        Ok(Need::Send)
    }

    async fn describe(&mut self, relation: Relation) -> Result<()> {
        let selected = self.job.mappings.selects(&relation.schema, &relation.name);
        let table = if selected {
            let columns = self.catalog.columns_as_streamed(&relation).await?;
            let (schema, name) = (&relation.schema, &relation.name);
            let table = Table::plan(schema, name, columns, &self.job.mappings, self.job.lobs.carried)?;
            Some(Captured { table, counts: TableCounts::default() })
        } else {
            None
        };
        self.tables.insert(relation.id, table);
        Ok(())
    }

    /// Passes records to the delivery. A stop does not wait for a blocked delivery: the remaining records were not
    /// confirmed, and are sent again.
    async fn send_batch(&mut self, cancel: &CancellationToken) -> Result<()> {
        let batch = self.written.take();
        let Some(items) = self.items.as_ref().filter(|_| !batch.is_empty()) else { return Ok(()) };
        for captured in self.tables.values_mut().flatten() {
            captured.add_to(&self.job.statistics);
        }
        let mut sending = std::pin::pin!(items.send(batch));
        loop {
            // While the sink is slow, stored positions are still confirmed to the server.
            tokio::select! {
                sent = &mut sending => {
                    return sent.map_err(|_| Error::new(Kind::EndpointFailed, "the delivery ended"));
                }
                () = cancel.cancelled() => return Ok(()),
                () = tokio::time::sleep(STATUS) => {
                    let stored = *self.stored.borrow_and_update();
                    self.stream.confirm(stored).await?;
                    self.confirmed = (stored, Instant::now());
                }
            }
        }
    }
}

/// Reads once; if the server has more data, waits briefly and reads all that has arrived by then.
async fn read(stream: &mut Stream, lazy: Instant) -> Result<usize> {
    if lazy > Instant::now() {
        sleep_until(lazy).await;
    }
    let mut total = stream.fill().await?;
    while !stream.is_nearly_full() {
        match stream.fill().now_or_never() {
            Some(more) => total += more?,
            None => break,
        }
    }
    Ok(total)
}

/// Waits until a stored position is unconfirmed and the last confirmation is old enough.
async fn confirm_due(stored: &mut watch::Receiver<Lsn>, (confirmed, at): (Lsn, Instant)) {
    if stored.wait_for(|stored| *stored > confirmed).await.is_err() {
        std::future::pending::<()>().await;
    }
    sleep_until(at + CONFIRM).await;
}
