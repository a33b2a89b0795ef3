//! The stops of the routes.

use super::Output;
use super::route::{FailureStore, Part, Resource, Stop, Store, Target};
use crate::aws::health::Probe;

const fn resource(what: &'static str, output: Output, probe: Probe) -> Resource {
    Resource { what, output, probe }
}

/// The sample's API.
pub const API: Stop =
    Stop { part: Part::Api, output: Output::ApiUrl, service: "", ordered: true, repeats: false, resources: &[] };

/// PostgreSQL on RDS or Aurora.
pub const DATABASE: Stop = Stop {
    part: Part::Database,
    output: Output::DatabaseEndpoint,
    service: "PostgreSQL outbox",
    ordered: true,
    repeats: false,
    // A deployment has one of the two; a server outside of RDS has neither.
    resources: &[
        resource("database", Output::DatabaseIdentifier, Probe::Database),
        resource("database cluster", Output::DatabaseCluster, Probe::Cluster),
    ],
};

/// A DynamoDB table that is the outbox, next to the table of the sample's aggregates.
pub const OUTBOX_TABLE: Stop = Stop {
    part: Part::OutboxTable,
    output: Output::OutboxTable,
    service: "DynamoDB outbox",
    ordered: true,
    repeats: false,
    resources: &[resource("outbox table", Output::OutboxTable, Probe::Table), AGGREGATES],
};

/// A DynamoDB table whose changes are the events.
pub const TABLE: Stop = Stop {
    part: Part::Table,
    output: Output::AggregateTable,
    service: "DynamoDB table",
    ordered: true,
    repeats: false,
    resources: &[AGGREGATES],
};

const AGGREGATES: Resource = resource("table", Output::AggregateTable, Probe::Table);

/// The DMS task that reads the outbox and writes the Kinesis stream.
pub const DMS_TASK: Stop = Stop {
    part: Part::Capture,
    output: Output::TaskArn,
    service: "DMS task",
    ordered: true,
    repeats: false,
    resources: &[resource("capture task", Output::TaskArn, Probe::Task)],
};

/// DynamoDB's writer of the changes of its table to a Kinesis stream.
pub const KINESIS_DESTINATION: Stop = Stop {
    part: Part::KinesisDestination,
    output: Output::StreamArn,
    service: "DynamoDB change",
    ordered: false,
    repeats: false,
    resources: &[],
};

/// The Kinesis stream that a DMS task writes.
pub const KINESIS: Stop = Stop {
    part: Part::Kinesis,
    output: Output::StreamName,
    service: "Kinesis",
    ordered: true,
    repeats: false,
    resources: &[resource("stream", Output::StreamName, Probe::Stream)],
};

/// The DynamoDB stream of [`OUTBOX_TABLE`].
pub const OUTBOX_STREAM: Stop = Stop {
    part: Part::TableStream,
    output: Output::OutboxStreamArn,
    service: "DynamoDB Streams",
    ordered: true,
    repeats: false,
    resources: &[resource("table's stream", Output::OutboxStreamArn, Probe::TableStream)],
};

/// The DynamoDB stream of [`TABLE`].
pub const USERS_STREAM: Stop = Stop {
    output: Output::UsersStreamArn,
    resources: &[resource("table's stream", Output::UsersStreamArn, Probe::TableStream)],
    ..OUTBOX_STREAM
};

/// The function that publishes the records of the stream.
pub const PUBLISHER: Stop = Stop {
    part: Part::Publisher,
    output: Output::PublisherFunction,
    service: "Lambda",
    ordered: true,
    repeats: false,
    resources: &[
        resource("publisher", Output::PublisherFunction, Probe::Function),
        resource("publisher's source", Output::EventSourceMappingId, Probe::EventSource),
    ],
};

/// Consumers that share the shards of the stream by leases.
pub const CONSUMERS: Stop = Stop {
    part: Part::Consumers,
    output: Output::LeaseTable,
    service: "outboxctl consume",
    ordered: true,
    repeats: false,
    resources: &[],
};

/// The event bus. EventBridge does not keep the order of deliveries to a target.
pub const BUS: Stop = Stop {
    part: Part::Bus,
    output: Output::BusName,
    service: "EventBridge",
    ordered: false,
    repeats: false,
    resources: &[resource("bus", Output::BusName, Probe::Bus)],
};

/// The log of the bus, the target of one of its rules.
pub const EVENT_LOG: Stop = Stop {
    part: Part::EventLog,
    output: Output::EventLogGroup,
    service: "CloudWatch Logs",
    ordered: false,
    repeats: false,
    resources: &[],
};

/// The log that consumers write into the database.
pub const PROCESSED_LOG: Stop = Stop {
    part: Part::ProcessedLog,
    output: Output::DatabaseSecretArn,
    service: "",
    ordered: true,
    repeats: false,
    resources: &[],
};

/// The function behind a rule of the bus.
pub const RECEIVER: Stop = Stop {
    part: Part::Receiver,
    output: Output::ConsumerFunction,
    service: "Lambda",
    ordered: false,
    repeats: false,
    resources: &[],
};

/// The publisher function, for records that the pipeline failed to publish.
pub const TO_PUBLISHER: Target = Target::Publisher(Output::PublisherFunction);
/// The stream, for records that a consumer failed to process.
pub const TO_STREAM: Target = Target::Stream(Output::StreamName);

/// Records that could not be published.
pub const FAILURE_BUCKET: FailureStore =
    FailureStore { name: "bucket", store: Store::Bucket(Output::FailureBucket), target: TO_PUBLISHER };

/// Records that consumers could not process.
pub const FAILURE_TABLE: FailureStore = FailureStore { name: "table", store: Store::Table, target: TO_STREAM };

/// Events that the bus could not write to its log.
pub const UNLOGGED: FailureStore = FailureStore {
    name: "unlogged",
    store: Store::Queue(Output::UnloggedQueue),
    target: Target::Log(Output::EventLogGroup),
};

/// Events that the bus could not deliver to [`RECEIVER`].
pub const UNDELIVERED: FailureStore = FailureStore {
    name: "undelivered",
    store: Store::Queue(Output::UndeliveredQueue),
    target: Target::Receiver(Output::ConsumerFunction),
};
