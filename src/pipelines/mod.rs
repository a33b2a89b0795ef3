//! The pipelines as plain data: stacks, order, parameters, routes and cost. Imports `aws`, `base`, `outbox` and
//! `settings`.
//!
//! A pipeline names its stacks; a stack names its template, its dependencies, and the origin of the value of each
//! template parameter. Its [`Route`] names the stops of an event, with the outputs and resources of each. Calls no AWS
//! API: the engine in `cloudformation` deploys the stacks, and the other modules read the route. None of them contains
//! the name of a pipeline, a stack or an output.

mod catalog;
mod conditions;
mod contradictions;
pub mod cost;
mod dynamodb;
mod dynamodb_cdc;
mod dynamodb_eventbridge;
mod dynamodb_kinesis;
mod existing;
mod hop;
mod objections;
mod output;
mod parameters;
mod parts;
mod rds_eventbridge;
mod rds_kinesis;
pub mod registry;
mod route;
mod shared;
mod stage;
pub mod stops;
pub mod templates;

pub use catalog::{Artifact, Owner, Pipeline, Source, Stack, WITH_SAMPLE};
pub use conditions::{created_resources, likely_resources};
pub use contradictions::{contradiction, of_other_engine, uncertain_engine};
pub use existing::{Given, GivenTask, Home, idle_parameters, replaces};
pub use hop::Hop;
pub use objections::{ENGINES, incomplete, objections};
pub use output::Output;
pub use parameters::{ENGINE, Parameter, parameters};
pub use route::{FailureStore, Part, Probe, Route, Sample, Stop, Store, Target};
pub use shared::{ACCOUNT, AURORA, DATABASE, NETWORK, POSTGRES, STREAM};
pub use stage::{is_development, is_production};

use crate::base::error::{Error, Kind, Result};

/// Embeds the text of a template.
macro_rules! template {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $name, ".yaml"))
    };
}
use template;

/// Every pipeline that can be deployed.
pub const ALL: &[&Pipeline] = &[
    &rds_eventbridge::PIPELINE,
    &rds_kinesis::PIPELINE,
    &dynamodb_kinesis::PIPELINE,
    &dynamodb_eventbridge::PIPELINE,
    &dynamodb_cdc::PIPELINE,
];

/// Returns the pipeline of that name.
///
/// # Errors
/// `Usage` if the name is unknown.
pub fn find(name: &str) -> Result<&'static Pipeline> {
    ALL.iter().find(|pipeline| pipeline.name == name).copied().ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|pipeline| pipeline.name).collect();
        Error::new(Kind::Usage, format!("unknown pipeline {name:?}"))
            .hint(format!("choose one with --pipeline: {}", names.join(", ")))
    })
}
