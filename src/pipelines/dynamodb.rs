//! Stacks that the DynamoDB pipelines share.

use super::catalog::{Source, Stack};
pub use super::shared::{BUS, CODE};
use super::template;
use Source::Protected;

/// The tables of aggregates and outbox, captured by a DynamoDB stream.
pub const TABLES: Stack = Stack {
    parameters: &[("DeletionProtection", Protected), ("KeepData", Protected)],
    holds_data: true,
    ..Stack::new("tables", template!("tables"))
};

/// Returns the HTTP API that writes to [`TABLES`], with the routes of the sample.
pub const fn api(parameters: &'static [(&'static str, Source)]) -> Stack {
    Stack { depends_on: &["code", "tables"], parameters, sample: true, ..Stack::new("api", template!("api")) }
}

/// Returns the consumer of the stream.
pub const fn consumer(depends_on: &'static [&'static str], parameters: &'static [(&'static str, Source)]) -> Stack {
    Stack { depends_on, parameters, ..Stack::new("consumer", template!("consumer")) }
}

/// Builds the parameters of [`api`]: `extra` ones, and those that every API has.
macro_rules! api_parameters {
    ($sample:literal, $($extra:expr),*) => {
        &[
            ("Sample", Source::Fixed($sample)),
            ("NamePrefix", Source::NamePrefix),
            ("CodeBucket", Source::Output(Output::CodeBucket)),
            ("PackageKey", Source::Artifact(Artifact::PackageKey)),
            ("Architecture", Source::Artifact(Artifact::Architecture)),
            ("AggregateTable", Source::Output(Output::AggregateTable)),
            $($extra),*
        ]
    };
}

/// Builds the parameters of [`consumer`]: `extra` ones, and those that every consumer has.
macro_rules! consumer_parameters {
    ($consumer:literal, $source:expr, $($extra:expr),*) => {
        &[
            ("Consumer", Source::Fixed($consumer)),
            ("SourceArn", Source::Output($source)),
            ("NamePrefix", Source::NamePrefix),
            ("KeepData", Source::Protected),
            ("CodeBucket", Source::Output(Output::CodeBucket)),
            ("PackageKey", Source::Artifact(Artifact::PackageKey)),
            ("Architecture", Source::Artifact(Artifact::Architecture)),
            ("BusName", Source::Output(Output::BusName)),
            ("BusArn", Source::Output(Output::BusArn)),
            $($extra),*
        ]
    };
}
pub(super) use {api_parameters, consumer_parameters};
