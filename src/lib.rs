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
//! | [`cli`] | the definition of the command line, dispatch, signals, the final error | `base`, `commands`, `output`, `settings` |
//! | [`commands`] | one file for each command: its arguments and its steps; no SDK calls, no printing | every room but `cli` |
//! | [`settings`] | flags, environment variables and `outboxctl.toml` merged; the one reader of environment variables | `base`, `outbox` |
//! | [`output`] | the console: renderers of events, tables, NDJSON | `base`, `settings` |
//! | [`base`] | the parts that every room uses: errors with hints and exit codes; the events that engines report and the `Reporter` that gets them; waits and rates | none |
//! | [`outbox`] | the event envelope, and the formats in which captured changes travel; pure | none |
//! | [`pipelines`] | the pipelines as plain data: stacks, order, parameters, routes, cost | `aws`, `base`, `outbox`, `settings` |
//! | [`aws`] | SDK configuration, clients, packaging, control of DMS tasks, the outbox item in DynamoDB | `base`, `outbox`, `settings` |
//! | [`postgres`] | verified TLS, schema, administrative requests, the replication protocol | `base`, `outbox`, `settings` |
//! | [`cloudformation`] | change sets, events, waiting, the stack graph; the same stacks as files for other tools | `aws`, `base`, `outbox`, `pipelines`, `settings` |
//! | [`deployment`] | a deployed pipeline in use: its outputs, its database, readers of its stops, writers of sample events | `aws`, `base`, `cloudformation`, `consumer`, `outbox`, `pipelines`, `postgres`, `settings`, `streams` |
//! | [`streams`] | readers of Kinesis, DynamoDB Streams, the bus, the event log and the processed log | `aws`, `base`, `outbox`, `pipelines`, `postgres` |
//! | [`functions`] | the Lambda functions: API writers, publishers, in-VPC administration | `aws`, `base`, `outbox`, `postgres`, `settings` |
//! | [`consumer`] | `consume`: leases, shard readers, handlers, checkpoints | `aws`, `base`, `outbox`, `postgres`, `streams` |
//! | [`verify`] | writing events, watching every hop, matching | `base`, `deployment`, `outbox`, `pipelines`, `streams` |
//! | [`repair`] | dead letters, reconcile, replay, purge | `aws`, `base`, `deployment`, `outbox`, `pipelines`, `postgres` |
//! | [`doctor`] | checks of machine, account and deployment, each with its remedy; the picture of a pipeline | `aws`, `base`, `cloudformation`, `deployment`, `functions`, `pipelines`, `postgres`, `settings`, `streams` |
//! | [`ui`] | the web page and its server | `aws`, `base`, `consumer`, `deployment`, `listener`, `outbox`, `pipelines`, `postgres`, `repair`, `settings`, `streams` |
//! | [`local`] | the local stack: PostgreSQL, AWS emulator, gateway, DMS, event source mappings | `aws`, `base`, `listener`, `outbox`, `postgres`, `settings`, `streams` |
//! | [`listener`] | the shared parts of the HTTP servers on this machine: origin checks, limits, secrets | `base`, `settings` |

mod aws;
mod base;
mod cli;
mod cloudformation;
mod commands;
mod consumer;
mod deployment;
mod doctor;
mod functions;
mod listener;
mod local;
mod outbox;
mod output;
mod pipelines;
mod postgres;
mod repair;
mod settings;
mod streams;
mod ui;
mod verify;

#[doc(hidden)]
pub mod internals;

/// Runs the mode in which the process was started, and returns its exit code: a Lambda function if Lambda's runtime set
/// `AWS_LAMBDA_RUNTIME_API`, otherwise the CLI.
pub fn main() -> std::process::ExitCode {
    if settings::environment::raw("AWS_LAMBDA_RUNTIME_API").is_some() { functions::main() } else { cli::main() }
}
