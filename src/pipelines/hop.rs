//! The places that an event passes, and their names: one list for every command, document and page.

use serde::Serialize;

use super::{Part, Pipeline};

/// A place that an event passes, in order. Its name is part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hop {
    /// The sample's API.
    Api,
    /// The PostgreSQL database with the outbox.
    Database,
    /// The DynamoDB table with the outbox, or the one whose changes are the events.
    Table,
    /// What reads committed events from the database or the table.
    Capture,
    /// The Kinesis stream, or the DynamoDB stream of the table.
    Stream,
    /// What takes records from the stream: a function, or `outboxctl consume`.
    Consumer,
    /// The EventBridge bus.
    Bus,
    /// The event log, the log group in CloudWatch with every event of the bus.
    Log,
    /// The log of what the consumers of a stream processed.
    Processed,
    /// The function behind a rule of the bus.
    Receiver,
}

impl Hop {
    /// All hops, in order.
    pub const ALL: [Self; 10] = [
        Self::Api,
        Self::Database,
        Self::Table,
        Self::Capture,
        Self::Stream,
        Self::Consumer,
        Self::Bus,
        Self::Log,
        Self::Processed,
        Self::Receiver,
    ];

    /// Returns the name in arguments, tables, lines and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Database => "database",
            Self::Table => "table",
            Self::Capture => "capture",
            Self::Stream => "stream",
            Self::Consumer => "consumer",
            Self::Bus => "bus",
            Self::Log => "log",
            Self::Processed => "processed",
            Self::Receiver => "receiver",
        }
    }

    /// Returns the name as a heading of the page.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Api => "API",
            Self::Database => "Database",
            Self::Table => "Table",
            Self::Capture => "Capture",
            Self::Stream => "Stream",
            Self::Consumer => "Consumer",
            Self::Bus => "Bus",
            Self::Log => "Log",
            Self::Processed => "Processed",
            Self::Receiver => "Receiver",
        }
    }

    /// Returns the place in a sentence, such as `in the stream`.
    pub fn place(self) -> &'static str {
        match self {
            Self::Api => "at the API",
            Self::Database => "in the database",
            Self::Table => "in the table",
            Self::Capture => "at the capture",
            Self::Stream => "in the stream",
            Self::Consumer => "at the consumer",
            Self::Bus => "on the bus",
            Self::Log => "in the event log",
            Self::Processed => "in the processed log",
            Self::Receiver => "at the receiver",
        }
    }
}

impl Pipeline {
    /// Returns the hops in the order in which an event passes them. Without the sample an application of the user's own
    /// writes, and there is no API.
    pub fn hops(&self, with_sample: bool) -> Vec<Hop> {
        let is_there = |hop: &Hop| match hop {
            Hop::Api => with_sample,
            Hop::Database => self.has(Part::Database),
            Hop::Table => !self.has(Part::Database),
            Hop::Capture => self.has(Part::Capture),
            Hop::Stream | Hop::Consumer => true,
            Hop::Bus | Hop::Log => self.has(Part::Bus),
            Hop::Processed => self.has(Part::Consumers),
            Hop::Receiver => self.stack("receiver").is_some(),
        };
        Hop::ALL.into_iter().filter(is_there).collect()
    }

    /// Returns the hops at which single events can be seen, in order.
    pub fn visible_hops(&self) -> Vec<Hop> {
        let is_there = |hop: &Hop| match hop {
            Hop::Stream => true,
            Hop::Bus | Hop::Log => self.has(Part::Bus),
            Hop::Processed => self.has(Part::Consumers),
            _ => false,
        };
        Hop::ALL.into_iter().filter(is_there).collect()
    }

    /// Returns the hop at which events are committed.
    pub fn origin(&self) -> Hop {
        if self.has(Part::Database) { Hop::Database } else { Hop::Table }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::ALL;

    #[test]
    fn names_are_the_same_in_json_and_in_text() {
        for hop in Hop::ALL {
            assert_eq!(serde_json::to_value(hop).expect("a value"), hop.name());
            assert_eq!(hop.heading().to_lowercase(), hop.name());
        }
        assert!(Hop::ALL.is_sorted());
    }

    #[test]
    fn every_pipeline_leads_from_where_events_are_committed_to_its_end() {
        for pipeline in ALL {
            let hops = pipeline.hops(false);
            assert_eq!(hops[0], pipeline.origin(), "{}", pipeline.name);
            let end = *hops.last().expect("a hop");
            assert!(matches!(end, Hop::Log | Hop::Processed | Hop::Receiver), "{}: {end:?}", pipeline.name);
            assert_eq!(pipeline.hops(true).split_first(), Some((&Hop::Api, hops.as_slice())));
        }
    }
}
