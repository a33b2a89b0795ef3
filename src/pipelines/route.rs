//! The route of an event through a pipeline, as data. Status, verify, tail, doctor, cost, repair and the page read it,
//! so that none of them contains the name of a pipeline.

use super::{Hop, Output};

/// The path of an event through a pipeline, with its sample, target and failure stores.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The stops of an event, in order.
    pub stops: &'static [Stop],
    /// The events that `sample insert` and `verify` write.
    pub sample: Sample,
    /// The target of redriven and replayed records and events.
    pub target: Target,
    /// The stores for undelivered records and events; the first is for records of the stream.
    pub failures: &'static [FailureStore],
}

/// A stop on the path of an event.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    pub part: Part,
    /// The output that identifies the resource: its name, ARN or URL.
    pub output: Output,
    /// The service behind the stop, for the page; empty where the stop before names it.
    pub service: &'static str,
    /// True if the events of an aggregate keep their order here.
    pub ordered: bool,
    /// True if AWS may deliver a record again here. EventBridge does so, too, but under the same event id, so that
    /// `verify` can distinguish it from an event that was published again.
    pub repeats: bool,
    /// Resources whose state determines the state of this stop.
    pub resources: &'static [Resource],
}

/// The kind of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The sample's HTTP API.
    Api,
    /// A PostgreSQL database with the outbox.
    Database,
    /// A DynamoDB table that is the outbox.
    OutboxTable,
    /// A DynamoDB table whose changes are the events.
    Table,
    /// A DMS task.
    Capture,
    /// Kinesis Data Streams for DynamoDB.
    KinesisDestination,
    /// A Kinesis stream.
    Kinesis,
    /// A DynamoDB stream that is read directly.
    TableStream,
    /// A Lambda function that publishes the records of the stream.
    Publisher,
    /// Consumer groups that share the shards of the stream.
    Consumers,
    /// An event bus.
    Bus,
    /// The log group with every event of the bus.
    EventLog,
    /// The log of the events that consumers processed.
    ProcessedLog,
    /// The function behind a rule of the bus.
    Receiver,
}

/// A resource whose state a service reports.
#[derive(Debug, Clone, Copy)]
pub struct Resource {
    /// The label in tables and messages.
    pub what: &'static str,
    pub output: Output,
    pub probe: Probe,
}

/// The kind of a resource, which decides how its state is read.
#[derive(Debug, Clone, Copy)]
pub enum Probe {
    Database,
    /// An Aurora cluster.
    Cluster,
    Task,
    Stream,
    /// A DynamoDB table, by its name.
    Table,
    /// The change stream of a DynamoDB table, by its ARN.
    TableStream,
    Function,
    EventSource,
    Bus,
}

/// The aggregate of the sample's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    Cars,
    People,
    Orders,
    Carts,
    Users,
}

/// A target for records and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The function that publishes the records of the stream.
    Publisher(Output),
    /// The stream.
    Stream(Output),
    /// The function behind a rule of the bus.
    Receiver(Output),
    /// The log group behind a rule of the bus.
    Log(Output),
}

impl Target {
    /// Returns the output that names the target.
    pub const fn output(self) -> Output {
        match self {
            Self::Publisher(output) | Self::Stream(output) | Self::Receiver(output) | Self::Log(output) => output,
        }
    }
}

/// A store for undelivered records and events.
#[derive(Debug, Clone, Copy)]
pub struct FailureStore {
    /// The name for `dlq --place`.
    pub name: &'static str,
    pub store: Store,
    /// The target of its records and events.
    pub target: Target,
}

/// The kind of a failure store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// A bucket.
    Bucket(Output),
    /// The table `outbox_failures` of the database.
    Table,
    /// A queue, by its URL.
    Queue(Output),
}

impl Part {
    /// Returns the hop of a stop of this kind.
    pub const fn hop(self) -> Hop {
        match self {
            Self::Api => Hop::Api,
            Self::Database => Hop::Database,
            Self::OutboxTable | Self::Table => Hop::Table,
            Self::Capture | Self::KinesisDestination => Hop::Capture,
            Self::Kinesis | Self::TableStream => Hop::Stream,
            Self::Publisher | Self::Consumers => Hop::Consumer,
            Self::Bus => Hop::Bus,
            Self::EventLog => Hop::Log,
            Self::ProcessedLog => Hop::Processed,
            Self::Receiver => Hop::Receiver,
        }
    }

    /// Returns whether single events can be seen here.
    pub const fn is_visible(self) -> bool {
        matches!(self, Self::Kinesis | Self::TableStream | Self::Bus | Self::EventLog | Self::ProcessedLog)
    }
}

impl Sample {
    /// Returns the name in the template parameter `Sample`, and the path of the API.
    pub const fn name(self) -> &'static str {
        self.words()[0]
    }

    /// Returns the word for one sample.
    pub const fn one(self) -> &'static str {
        self.words()[1]
    }

    /// Returns the name and the word for one.
    const fn words(self) -> [&'static str; 2] {
        match self {
            Self::Cars => ["cars", "car"],
            Self::People => ["people", "person"],
            Self::Orders => ["orders", "order"],
            Self::Carts => ["cart", "cart"],
            Self::Users => ["users", "user"],
        }
    }
}
