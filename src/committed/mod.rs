//! What was committed: an outbox table read from end to end, in the order of its aggregates, a page at a time. Imports
//! `aws`, `cloudformation`, `database`, `dynamodb`, `error`, `outbox`, `postgres`.
//!
//! Both stores give the same order, from their own keys: one aggregate after the other, each by its sequence. It does not
//! depend on clocks, and needs no memory beyond a page.

mod items;
mod rows;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::aws::Clients;
use crate::cloudformation::Deployment;
use crate::database::{Database, Via};
use crate::error::{Error, Kind, Result};
use crate::outbox::Message;
use crate::postgres::tls::Roots;

/// An outbox table.
pub enum Outbox {
    Postgres(Box<Database>),
    DynamoDb { clients: Box<Clients>, table: String },
}

/// Which events; all where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Written then or later.
    pub from: Option<DateTime<Utc>>,
    /// Written before.
    pub until: Option<DateTime<Utc>>,
    /// An aggregate's id.
    pub aggregate: Option<String>,
    pub event_type: Option<String>,
    /// Any of these; any at all where empty.
    pub ids: Vec<Uuid>,
}

impl Outbox {
    /// The outbox of this deployment.
    ///
    /// # Errors
    /// `Usage` for a pipeline that has none; `NotDeployed`, and what connecting can end in.
    pub async fn open(clients: &Clients, deployment: &Deployment, via: Via, roots: Roots) -> Result<Self> {
        if let Ok(table) = deployment.output("OutboxTable") {
            return Ok(Self::DynamoDb { clients: Box::new(clients.clone()), table: table.to_owned() });
        }
        if deployment.pipeline.stack("database").is_none() && deployment.exists() {
            let name = deployment.pipeline.name;
            return Err(Error::new(
                Kind::Usage,
                format!("{name} has no outbox: the changes of its table are the events"),
            )
            .hint("`outboxctl verify` proves its delivery, `outboxctl dlq` has what could not be delivered"));
        }
        Ok(Self::Postgres(Box::new(Database::open(clients, deployment, via, roots).await?)))
    }

    /// Reads what the filter lets through.
    pub fn read(&mut self, filter: Filter) -> Reader<'_> {
        Reader { outbox: self, filter, cursor: Cursor::Start, unreadable: 0 }
    }
}

/// Where reading goes on.
enum Cursor {
    Start,
    Row(crate::postgres::admin::OutboxKey),
    Item(items::Place),
    End,
}

/// Reads page by page.
pub struct Reader<'a> {
    outbox: &'a mut Outbox,
    filter: Filter,
    cursor: Cursor,
    /// Items so far that are no outbox items.
    pub unreadable: u64,
}

impl Reader<'_> {
    /// The next page, which may be empty; None at the end.
    ///
    /// # Errors
    /// What the store says.
    pub async fn next(&mut self) -> Result<Option<Vec<Message>>> {
        let (messages, next) = match (&mut *self.outbox, &self.cursor) {
            (_, Cursor::End) => return Ok(None),
            (Outbox::Postgres(database), cursor) => {
                let after = if let Cursor::Row(key) = cursor { Some(key.clone()) } else { None };
                let (messages, next) = rows::page(database, &self.filter, after).await?;
                (messages, next.map(Cursor::Row))
            }
            (Outbox::DynamoDb { clients, table }, cursor) => {
                let after = if let Cursor::Item(place) = cursor { Some(place.clone()) } else { None };
                let page = items::page(clients, table, &self.filter, after).await?;
                self.unreadable += page.unreadable;
                (page.messages, page.next.map(Cursor::Item))
            }
        };
        self.cursor = next.unwrap_or(Cursor::End);
        Ok(Some(messages))
    }
}
