//! Follows the slot: reads the stream, writes records, hands them over, and confirms what is stored.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use super::catalog::Catalog;
use super::delivery::Item;
use super::job::Job;
use super::row::{Origin, Row, Shape, Written, commit_time, now};
use super::table::Table;
use super::{Statistics, TableCounts};
use crate::dms::record::Details;
use crate::error::{Error, Kind, Result};
use crate::postgres::replication::pgoutput::{Message, Relation, Tuple, decode};
use crate::postgres::replication::{Frame, Lsn, Stream};

/// Bytes of records that are handed over at once.
const BATCH: usize = 128 * 1024;
/// The server is told at least this often; it drops a silent reader after wal_sender_timeout (60 s by default).
const STATUS: Duration = Duration::from_secs(5);
/// And at most this often: what was stored and not yet confirmed comes again after a kill.
const CONFIRM: Duration = Duration::from_millis(20);
/// A read of this many bytes means that the server has more than it can send at once.
const BACKLOG: usize = 16 * 1024;
/// How long to let such a server fill the socket: one large read costs both sides less than a hundred small ones.
const LAZY: Duration = Duration::from_millis(1);

/// The transaction that is being received.
struct Transaction {
    xid: u64,
    committed_at: String,
    /// `LSN.`, the beginning of a stream position, and `.LSN`, its end.
    position: (String, String),
    records: u64,
}

pub(super) struct Capture<'j> {
    job: &'j Job,
    catalog: Catalog,
    stream: Stream,
    items: Option<mpsc::Sender<Vec<Item>>>,
    stored: watch::Receiver<Lsn>,
    shape: Shape,
    /// By relation id; None for a table that the task does not capture.
    tables: HashMap<u32, Option<Captured>>,
    transaction: Option<Transaction>,
    /// Id and record count of the last transaction that had records.
    previous: Option<(u64, u64)>,
    written: Written,
    now: String,
    position: String,
    confirmed: (Lsn, Instant),
}

/// A table, and what was captured of it since the statistics were last told.
struct Captured {
    table: Table,
    counts: TableCounts,
}

impl Captured {
    fn tell(&mut self, statistics: &Statistics) {
        let new = std::mem::take(&mut self.counts);
        if new != TableCounts::default() {
            statistics.update(&self.table.schema, &self.table.name, |counts| {
                counts.inserts += new.inserts;
                counts.updates += new.updates;
                counts.deletes += new.deletes;
                counts.ddls += new.ddls;
            });
        }
    }
}

/// What the bytes at hand ask for.
enum Need {
    /// More bytes.
    Read,
    /// The batch is full.
    HandOver,
    Describe(Relation),
    /// The server wants to hear from us.
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

    /// Runs until cancelled. What was captured is then handed over as far as the delivery takes it; nothing was confirmed
    /// that is not stored.
    pub(super) async fn run(&mut self, cancel: &CancellationToken) -> Result<()> {
        let mut status = interval(STATUS);
        status.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut behind = false;
        while !cancel.is_cancelled() {
            match self.step()? {
                Need::Describe(relation) => self.describe(relation).await?,
                Need::HandOver => self.hand_over(cancel).await?,
                Need::Reply => self.confirm().await?,
                Need::Read => {
                    self.hand_over(cancel).await?;
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

    /// Tells the server what is stored by now, and ends the stream.
    pub(super) async fn close(mut self) -> Result<()> {
        self.confirm().await?;
        self.stream.close().await;
        Ok(())
    }

    /// Says that all is well while the delivery finishes.
    pub(super) async fn confirm(&mut self) -> Result<()> {
        let stored = *self.stored.borrow_and_update();
        self.stream.confirm(stored).await?;
        self.confirmed = (stored, Instant::now());
        if stored > Lsn::default() {
            self.job.confirmed.send_replace(stored);
        }
        Ok(())
    }

    /// No more is to come through the channel.
    pub(super) fn stop_handing_over(&mut self) {
        self.items = None;
    }

    /// Takes messages that have arrived until something has to be waited for.
    fn step(&mut self) -> Result<Need> {
        while self.written.buffer.len() < BATCH {
            match self.stream.next()? {
                None => return Ok(Need::Read),
                Some(Frame::Change { data, .. }) => {
                    let message = decode(data).map_err(|e| Error::new(Kind::Unexpected, e.to_string()))?;
                    let mut state = State {
                        shape: &self.shape,
                        tables: &mut self.tables,
                        transaction: &mut self.transaction,
                        previous: &mut self.previous,
                        written: &mut self.written,
                        now: &self.now,
                        position: &mut self.position,
                    };
                    if let Some(relation) = state.take(message)? {
                        return Ok(Need::Describe(relation));
                    }
                }
                Some(Frame::Keepalive { end, reply }) => {
                    // Within a transaction the server's position says nothing about this transaction's records.
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
        Ok(Need::HandOver)
    }

    async fn describe(&mut self, relation: Relation) -> Result<()> {
        let selected = self.job.mappings.selects(&relation.schema, &relation.name);
        let table = if selected {
            let columns = self.catalog.columns_as_streamed(&relation).await?;
            let (schema, name) = (&relation.schema, &relation.name);
            let table = Table::plan(schema, name, columns, &self.job.mappings, self.job.lobs.carried);
            Some(Captured { table, counts: TableCounts::default() })
        } else {
            None
        };
        self.tables.insert(relation.id, table);
        Ok(())
    }

    /// A stop does not wait for a delivery that takes nothing: what it did not take was not confirmed, and comes again.
    async fn hand_over(&mut self, cancel: &CancellationToken) -> Result<()> {
        let batch = self.written.take();
        let Some(items) = self.items.as_ref().filter(|_| !batch.is_empty()) else { return Ok(()) };
        for captured in self.tables.values_mut().flatten() {
            captured.tell(&self.job.statistics);
        }
        let mut sending = std::pin::pin!(items.send(batch));
        loop {
            // While the sink is slow the server still hears from us, and what is stored is confirmed.
            tokio::select! {
                sent = &mut sending => {
                    return sent.map_err(|_| Error::new(Kind::EndpointFailed, "the delivery has ended"));
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

/// Reads once; where the server is ahead, waits a moment and takes all that has come by then.
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

/// When something is stored that the server does not know of, and the last message to it is long enough ago.
async fn confirm_due(stored: &mut watch::Receiver<Lsn>, (confirmed, at): (Lsn, Instant)) {
    if stored.wait_for(|stored| *stored > confirmed).await.is_err() {
        std::future::pending::<()>().await;
    }
    sleep_until(at + CONFIRM).await;
}

/// The parts of a capture that a message changes, while the message itself borrows from the stream.
struct State<'s> {
    shape: &'s Shape,
    tables: &'s mut HashMap<u32, Option<Captured>>,
    transaction: &'s mut Option<Transaction>,
    previous: &'s mut Option<(u64, u64)>,
    written: &'s mut Written,
    now: &'s str,
    position: &'s mut String,
}

impl State<'_> {
    /// Answers a relation that has to be described before the next message is taken.
    fn take(&mut self, message: Message<'_>) -> Result<Option<Relation>> {
        match message {
            Message::Begin { commit, committed_at, xid } => {
                let lsn = commit.padded();
                *self.transaction = Some(Transaction {
                    xid: u64::from(xid),
                    committed_at: commit_time(committed_at),
                    position: (format!("{lsn}."), format!(".{lsn}")),
                    records: 0,
                });
            }
            Message::Commit { end } => {
                if let Some(ended) = self.transaction.take().filter(|ended| ended.records > 0) {
                    *self.previous = Some((ended.xid, ended.records));
                }
                self.written.position(end);
            }
            Message::Relation(relation) => return Ok(Some(relation)),
            Message::Insert { relation, new } => self.change(relation, "insert", new)?,
            Message::Update { relation, new, .. } => self.change(relation, "update", new)?,
            Message::Delete { relation, old } => self.change(relation, "delete", old)?,
            Message::Truncate { relations } => {
                for id in relations {
                    if let Some(Some(captured)) = self.tables.get_mut(&id) {
                        captured.counts.ddls += 1;
                    }
                }
            }
            Message::Other(_) => {}
        }
        Ok(None)
    }

    fn change(&mut self, relation: u32, operation: &str, tuple: Tuple<'_>) -> Result<()> {
        let Some(known) = self.tables.get_mut(&relation) else {
            return Err(Error::new(
                Kind::Unexpected,
                format!("a change of relation {relation}, which was not described"),
            ));
        };
        let (Some(captured), Some(transaction)) = (known, self.transaction.as_mut()) else { return Ok(()) };
        transaction.records += 1;
        self.position.clear();
        self.position.push_str(&transaction.position.0);
        self.position.push_str(&transaction.records.to_string());
        self.position.push_str(&transaction.position.1);
        let details = Details {
            record_id: transaction.records,
            previous: *self.previous,
            commit_timestamp: &transaction.committed_at,
            stream_position: self.position,
        };
        let values: Vec<_> = tuple.iter().collect();
        let origin = Some(Origin { xid: transaction.xid, details });
        let row = Row { table: &captured.table, operation, values: &values, origin, now: self.now };
        let key = self.shape.write(&mut self.written.buffer, &row)?;
        self.written.record(key);
        match operation {
            "insert" => captured.counts.inserts += 1,
            "update" => captured.counts.updates += 1,
            _ => captured.counts.deletes += 1,
        }
        Ok(())
    }
}
