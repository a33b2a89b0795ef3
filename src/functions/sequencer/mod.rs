//! The consumer of `dynamodb-kinesis`: removes the duplicates that Kinesis Data Streams for DynamoDB may deliver and
//! restores the order, per aggregate, by the events' own sequence.
//!
//! A record only announces that its aggregate has events up to a sequence. `positions.rs` stores the last delivered
//! sequence of every aggregate and lets one consumer at a time deliver it; `plan.rs` (pure) selects the next events;
//! `history.rs` reads missing events from the outbox table, which already has them: a later event never waits for a
//! late record, and a lost record loses no event. `rounds.rs` combines them.

mod history;
mod plan;
mod positions;
mod rounds;
#[cfg(test)]
mod tests;

use std::time::{Instant, SystemTime};

use aws_lambda_events::event::kinesis::KinesisEvent;

use self::history::OutboxTable;
use self::plan::Arrivals;
use self::positions::PositionsTable;
use super::changes::decode_change;
use super::environment::required;
use super::publisher::backlog::Item;
use super::publisher::{self, Answer, Engine, Invocation, Report, Source, decode};
use crate::aws::Clients;
use crate::base::error::Result;
use crate::outbox::formats::dynamodb::Change;

pub struct Handler {
    engine: Engine,
    positions: PositionsTable,
    history: OutboxTable,
}

impl Handler {
    /// Reads the engine's variables, `POSITIONS_TABLE` and `OUTBOX_TABLE`.
    ///
    /// # Errors
    /// `Config` if a variable is missing or malformed.
    pub fn from_environment(clients: &Clients) -> Result<Self> {
        Ok(Self {
            engine: Engine::from_environment(clients)?,
            positions: PositionsTable::new(clients.dynamodb(), required("POSITIONS_TABLE")?),
            history: OutboxTable::new(clients.dynamodb(), required("OUTBOX_TABLE")?),
        })
    }

    /// Delivers one batch; `deadline` is the time at which Lambda ends the invocation.
    ///
    /// An operator's redelivery request ignores the positions, because they are already past its events.
    pub async fn handle(&self, invocation: Invocation<KinesisEvent>, deadline: SystemTime) -> Answer {
        let event = match invocation {
            Invocation::Batch(event) => event,
            Invocation::Redelivery(chunks) => {
                let publisher = &self.engine.publisher;
                let read =
                    |position, data: &[u8]| decode_change(publisher, position, Change::parse(data), Change::appended);
                return self.engine.redeliver(&chunks, deadline, read).await;
            }
        };
        let batch = event.records.into_iter().map(publisher::source).collect();
        let read = read(batch);
        let records = read.batch.len();
        let (batch, report) = rounds::run(self, read, publisher::last_attempt(deadline)).await;
        Answer::Batch(publisher::respond(&batch, records, &report))
    }
}

impl rounds::Parts for Handler {
    type Positions = PositionsTable;
    type History = OutboxTable;

    fn positions(&self) -> &PositionsTable {
        &self.positions
    }

    fn history(&self) -> &OutboxTable {
        &self.history
    }

    fn item(&self, position: usize, message: &crate::outbox::Message) -> Item {
        decode::item(&self.engine.publisher, position, message)
    }

    async fn deliver(&self, batch: &[Source], items: Vec<Item>, stop_at: Instant) -> Report {
        self.engine.deliver(batch, items, stop_at).await
    }
}

/// The records of a batch by kind.
pub struct Read {
    batch: Vec<Source>,
    arrivals: Arrivals,
    /// Records whose aggregate could not be read.
    poison: Vec<Item>,
}

fn read(mut batch: Vec<Source>) -> Read {
    let (mut arrivals, mut poison) = (Arrivals::default(), Vec::new());
    for (position, source) in batch.iter_mut().enumerate() {
        let change = Change::parse(&source.data);
        match change.as_ref().map(Change::appended) {
            Ok(Ok(None)) => {}
            // Positions count from 1: anything below would count as delivered.
            Ok(Ok(Some(message))) if message.sequence.is_none_or(|sequence| sequence < 1) => {
                source.event_id = Some(message.id);
                poison.push(decode::poison(position, "NotAnOutboxItem", "column sequence: is below 1"));
            }
            Ok(Ok(Some(message))) => {
                source.event_id = Some(message.id);
                arrivals.add(position, message);
            }
            Ok(Err(error)) => poison.push(decode::poison(position, "NotAnOutboxItem", error.to_string())),
            Err(error) => poison.push(super::changes::undecodable(position, *error)),
        }
    }
    Read { batch, arrivals, poison }
}
