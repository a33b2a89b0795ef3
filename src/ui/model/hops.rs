//! How far an event has come, and the hops of a pipeline as the page draws them.

use serde::Serialize;

use crate::pipelines::Hop;

/// How far an event has come, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
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

impl Step {
    pub const WAY: [Self; 4] = [Self::Committed, Self::Captured, Self::Stream, Self::Delivered];

    pub fn index(self) -> usize {
        self as usize
    }

    /// The good end of the way.
    pub fn is_last(self) -> bool {
        self == Self::Delivered
    }

    /// Returns the steps that an event at this one has certainly taken.
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

/// One hop of a pipeline on the page.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Stop {
    pub hop: Hop,
    /// What an event has reached here: the key of the time in `/api/events`.
    pub step: Step,
    /// The hop as a heading.
    pub label: &'static str,
    /// The service that does the work.
    pub place: &'static str,
    /// Resources of [`crate::aws::health`] that show how it is doing.
    #[serde(skip)]
    pub resources: &'static [&'static str],
}

const fn stop(hop: Hop, step: Step, place: &'static str, resources: &'static [&'static str]) -> Stop {
    Stop { hop, step, label: hop.heading(), place, resources }
}

/// A pipeline's hops.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    pub stops: &'static [Stop],
}

const DATABASE: Stop = stop(Hop::Database, Step::Committed, "PostgreSQL outbox", &["database"]);
const TABLE: Stop = stop(Hop::Table, Step::Committed, "DynamoDB outbox", &["outbox table", "table"]);
const TASK: Stop = stop(Hop::Capture, Step::Captured, "DMS task", &["capture task"]);
const CHANGE: Stop = stop(Hop::Capture, Step::Captured, "DynamoDB change", &[]);
const KINESIS: Stop = stop(Hop::Stream, Step::Stream, "Kinesis", &["stream"]);
const TABLE_STREAM: Stop = stop(Hop::Stream, Step::Stream, "DynamoDB Streams", &["table's stream"]);
const BUS: Stop = stop(Hop::Bus, Step::Delivered, "Lambda → EventBridge", &["publisher", "publisher's source", "bus"]);
const PROCESSED: Stop = stop(Hop::Processed, Step::Delivered, "outboxctl consume", &[]);

impl Layout {
    /// Returns the hops of the pipeline of this name.
    pub fn of(pipeline: &str) -> Self {
        let stops: &[Stop] = match pipeline {
            "rds-kinesis" => &[DATABASE, TASK, KINESIS, PROCESSED],
            "dynamodb-kinesis" => &[TABLE, CHANGE, KINESIS, BUS],
            "dynamodb-eventbridge" => &[TABLE, TABLE_STREAM, BUS],
            "dynamodb-cdc" => &[Stop { place: "DynamoDB table", ..TABLE }, TABLE_STREAM, BUS],
            _ => &[DATABASE, TASK, KINESIS, BUS],
        };
        Self { stops }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::{ALL, Part};

    #[test]
    fn every_pipeline_is_drawn_with_its_own_hops_in_order() {
        for pipeline in ALL {
            let stops = Layout::of(pipeline.name).stops;
            let hops: Vec<Hop> = stops.iter().map(|stop| stop.hop).collect();
            assert!(hops.is_sorted(), "{}: {hops:?}", pipeline.name);
            assert_eq!(hops[0], pipeline.origin(), "{}", pipeline.name);
            let end = if pipeline.has(Part::Bus) { Hop::Bus } else { Hop::Processed };
            assert_eq!(hops.last(), Some(&end), "{}", pipeline.name);
            // DynamoDB puts its changes into a Kinesis stream without a hop that `status` could show.
            let unknown = hops.iter().filter(|hop| **hop != Hop::Capture && !pipeline.hops(false).contains(hop));
            assert_eq!(unknown.count(), 0, "{}: {hops:?}", pipeline.name);
        }
    }
}
