//! `outboxctl`: deploys a transactional outbox pipeline on AWS, runs it, and verifies that every committed event is
//! delivered.
//!
//! To follow one event through the code, read `outboxctl explain architecture`. To follow one command, start with its
//! file in `src/commands`; to change a pipeline, start with `src/pipelines`.
//!
//! # The map
//!
//! One executable, three modes: the CLI ([`cli`]), every Lambda function of a pipeline ([`functions`]), and the local
//! stack ([`local`]). Each folder is a room; the first lines of its `mod.rs` describe its content, the rooms that
//! it may import, and the file to start with. `tests/it/architecture.rs` compares the imports with this table.
//!
//! | room | content | imports |
//! |---|---|---|
//! | [`cli`] | the definition of the command line, dispatch, signals, the final error | `commands`, `error`, `output`, `settings` |
//! | [`commands`] | one file for each command: its arguments and its steps; no SDK calls, no printing | every room but `cli` |
//! | [`settings`] | flags, environment variables and `outboxctl.toml` merged; the one reader of environment variables | `error`, `outbox` |
//! | [`output`] | the console: renderers of events, tables, NDJSON | `error`, `report`, `settings` |
//! | [`error`] | kinds, hints, exit codes | none |
//! | [`timing`] | backoff, rate limits, percentiles; no I/O | none |
//! | [`report`] | events that engines report, the `Reporter` that gets them, and the parts of their text; the log without a console | `error` |
//! | [`outbox`] | the event envelope, and the formats in which captured changes travel; pure | none |
//! | [`pipelines`] | the pipelines as plain data: stacks, order, parameters, routes, cost | `aws`, `error`, `outbox`, `settings` |
//! | [`aws`] | SDK configuration, clients, packaging, control of DMS tasks, the outbox item in DynamoDB | `error`, `outbox`, `report`, `settings`, `timing` |
//! | [`postgres`] | verified TLS, schema, administrative requests, the replication protocol | `error`, `outbox`, `settings`, `timing` |
//! | [`cloudformation`] | change sets, events, waiting, the stack graph; the same stacks as files for other tools | `aws`, `error`, `outbox`, `pipelines`, `report`, `settings` |
//! | [`deployment`] | a deployed pipeline in use: its outputs, its database, readers of its stops, writers of sample events | `aws`, `cloudformation`, `consumer`, `error`, `outbox`, `pipelines`, `postgres`, `report`, `settings`, `streams`, `timing` |
//! | [`streams`] | readers of Kinesis, DynamoDB Streams, the bus, the event log and the processed log | `aws`, `error`, `outbox`, `pipelines`, `postgres`, `report`, `timing` |
//! | [`functions`] | the Lambda functions: API writers, publishers, in-VPC administration | `aws`, `error`, `outbox`, `postgres`, `report`, `settings`, `timing` |
//! | [`consumer`] | `consume`: leases, shard readers, handlers, checkpoints | `aws`, `error`, `outbox`, `postgres`, `report`, `streams`, `timing` |
//! | [`verify`] | writing events, watching every hop, matching | `deployment`, `error`, `outbox`, `pipelines`, `report`, `streams` |
//! | [`repair`] | dead letters, reconcile, replay, purge | `aws`, `deployment`, `error`, `outbox`, `pipelines`, `postgres`, `timing` |
//! | [`doctor`] | checks of machine, account and deployment, each with its remedy; the picture of a pipeline | `aws`, `cloudformation`, `deployment`, `error`, `functions`, `pipelines`, `postgres`, `report`, `settings`, `streams` |
//! | [`ui`] | the web page and its server | `aws`, `consumer`, `deployment`, `error`, `listener`, `outbox`, `pipelines`, `postgres`, `repair`, `settings`, `streams`, `timing` |
//! | [`local`] | the local stack: PostgreSQL, AWS emulator, gateway, DMS, event source mappings | `aws`, `error`, `listener`, `outbox`, `postgres`, `report`, `settings`, `streams`, `timing` |
//! | [`listener`] | the shared parts of the HTTP servers on this machine: origin checks, limits, secrets | `error`, `settings` |

mod aws;
mod cli;
mod cloudformation;
mod commands;
mod consumer;
mod deployment;
mod doctor;
mod error;
mod functions;
mod listener;
mod local;
mod outbox;
mod output;
mod pipelines;
mod postgres;
mod repair;
mod report;
mod settings;
mod streams;
mod timing;
mod ui;
mod verify;

#[doc(hidden)]
pub mod internals;

/// Runs the mode in which the process was started, and returns its exit code: a Lambda function if Lambda's runtime set
/// `AWS_LAMBDA_RUNTIME_API`, otherwise the CLI.
pub fn main() -> std::process::ExitCode {
    if settings::environment::raw("AWS_LAMBDA_RUNTIME_API").is_some() { functions::main() } else { cli::main() }
}
