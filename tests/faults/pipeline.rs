//! The five pipelines, as far as faults and checks differ.

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, clap::ValueEnum)]
pub enum Pipeline {
    RdsKinesis,
    RdsEventbridge,
    DynamodbKinesis,
    DynamodbEventbridge,
    DynamodbCdc,
}

impl Pipeline {
    pub const ALL: [Self; 5] =
        [Self::RdsKinesis, Self::RdsEventbridge, Self::DynamodbKinesis, Self::DynamodbEventbridge, Self::DynamodbCdc];

    pub fn name(self) -> &'static str {
        match self {
            Self::RdsKinesis => "rds-kinesis",
            Self::RdsEventbridge => "rds-eventbridge",
            Self::DynamodbKinesis => "dynamodb-kinesis",
            Self::DynamodbEventbridge => "dynamodb-eventbridge",
            Self::DynamodbCdc => "dynamodb-cdc",
        }
    }

    /// Rows in PostgreSQL, captured by DMS.
    pub fn has_database(self) -> bool {
        matches!(self, Self::RdsKinesis | Self::RdsEventbridge)
    }

    /// Delivers to a bus, by a function. The other is read by `outboxctl consume`.
    pub fn has_bus(self) -> bool {
        self != Self::RdsKinesis
    }
}
