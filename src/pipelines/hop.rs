//! The hops of an event, and their names: one list for every command, document and page.

use serde::Serialize;

/// A hop on the path of an event, in order. Its name is part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hop {
    /// The sample's API.
    Api,
    /// The PostgreSQL database with the outbox.
    Database,
    /// The DynamoDB table with the outbox, or the one whose changes are the events.
    Table,
    /// The capture, which reads committed events from the database or the table.
    Capture,
    /// The Kinesis stream, or the DynamoDB stream of the table.
    Stream,
    /// The reader of the stream: a function, or `outboxctl consume`.
    Consumer,
    /// The EventBridge bus.
    Bus,
    /// The event log, the log group in CloudWatch with every event of the bus.
    Log,
    /// The log of the events that the consumers of a stream processed.
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
    pub const fn name(self) -> &'static str {
        self.texts()[0]
    }

    /// Returns the name as a heading of the page.
    pub const fn heading(self) -> &'static str {
        self.texts()[1]
    }

    /// Returns the place in a sentence, such as `in the stream`.
    pub const fn place(self) -> &'static str {
        self.texts()[2]
    }

    /// Returns name, heading and place.
    const fn texts(self) -> [&'static str; 3] {
        match self {
            Self::Api => ["api", "API", "at the API"],
            Self::Database => ["database", "Database", "in the database"],
            Self::Table => ["table", "Table", "in the table"],
            Self::Capture => ["capture", "Capture", "at the capture"],
            Self::Stream => ["stream", "Stream", "in the stream"],
            Self::Consumer => ["consumer", "Consumer", "at the consumer"],
            Self::Bus => ["bus", "Bus", "on the bus"],
            Self::Log => ["log", "Log", "in the event log"],
            Self::Processed => ["processed", "Processed", "in the processed log"],
            Self::Receiver => ["receiver", "Receiver", "at the receiver"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_json_and_in_text() {
        for hop in Hop::ALL {
            assert_eq!(serde_json::to_value(hop).expect("a value"), hop.name());
            assert_eq!(hop.heading().to_lowercase(), hop.name());
        }
        assert!(Hop::ALL.is_sorted());
    }
}
