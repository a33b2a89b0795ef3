//! The pipelines as plain data: stacks, order, parameters, routes and cost. Imports `aws`, `error` and `settings`.
//!
//! A pipeline names its stacks; a stack names its template, the stacks it waits for, and where the value of each
//! template parameter comes from. Its [`Route`] names the places that an event passes, with the outputs and resources of
//! each. Nothing here calls AWS: the engine in `cloudformation` deploys the stacks, and the other rooms read the route.
//! None of them knows a pipeline, a stack or an output by a name of its own.

mod catalog;
pub mod cost;
mod dynamodb;
mod dynamodb_cdc;
mod dynamodb_eventbridge;
mod dynamodb_kinesis;
mod hop;
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

pub use catalog::{Artifact, Owner, Pipeline, Source, Stack, WITH_SAMPLE};
pub use hop::Hop;
pub use output::Output;
pub use parameters::{Parameter, contradiction, parameters, uncertain_engine};
pub use route::{FailureStore, Part, Resource, Route, Sample, Stop, Store, Target};
pub use shared::{ACCOUNT, NETWORK};
pub use stage::{is_development, is_production};

use crate::error::{Error, Kind, Result};

/// The text of a template, part of the executable.
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

/// The pipeline of that name.
///
/// # Errors
/// `Usage` when there is none.
pub fn find(name: &str) -> Result<&'static Pipeline> {
    ALL.iter().find(|pipeline| pipeline.name == name).copied().ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|pipeline| pipeline.name).collect();
        Error::new(Kind::Usage, format!("there is no pipeline {name:?}"))
            .hint(format!("choose one with --pipeline: {}", names.join(", ")))
    })
}
