//! The hops of a pipeline as the page draws them.

use serde::Serialize;

/// A place on an event's way, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hop {
    /// In the outbox, its transaction committed.
    Committed,
    /// Read from the write-ahead log by DMS, or made a change record by DynamoDB.
    Captured,
    /// In the Kinesis stream, or in the DynamoDB table's own.
    Stream,
    /// Delivered to the bus, or marked processed.
    Delivered,
    /// Given up: at the failure destination with its payload.
    Failed,
}

impl Hop {
    pub const WAY: [Self; 4] = [Self::Committed, Self::Captured, Self::Stream, Self::Delivered];

    pub fn name(self) -> &'static str {
        match self {
            Self::Committed => "committed",
            Self::Captured => "captured",
            Self::Stream => "stream",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    pub fn index(self) -> usize {
        self as usize
    }

    /// The good end of the way.
    pub fn is_last(self) -> bool {
        self == Self::Delivered
    }

    /// Hops that an event at this one has certainly passed.
    pub fn implied(self) -> &'static [Self] {
        match self {
            Self::Committed => &Self::WAY[..1],
            Self::Captured => &Self::WAY[..2],
            Self::Stream => &Self::WAY[..3],
            Self::Delivered => &Self::WAY,
            Self::Failed => &[Self::Committed, Self::Captured, Self::Stream, Self::Failed],
        }
    }
}

/// How a hop is called in one pipeline.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Stop {
    pub hop: Hop,
    pub label: &'static str,
    /// Whose work it is.
    pub place: &'static str,
    /// Which resources of [`crate::aws::health`] tell how it is doing.
    #[serde(skip)]
    pub resources: &'static [&'static str],
}

/// A pipeline's hops.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    pub stops: &'static [Stop],
}

const COMMITTED: Stop =
    Stop { hop: Hop::Committed, label: "Committed", place: "PostgreSQL outbox", resources: &["database"] };
const CAPTURED: Stop = Stop { hop: Hop::Captured, label: "Captured", place: "DMS task", resources: &["capture task"] };
const STREAM: Stop = Stop { hop: Hop::Stream, label: "In stream", place: "Kinesis", resources: &["stream"] };

const BUS: &[Stop] = &[
    COMMITTED,
    CAPTURED,
    STREAM,
    Stop {
        hop: Hop::Delivered,
        label: "On the bus",
        place: "Lambda → EventBridge",
        resources: &["publisher", "publisher's source", "bus"],
    },
];
const CONSUMER: &[Stop] = &[
    COMMITTED,
    CAPTURED,
    STREAM,
    Stop { hop: Hop::Delivered, label: "Processed", place: "outboxctl consume", resources: &[] },
];
const ITEM: Stop = Stop { hop: Hop::Committed, label: "Committed", place: "DynamoDB outbox", resources: TABLES };
const TABLES: &[&str] = &["outbox table", "table"];
const ON_THE_BUS: Stop = BUS[3];
const KINESIS_FOR_DYNAMODB: &[Stop] = &[
    ITEM,
    Stop { hop: Hop::Captured, label: "Captured", place: "DynamoDB change", resources: &[] },
    STREAM,
    ON_THE_BUS,
];
const TABLE_STREAM: Stop =
    Stop { hop: Hop::Stream, label: "In stream", place: "DynamoDB Streams", resources: &["table's stream"] };
const DYNAMODB_STREAMS: &[Stop] = &[ITEM, TABLE_STREAM, ON_THE_BUS];
const CDC: &[Stop] = &[Stop { place: "DynamoDB table", ..ITEM }, TABLE_STREAM, ON_THE_BUS];

impl Layout {
    pub fn of(pipeline: &str) -> Self {
        let stops = match pipeline {
            "rds-kinesis" => CONSUMER,
            "dynamodb-kinesis" => KINESIS_FOR_DYNAMODB,
            "dynamodb-eventbridge" => DYNAMODB_STREAMS,
            "dynamodb-cdc" => CDC,
            _ => BUS,
        };
        Self { stops }
    }
}
