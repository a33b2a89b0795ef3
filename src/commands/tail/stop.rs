//! Hops as `tail` takes them.

use clap::ValueEnum;

use crate::streams::Hop;

/// A hop by the word for it, or by the service behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stop {
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

impl Stop {
    /// Returns the hop that is meant on a pipeline with these hops.
    pub fn hop(self, pipeline: &[Hop]) -> Hop {
        let stream = pipeline.iter().copied().find(|hop| matches!(hop, Hop::Kinesis | Hop::Dynamodb));
        match self {
            Self::Stream => stream.unwrap_or(Hop::Kinesis),
            Self::Bus => Hop::Events,
            Self::Log => Hop::Log,
            Self::Processed => Hop::Processed,
            Self::Kinesis => Hop::Kinesis,
            Self::Dynamodb => Hop::Dynamodb,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_the_pipelines_own() {
        assert_eq!(Stop::Stream.hop(&[Hop::Dynamodb, Hop::Events]), Hop::Dynamodb);
        assert_eq!(Stop::Stream.hop(&[Hop::Kinesis, Hop::Log]), Hop::Kinesis);
        for (word, stop) in
            [("bus", Stop::Bus), ("events", Stop::Bus), ("stream", Stop::Stream), ("event-log", Stop::Log)]
        {
            assert_eq!(Stop::from_str(word, false), Ok(stop));
        }
    }
}
