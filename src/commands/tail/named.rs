//! Names of hops for `tail`.

use clap::ValueEnum;

use crate::pipelines::{Hop, Part};

/// A hop by its own name, or by the service behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NamedHop {
    /// The outbox table in PostgreSQL, as rows are committed
    Outbox,
    /// The pipeline's stream: Kinesis or DynamoDB
    Stream,
    /// The EventBridge bus (also: events)
    #[value(alias = "events")]
    Bus,
    /// The event log group
    #[value(alias = "event-log")]
    Log,
    /// The log of the events that consumers processed
    Processed,
    /// The Kinesis stream
    Kinesis,
    /// The DynamoDB stream
    Dynamodb,
}

impl NamedHop {
    /// Returns the hop of this name.
    pub fn hop(self) -> Hop {
        match self {
            Self::Outbox => Hop::Database,
            Self::Stream | Self::Kinesis | Self::Dynamodb => Hop::Stream,
            Self::Bus => Hop::Bus,
            Self::Log => Hop::Log,
            Self::Processed => Hop::Processed,
        }
    }

    /// Returns the part of the pipeline that this hop requires; every pipeline has a stream.
    pub fn part(self) -> Option<Part> {
        match self {
            Self::Outbox => Some(Part::Database),
            Self::Stream => None,
            Self::Kinesis => Some(Part::Kinesis),
            Self::Dynamodb => Some(Part::TableStream),
            Self::Bus | Self::Log => Some(Part::Bus),
            Self::Processed => Some(Part::Consumers),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines;

    #[test]
    fn hops_are_named_by_hop_or_by_service() {
        for hop in pipelines::ALL.iter().flat_map(|pipeline| pipeline.visible_hops()) {
            assert_eq!(NamedHop::from_str(hop.name(), false).map(NamedHop::hop), Ok(hop));
        }
        for (word, hop) in
            [("kinesis", Hop::Stream), ("dynamodb", Hop::Stream), ("events", Hop::Bus), ("event-log", Hop::Log)]
        {
            assert_eq!(NamedHop::from_str(word, false).map(NamedHop::hop), Ok(hop));
        }
    }
}
