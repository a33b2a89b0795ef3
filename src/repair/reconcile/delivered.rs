//! Sources of deliveries: the event log group of a bus, or the log of processed events.

use chrono::{DateTime, TimeDelta, Utc};

use super::Options;
use super::entry::Entry;
use crate::aws::{Clients, log_groups};
use crate::base::error::{Kind, Result};
use crate::deployment::Deployment;
use crate::deployment::database::Database;
use crate::outbox::{Message, digest};
use crate::pipelines::Part;
use crate::postgres::admin::{LogPosition, LogRow, ProcessedRequest};
use crate::repair::source::logged;

/// A source of deliveries, and the reading position.
pub enum Deliveries {
    Log { reader: Box<logged::Reader>, next: Next<String>, expired: Option<Expired> },
    Processed { database: Box<Database>, consumer: String, next: Next<LogPosition> },
}

/// The events that a log no longer has, whether they were delivered or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Events that were written before this time.
    pub before: DateTime<Utc>,
    /// The log and its retention, for messages.
    pub log: String,
}

/// Time before the end of its retention after which an event is not compared: a comparison takes some time.
const MARGIN: TimeDelta = TimeDelta::hours(1);

impl Expired {
    /// Returns the events that the log group has deleted, or will within the comparison; `None` if it keeps all, or if
    /// the caller may not read its retention.
    async fn of(clients: &Clients, group: &str) -> Result<Option<Self>> {
        let found = match log_groups::find(clients, group).await {
            Err(error) if error.kind() == Kind::AccessDenied => return Ok(None),
            found => found?,
        };
        let days = found.and_then(|found| found.retention_in_days()).map(i64::from);
        Ok(days.map(|days| Self {
            before: Utc::now() - TimeDelta::days(days) + MARGIN,
            log: format!("log group {group} keeps its events for {days} {}", if days == 1 { "day" } else { "days" }),
        }))
    }
}

/// Position of the next page.
pub enum Next<T> {
    Start,
    From(T),
    End,
}

impl Deliveries {
    /// Returns the deployment's source of deliveries: the event log of its bus, or the marks of a consumer group.
    ///
    /// # Errors
    /// `NotDeployed`, and those of connecting to the database.
    pub async fn of(deployment: &Deployment, group: &str) -> Result<Self> {
        match deployment.pipeline.stop(Part::EventLog) {
            Some(log) => Self::log(&deployment.clients, deployment.output(log.output)?).await,
            None => Ok(Self::processed(deployment.database().await?, group)),
        }
    }

    /// Returns the log group that a rule of the bus writes every event to.
    async fn log(clients: &Clients, group: &str) -> Result<Self> {
        let (reader, expired) = (logged::Reader::new(clients, group), Expired::of(clients, group).await?);
        Ok(Self::Log { reader: Box::new(reader), next: Next::Start, expired })
    }

    /// Returns the marks of a consumer group: they have digests instead of payloads.
    fn processed(database: Database, consumer: &str) -> Self {
        Self::Processed { database: Box::new(database), consumer: consumer.to_owned(), next: Next::Start }
    }

    /// Returns the events of which it has no deliveries any more. Marks are kept as long as their rows.
    pub(super) fn expired(&self) -> Option<&Expired> {
        match self {
            Self::Log { expired, .. } => expired.as_ref(),
            Self::Processed { .. } => None,
        }
    }

    /// Reads the next page, which may be empty; `None` at the end.
    pub(super) async fn next(&mut self, options: &Options) -> Result<Option<Vec<Entry>>> {
        match self {
            Self::Log { reader, next, .. } => log_page(reader, next, options).await,
            Self::Processed { database, consumer, next } => processed_page(database, consumer, next, options).await,
        }
    }
}

async fn log_page(
    reader: &mut logged::Reader,
    next: &mut Next<String>,
    options: &Options,
) -> Result<Option<Vec<Entry>>> {
    let token = match next {
        Next::End => return Ok(None),
        Next::Start => None,
        Next::From(token) => Some(token.clone()),
    };
    // Read to its end: an event that was delivered long after its commit has the time of its delivery.
    let (messages, token) = reader.page((options.from, None), token).await?;
    *next = token.map_or(Next::End, Next::From);
    Ok(Some(messages.iter().map(entry).collect()))
}

fn entry(message: &Message) -> Entry {
    Entry::new(message.id, message.committed_at, Some(digest(message)), message.replay.is_some())
}

async fn processed_page(
    database: &mut Database,
    consumer: &str,
    next: &mut Next<LogPosition>,
    options: &Options,
) -> Result<Option<Vec<Entry>>> {
    let after = match next {
        Next::End => return Ok(None),
        Next::Start => LogPosition::default(),
        Next::From(position) => *position,
    };
    let consumer = consumer.to_owned();
    let request = ProcessedRequest { consumer, after: Some(after), since: options.from, visible: true, snapshot: None };
    let page = database.processed(&request).await?;
    *next = if page.rows.is_empty() { Next::End } else { Next::From(page.next) };
    let last: Option<DateTime<Utc>> = options.until.checked_add_signed(options.late);
    let in_time = |at: DateTime<Utc>| last.is_none_or(|last| at <= last);
    let done = page.rows.into_iter().filter(|row| row.succeeded && in_time(row.processed_at));
    let digest = |row: &LogRow| u128::from_str_radix(row.digest.as_deref()?, 16).ok();
    Ok(Some(done.map(|row| Entry::new(row.event_id, row.committed_at, digest(&row), false)).collect()))
}
