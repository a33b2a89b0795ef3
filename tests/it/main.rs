//! Tests through the binary, in one test executable: linking the SDK once is what keeps them quick to build.

mod administration;
mod architecture;
mod cli;
mod completions;
mod consumer;
mod contracts;
mod deploying;
mod dms_api;
mod doctor;
mod documents;
mod dynamodb;
mod explain;
mod follow;
mod hostile;
mod init;
mod journey;
mod machine;
mod operator;
mod own_tables;
mod repair;
mod replicator;
mod shell;
mod support;
mod templates;
mod trouble;
