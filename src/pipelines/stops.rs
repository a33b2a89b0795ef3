//! The stops of the routes.

use super::Output;
use super::route::{FailureStore, Part, Probe, Resource, Stop, Store, Target};

const fn resource(what: &'static str, output: Output, probe: Probe) -> Resource {
    Resource { what, output, probe }
}

/// Returns a stop without resources that keeps the order of an aggregate's events.
const fn stop(part: Part, output: Output, service: &'static str) -> Stop {
    Stop { part, output, service, ordered: true, repeats: false, resources: &[] }
}

/// The sample's API.
pub const API: Stop = stop(Part::Api, Output::ApiUrl, "");

/// PostgreSQL on RDS or Aurora.
pub const DATABASE: Stop = Stop {
    // A deployment has one of the two; a server outside of RDS has neither.
    resources: &[
        resource("database", Output::DatabaseIdentifier, Probe::Database),
        resource("database cluster", Output::DatabaseCluster, Probe::Cluster),
    ],
    ..stop(Part::Database, Output::DatabaseEndpoint, "PostgreSQL outbox")
};

/// A DynamoDB table that is the outbox, next to the table of the sample's aggregates.
pub const OUTBOX_TABLE: Stop = Stop {
    resources: &[resource("outbox table", Output::OutboxTable, Probe::Table), AGGREGATES],
    ..stop(Part::OutboxTable, Output::OutboxTable, "DynamoDB outbox")
};

/// A DynamoDB table whose changes are the events.
pub const TABLE: Stop =
    Stop { resources: &[AGGREGATES], ..stop(Part::Table, Output::AggregateTable, "DynamoDB table") };

const AGGREGATES: Resource = resource("table", Output::AggregateTable, Probe::Table);

/// The DMS task that reads the outbox and writes the Kinesis stream.
pub const DMS_TASK: Stop = Stop {
    resources: &[resource("capture task", Output::TaskArn, Probe::Task)],
    ..stop(Part::Capture, Output::TaskArn, "DMS task")
};

/// DynamoDB's writer of the changes of its table to a Kinesis stream.
pub const KINESIS_DESTINATION: Stop =
    Stop { ordered: false, ..stop(Part::KinesisDestination, Output::StreamArn, "DynamoDB change") };

/// The Kinesis stream that a DMS task writes.
pub const KINESIS: Stop = Stop {
    resources: &[resource("stream", Output::StreamName, Probe::Stream)],
    ..stop(Part::Kinesis, Output::StreamName, "Kinesis")
};

/// The DynamoDB stream of [`OUTBOX_TABLE`].
pub const OUTBOX_STREAM: Stop = Stop {
    resources: &[resource("table's stream", Output::OutboxStreamArn, Probe::TableStream)],
    ..stop(Part::TableStream, Output::OutboxStreamArn, "DynamoDB Streams")
};

/// The DynamoDB stream of [`TABLE`].
pub const USERS_STREAM: Stop = Stop {
    output: Output::UsersStreamArn,
    resources: &[resource("table's stream", Output::UsersStreamArn, Probe::TableStream)],
    ..OUTBOX_STREAM
};

/// The function that publishes the records of the stream.
pub const PUBLISHER: Stop = Stop {
    resources: &[
        resource("publisher", Output::PublisherFunction, Probe::Function),
        resource("publisher's source", Output::EventSourceMappingId, Probe::EventSource),
    ],
    ..stop(Part::Publisher, Output::PublisherFunction, "Lambda")
};

/// Consumers that share the shards of the stream by leases.
pub const CONSUMERS: Stop = stop(Part::Consumers, Output::LeaseTable, "outboxctl consume");

/// The event bus. EventBridge does not keep the order of deliveries to a target.
pub const BUS: Stop = Stop {
    ordered: false,
    resources: &[resource("bus", Output::BusName, Probe::Bus)],
    ..stop(Part::Bus, Output::BusName, "EventBridge")
};

/// The log of the bus, the target of one of its rules.
pub const EVENT_LOG: Stop = Stop { ordered: false, ..stop(Part::EventLog, Output::EventLogGroup, "CloudWatch Logs") };

/// The log that consumers write into the database.
pub const PROCESSED_LOG: Stop = stop(Part::ProcessedLog, Output::DatabaseSecretArn, "");

/// The function behind a rule of the bus.
pub const RECEIVER: Stop = Stop { ordered: false, ..stop(Part::Receiver, Output::ConsumerFunction, "Lambda") };

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
