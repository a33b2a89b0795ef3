//! Reads committed events: from an outbox table, or from the log of events delivered over a bus, page by page.
//!
//! [`Outbox::read_in_order`] returns the same order for each: every aggregate by its sequence, independent of clocks. A
//! PostgreSQL table is indexed in that order; the scan of a DynamoDB table and a log are sorted on disk first
//! (`sorted.rs`).

mod items;
pub mod logged;
mod rows;
mod sorted;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::aws::Clients;
use crate::base::error::{Error, Kind, Result};
use crate::deployment::Deployment;
use crate::deployment::database::Database;
use crate::outbox::Message;
use crate::pipelines::Part;
pub use crate::postgres::admin::Filter;
use crate::postgres::admin::OutboxKey;
use crate::postgres::need_time;
use sorted::Sorted;

/// An outbox table, or a log of its delivered events.
pub enum Outbox {
    Postgres(Box<Database>),
    DynamoDb { clients: Box<Clients>, table: String },
    Log(Box<logged::Log>),
}

impl Outbox {
    /// Opens the outbox of this deployment.
    ///
    /// # Errors
    /// `Usage` for a pipeline without an outbox; `NotDeployed`, and those of connecting.
    pub async fn open(deployment: &Deployment) -> Result<Self> {
        let origin = deployment.pipeline.origin();
        if origin.part == Part::Database {
            return Ok(Self::Postgres(Box::new(deployment.database().await?)));
        }
        let table = deployment.output(origin.output)?.to_owned();
        if origin.part == Part::OutboxTable {
            return Ok(Self::DynamoDb { clients: Box::new(deployment.clients.clone()), table });
        }
        let message = format!("{} has no outbox: the changes of its table are the events", deployment.pipeline.name);
        Err(Error::new(Kind::Usage, message)
            .hint("`outboxctl verify` proves its delivery, `outboxctl dlq` has what could not be delivered"))
    }

    /// Opens the log of every event on the bus of this deployment.
    ///
    /// # Errors
    /// `Usage` for a pipeline without a bus, `NotDeployed`.
    pub fn open_log(deployment: &Deployment) -> Result<Self> {
        let pipeline = deployment.pipeline;
        let Some(log) = pipeline.stop(Part::EventLog) else {
            let text = format!("{} has no bus, and therefore no event log", pipeline.name);
            return Err(Error::new(Kind::Usage, text).hint("read the outbox: omit --source"));
        };
        Ok(Self::Log(Box::new(logged::Log::new(&deployment.clients, deployment.output(log.output)?))))
    }

    /// Returns whether events can be selected by time.
    pub fn is_timed(&self) -> bool {
        self.need_time().is_ok()
    }

    /// Returns the filter of a window of time; of all events, if the table has no time.
    pub fn window(&self, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>) -> Filter {
        if self.is_timed() { Filter { from, until, ..Filter::default() } } else { Filter::default() }
    }

    /// Returns the properties that the columns of the table do not allow to check.
    pub fn limits(&self) -> Vec<String> {
        match self {
            Self::Postgres(database) => database.layout().limits(),
            Self::DynamoDb { .. } | Self::Log(_) => Vec::new(),
        }
    }

    /// Checks that events can be selected by time.
    ///
    /// # Errors
    /// `Usage` for a table without a time.
    pub fn need_time(&self) -> Result<()> {
        match self {
            Self::Postgres(database) => need_time(database.layout()),
            Self::DynamoDb { .. } | Self::Log(_) => Ok(()),
        }
    }

    /// Reads the events that pass the filter, in the cheapest order.
    pub fn read(&mut self, filter: Filter) -> Reader<'_> {
        Reader { outbox: self, filter, position: Position::Start, in_order: false, sorted: None, unreadable: 0 }
    }

    /// Reads the events that pass the filter, each aggregate in order of sequence (without one, of its time), from the
    /// position of another reader with the same filter.
    pub fn read_in_order(&mut self, filter: Filter, position: Position) -> Reader<'_> {
        Reader { outbox: self, filter, position, in_order: true, sorted: None, unreadable: 0 }
    }
}

/// Position from which reading continues. It can be stored, and stays valid while the table changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    #[default]
    Start,
    /// After this row.
    Row(OutboxKey),
    /// After this item.
    Item(items::Place),
    /// After this event of a sorted log or table scan.
    #[serde(alias = "logged")]
    Sorted(OutboxKey),
    End,
}

/// A page of events, and the position of the next one.
struct Page<P> {
    messages: Vec<Message>,
    /// Number of items that are not outbox items, and of rows whose payload is not JSON.
    unreadable: u64,
    next: Option<P>,
}

impl<P> Page<P> {
    /// Returns the page with its position in another form.
    fn at<Q>(self, position: impl FnOnce(P) -> Q) -> Page<Q> {
        Page { messages: self.messages, unreadable: self.unreadable, next: self.next.map(position) }
    }
}

/// Reads page by page.
pub struct Reader<'a> {
    outbox: &'a mut Outbox,
    filter: Filter,
    position: Position,
    in_order: bool,
    /// The sorted scan of a table, if the order matters.
    sorted: Option<Sorted>,
    /// Number of items so far that are not outbox items.
    pub unreadable: u64,
}

impl Reader<'_> {
    /// Returns the position of the next page.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Reads the next page, which may be empty; `None` at the end.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn next(&mut self) -> Result<Option<Vec<Message>>> {
        let sorted = |position: &Position| if let Position::Sorted(key) = position { Some(key.clone()) } else { None };
        let page = match (&mut *self.outbox, &self.position) {
            (_, Position::End) => return Ok(None),
            (Outbox::Postgres(database), position) => {
                let after = if let Position::Row(key) = position { Some(key.clone()) } else { None };
                rows::page(database, &self.filter, after).await?.at(Position::Row)
            }
            // A query is ordered.
            (Outbox::DynamoDb { clients, table }, position) if self.in_order && self.filter.aggregate.is_none() => {
                let scan = match &mut self.sorted {
                    Some(scan) => scan,
                    none => {
                        let (scan, unreadable) = items::gather(clients, table, &self.filter).await?;
                        self.unreadable += unreadable;
                        none.insert(scan)
                    }
                };
                scan.page(sorted(position).as_ref())?.at(Position::Sorted)
            }
            (Outbox::DynamoDb { clients, table }, position) => {
                let after = if let Position::Item(place) = position { Some(place.clone()) } else { None };
                items::page(clients, table, &self.filter, after).await?.at(Position::Item)
            }
            (Outbox::Log(log), position) => {
                log.page(&self.filter, sorted(position).as_ref()).await?.at(Position::Sorted)
            }
        };
        self.unreadable += page.unreadable;
        self.position = page.next.unwrap_or(Position::End);
        Ok(Some(page.messages))
    }
}
