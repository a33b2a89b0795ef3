//! Readers of the stops of a deployment, and of other streams and buses of the account.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::Deployment;
use super::database::Database;
use crate::aws::Clients;
use crate::base::error::{Error, Kind, Result};
use crate::base::report::Reporter;
use crate::outbox::Layout;
use crate::pipelines::{Part, Stop};
use crate::streams::kinesis::fan_out::FanOut;
use crate::streams::{self, Item, Sink, StartAt, Warnings, bus, dynamodb, kinesis, log, outbox, processed, shards};

/// Options of the readers.
#[derive(Debug, Clone)]
pub struct Reading {
    pub from: StartAt,
    pub until: Option<DateTime<Utc>>,
    /// The consumer group whose processed log is read.
    pub group: String,
    /// Indicates whether Kinesis is read with enhanced fan-out, through a temporary consumer.
    pub enhanced_fan_out: bool,
    /// The table whose captured rows are events.
    pub layout: Layout,
    pub warnings: Warnings,
}

/// A place to read items from.
pub enum Feed {
    /// The name of a Kinesis stream.
    Kinesis(String),
    /// The ARN of the stream of a DynamoDB table.
    TableStream(String),
    /// The name of an EventBridge bus.
    Bus(String),
    /// The name of the log group of a bus.
    EventLog(String),
    /// A database with a processed log.
    ProcessedLog(Box<Database>),
    /// A database with an outbox table.
    Outbox(Box<Database>),
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kinesis(name) => write!(f, "stream {name}"),
            Self::TableStream(arn) => write!(f, "stream {arn}"),
            Self::Bus(name) => write!(f, "bus {name}"),
            Self::EventLog(name) => write!(f, "log group {name}"),
            Self::ProcessedLog(_) => f.write_str("processed log"),
            Self::Outbox(database) => write!(f, "table {}", database.layout().full_name()),
        }
    }
}

impl Feed {
    fn bus(&self) -> Option<&str> {
        if let Self::Bus(name) = self { Some(name) } else { None }
    }

    /// Opens the reader. It sends items to `sink`, until `ends` are cancelled. `consumer` is the ARN of the consumer
    /// through which Kinesis is read.
    async fn read(
        self,
        clients: &Clients,
        reading: &Reading,
        consumer: Option<String>,
        sink: Sink,
        ends: Ends,
    ) -> Result<()> {
        let Reading { from, until, group, warnings, .. } = reading.clone();
        let Ends { end, finish } = ends;
        match self {
            Self::Kinesis(stream) => {
                let options = shards::Options { from, until, warnings };
                kinesis::open(clients, stream, consumer, reading.layout.clone(), options, sink, finish).await
            }
            Self::TableStream(stream_arn) => {
                let options = shards::Options { from, until, warnings };
                dynamodb::open(clients, stream_arn, options, sink, finish).await
            }
            Self::EventLog(group) => log::open(clients, log::Options { group, from, until, finish }, sink, end).await,
            Self::ProcessedLog(database) => {
                let options = processed::Options { group, from, until, pause: pause(clients.is_local()) };
                processed::open(*database, options, sink, finish).await
            }
            Self::Outbox(database) => read_outbox(*database, reading, pause(clients.is_local()), sink, finish).await,
            Self::Bus(_) => Err(Error::new(Kind::Unexpected, "a bus is read through a tap")),
        }
    }
}

/// Returns the interval of queries to a database.
fn pause(local: bool) -> Duration {
    Duration::from_millis(if local { 50 } else { 1_000 })
}

async fn read_outbox(
    database: Database,
    reading: &Reading,
    pause: Duration,
    sink: Sink,
    end: CancellationToken,
) -> Result<()> {
    let (table, columns) = (database.layout().full_name(), &database.layout().columns);
    let untimed_marks = columns.processed.is_some() && columns.created_at.is_none();
    let options = outbox::Options { table, from: reading.from, until: reading.until, pause, untimed_marks };
    outbox::open(database, options, sink, end).await
}

impl Deployment {
    /// Returns the feed of a stop.
    ///
    /// # Errors
    /// `NotDeployed`, and those of connecting to the database; `Unexpected` for a stop that has no reader.
    async fn feed(&self, stop: &Stop) -> Result<Feed> {
        if stop.part == Part::Database {
            return Ok(Feed::Outbox(Box::new(self.database().await?)));
        }
        let name = self.output(stop.output)?.to_owned();
        match stop.part {
            Part::Kinesis => Ok(Feed::Kinesis(name)),
            Part::TableStream => Ok(Feed::TableStream(name)),
            Part::Bus => Ok(Feed::Bus(name)),
            Part::EventLog => Ok(Feed::EventLog(name)),
            Part::ProcessedLog => Ok(Feed::ProcessedLog(Box::new(self.database().await?))),
            part => Err(Error::new(Kind::Unexpected, format!("{} has no reader", part.hop().name()))),
        }
    }

    /// Opens the reader of a stop. It sends items to `sink`, until `end` is cancelled.
    ///
    /// # Errors
    /// `NotDeployed`, and those of the service; `Unexpected` for a stop without a reader.
    pub async fn read(&self, stop: &Stop, reading: &Reading, sink: Sink, end: CancellationToken) -> Result<()> {
        self.feed(stop).await?.read(&self.clients, reading, None, sink, Ends::new(end)).await
    }
}

/// The end of readers.
#[derive(Clone)]
struct Ends {
    /// Ends every reader at once.
    end: CancellationToken,
    /// Ends them, but the event log is read once more: its events become visible late.
    finish: CancellationToken,
}

impl Ends {
    fn new(end: CancellationToken) -> Self {
        Self { finish: end.child_token(), end }
    }
}

/// Open readers, and the temporary resources that they need.
pub struct Readers {
    ends: Ends,
    tap: Option<bus::Tap>,
    consumer: Option<FanOut>,
}

impl Readers {
    fn new() -> Self {
        Self { ends: Ends::new(CancellationToken::new()), tap: None, consumer: None }
    }

    /// Returns a token that ends the readers, and then the receiver of the items, once the event log was read again.
    pub fn finish(&self) -> CancellationToken {
        self.ends.finish.clone()
    }

    /// Opens a reader of each stop: see [`Readers::follow`].
    ///
    /// # Errors
    /// `Interrupted` when cancelled, and those of [`Deployment::read`].
    pub async fn open(
        deployment: &Deployment,
        stops: &[&Stop],
        reading: &Reading,
        reporter: &dyn Reporter,
        cancel: &CancellationToken,
    ) -> Result<(Self, Receiver<Result<Item>>)> {
        let feeds = async {
            let mut feeds = Vec::new();
            for stop in stops {
                feeds.push(deployment.feed(stop).await?);
            }
            Ok(feeds)
        };
        let feeds = cancel.run_until_cancelled(feeds).await.unwrap_or_else(|| Err(Error::interrupted()))?;
        Self::follow(&deployment.clients, feeds, reading, reporter, cancel).await
    }

    /// Opens a reader of the outbox table of a database, without AWS: see [`Readers::follow`].
    ///
    /// # Errors
    /// `Interrupted` when cancelled, and those of the database.
    pub async fn outbox(
        database: Database,
        reading: &Reading,
        cancel: &CancellationToken,
    ) -> Result<(Self, Receiver<Result<Item>>)> {
        let (sink, items) = streams::channel();
        let readers = Self::new();
        let opening = read_outbox(database, reading, pause(false), sink, readers.ends.finish.clone());
        cancel.run_until_cancelled(opening).await.unwrap_or_else(|| Err(Error::interrupted()))?;
        Ok((readers, items))
    }

    /// Opens a reader of each feed. All items are sent to one receiver, which ends with the last reader.
    /// [`Readers::close`] must follow, even after an error; after an error here nothing remains open.
    ///
    /// # Errors
    /// `Interrupted` when cancelled, and those of the services.
    pub async fn follow(
        clients: &Clients,
        feeds: Vec<Feed>,
        reading: &Reading,
        reporter: &dyn Reporter,
        cancel: &CancellationToken,
    ) -> Result<(Self, Receiver<Result<Item>>)> {
        let (sink, items) = streams::channel();
        let mut readers = Self::new();
        match readers.start(clients, feeds, reading, &sink, (reporter, cancel)).await {
            Ok(()) => Ok((readers, items)),
            Err(error) => {
                if let Err(left) = readers.close().await {
                    reporter.warn(left.to_string());
                }
                Err(error)
            }
        }
    }

    async fn start(
        &mut self,
        clients: &Clients,
        feeds: Vec<Feed>,
        reading: &Reading,
        sink: &Sink,
        (reporter, cancel): (&dyn Reporter, &CancellationToken),
    ) -> Result<()> {
        // The tap takes longest. Like a consumer for fan-out it must not be dropped while it is created.
        if let Some(name) = feeds.iter().find_map(Feed::bus) {
            let tap = self.tap.insert(bus::Tap::open(clients, name, reporter, cancel).await?);
            tap.listen(sink, reading.until, &self.ends.finish);
        }
        for feed in feeds.into_iter().filter(|feed| feed.bus().is_none()) {
            if let Feed::Kinesis(stream) = &feed
                && reading.enhanced_fan_out
            {
                self.consumer = Some(FanOut::open(clients, stream, reporter, cancel).await?);
            }
            let consumer = self.consumer.as_ref().map(|consumer| consumer.arn.clone());
            let opening = feed.read(clients, reading, consumer, sink.clone(), self.ends.clone());
            cancel.run_until_cancelled(opening).await.unwrap_or_else(|| Err(Error::interrupted()))?;
        }
        Ok(())
    }

    /// Ends the readers and removes the temporary resources. Tries to remove all of them, and returns the first error.
    ///
    /// # Errors
    /// Those of the services.
    pub async fn close(self) -> Result<()> {
        self.ends.end.cancel();
        let tap = match self.tap {
            Some(tap) => tap.remove().await,
            None => Ok(()),
        };
        let consumer = match self.consumer {
            Some(consumer) => consumer.remove().await,
            None => Ok(()),
        };
        tap.and(consumer)
    }
}
