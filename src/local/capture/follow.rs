//! Follows the slot: reads the stream, writes records, passes them to the delivery, and confirms the stored position.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::catalog;
use super::changes::Changes;
use super::delivery::{Item, delivery_ended};
use super::job::Job;
use super::row::now;
use super::table::Table;
use crate::base::error::{Error, Kind, Result};
use crate::postgres::replication::pgoutput::{Relation, decode};
use crate::postgres::replication::{Frame, Lsn, Stream};

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
    /// An SQL connection in addition to the stream.
    client: Client,
    stream: Stream,
    /// `None` once the channel to the delivery is closed.
    pub(super) items: Option<mpsc::Sender<Vec<Item>>>,
    stored: watch::Receiver<Lsn>,
    changes: Changes<'j>,
    /// The position that was last confirmed to the server, and the time.
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
        client: Client,
        stream: Stream,
        items: mpsc::Sender<Vec<Item>>,
        stored: watch::Receiver<Lsn>,
    ) -> Self {
        let confirmed = (*stored.borrow(), Instant::now());
        Self { job, client, stream, items: Some(items), changes: Changes::new(job), confirmed, stored }
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
                    self.changes.now = now();
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

    /// Processes the received messages until it has to wait.
    fn step(&mut self) -> Result<Need> {
        while !self.changes.written.is_full() {
            match self.stream.next()? {
                None => return Ok(Need::Read),
                Some(Frame::Change { data, .. }) => {
                    let message = decode(data).map_err(|e| Error::new(Kind::Unexpected, e.to_string()))?;
                    if let Some(relation) = self.changes.take(message)? {
                        return Ok(Need::Describe(relation));
                    }
                }
                Some(Frame::Keepalive { end, reply }) => {
                    self.changes.keepalive(end);
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
        let (schema, name) = (&relation.schema, &relation.name);
        let table = if self.job.mappings.selects(schema, name) {
            let columns = catalog::columns_as_streamed(&self.client, &relation).await?;
            Some(Table::plan(self.job, schema, name, columns)?)
        } else {
            None
        };
        self.changes.describe(relation.id, table);
        Ok(())
    }

    /// Passes records to the delivery. A stop does not wait for a blocked delivery: the remaining records were not
    /// confirmed, and are sent again.
    async fn send_batch(&mut self, cancel: &CancellationToken) -> Result<()> {
        let batch = self.changes.written.take();
        let Some(items) = self.items.clone().filter(|_| !batch.is_empty()) else { return Ok(()) };
        self.changes.count();
        let mut sending = std::pin::pin!(items.send(batch));
        loop {
            // While the sink is slow, stored positions are still confirmed to the server.
            tokio::select! {
                sent = &mut sending => return sent.map_err(delivery_ended),
                () = cancel.cancelled() => return Ok(()),
                () = tokio::time::sleep(STATUS) => self.confirm().await?,
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
