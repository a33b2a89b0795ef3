//! Tests through the binary, in one test executable: linking the SDK once is what keeps them quick to build.

mod administration;
mod architecture;
mod cli;
mod completions;
mod deploying;
mod consumer;
mod dms_api;
mod documents;
mod dynamodb;
mod explain;
mod follow;
mod journey;
mod repair;
mod replicator;
mod support;
mod trouble;
