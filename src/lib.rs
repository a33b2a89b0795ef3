//! `outboxctl`: stand up a transactional outbox pipeline on AWS, drive it, and prove that what was committed is what
//! was delivered.
//!
//! # The map
//!
//! One executable, three modes: the CLI ([`cli`]), every Lambda function of a pipeline ([`lambda`]), and the local
//! stack ([`sandbox`]). Each folder is a room; the first lines of its `mod.rs` say what lives there and which rooms it
//! may import. `tests/it/architecture.rs` holds the imports against this table.
//!
//! | room | what lives there | imports |
//! |---|---|---|
//! | [`cli`] | arguments, dispatch, the final error | everything |
//! | [`commands`] | one file a command: arguments and the steps, no SDK calls, no printing | every room but `cli` |
//! | [`pipelines`] | the pipelines as plain data: stacks, order, parameters | `dms`, `error` |
//! | [`cloudformation`] | change sets, events, waiting, the stack graph | `aws`, `error`, `output`, `pipelines`, `settings` |
//! | [`postgres`] | verified TLS, schema, samples, the replication protocol | `environment`, `error`, `outbox` |
//! | [`database`] | running administrative requests directly or in the admin function | `aws`, `cloudformation`, `error`, `postgres` |
//! | [`samples`] | writing sample events, into the database, through the API or into the outbox alone | `aws`, `cloudformation`, `database`, `dynamodb`, `error`, `outbox`, `postgres` |
//! | [`verify`] | writing, watching and matching, hop by hop | `aws`, `cloudformation`, `database`, `error`, `output`, `pipelines`, `postgres`, `samples`, `streams` |
//! | [`committed`] | an outbox table or an event log, read in the order of its aggregates | `aws`, `cloudformation`, `database`, `dynamodb`, `error`, `outbox`, `postgres` |
//! | [`deadletters`] | what could not be delivered: looking at it, sending it again | `aws`, `cloudformation`, `database`, `dms`, `dynamodb`, `error`, `outbox`, `postgres`, `redelivery` |
//! | [`purge`] | emptying a PostgreSQL outbox of what was delivered | `aws`, `committed`, `database`, `error`, `postgres`, `reconcile` |
//! | [`replay`] | delivering committed events again, marked | `committed`, `error`, `outbox`, `redelivery` |
//! | [`reconcile`] | what was committed against what was delivered, in bounded memory | `aws`, `committed`, `database`, `deadletters`, `error`, `outbox`, `postgres` |
//! | [`redelivery`] | handing records and events back to a pipeline, in order and at a rate | `aws`, `cloudformation`, `error`, `outbox` |
//! | [`ui`] | the web page: what is known, and the server that shows it | `aws`, `cloudformation`, `committed`, `consumer`, `database`, `deadletters`, `error`, `listener`, `outbox`, `pipelines`, `postgres`, `redelivery`, `settings`, `streams` |
//! | [`consumer`] | `consume`: leases, shard readers, effects, marks, checkpoints | `aws`, `dms`, `error`, `outbox`, `output`, `postgres`, `settings`, `streams` |
//! | [`cost`] | what a pipeline costs a month, from published prices | `error`, `pipelines`, `settings` |
//! | [`doctor`] | checks of machine, account and deployment, each with its remedy; the picture of a pipeline | `aws`, `cloudformation`, `consumer`, `database`, `dms`, `error`, `lambda`, `output`, `pipelines`, `postgres`, `settings`, `streams` |
//! | [`dms`] | task control, the record format (pure), which engine supports which source | `aws`, `error`, `outbox`, `output` |
//! | [`dynamodb`] | the outbox item, the transaction that writes it, change records, their stream and what they mean | `error`, `outbox` |
//! | [`lambda`] | the functions: API writer, publisher, in-VPC admin | `aws`, `dms`, `dynamodb`, `environment`, `error`, `log`, `outbox`, `postgres` |
//! | [`streams`] | readers of Kinesis, the bus, the event log and the processed log | `aws`, `database`, `dms`, `dynamodb`, `error`, `outbox`, `output`, `postgres` |
//! | [`sandbox`] | the local stack: PostgreSQL, emulator, gateway, replicator, pollers | `aws`, `dms`, `dynamodb`, `environment`, `error`, `listener`, `log`, `outbox`, `output`, `postgres` |
//! | [`aws`] | SDK configuration, clients, packaging | `environment`, `error`, `settings` |
//! | [`listener`] | what HTTP servers on this machine share: who may ask, limits, secrets | `aws`, `error` |
//! | [`explain`] | long texts: concepts, how-tos, what errors mean | `error` |
//! | [`environment`] | the one reader of environment variables | `error` |
//! | [`log`] | the log of daemons and functions | `environment` |
//! | [`outbox`] | the event envelope, ids | `error` |
//! | [`settings`] | flags, environment and `outboxctl.toml` merged | `environment`, `error` |
//! | [`output`] | typed events and their renderers, tables, NDJSON | `environment`, `error`, `settings` |
//! | [`error`] | kinds, hints, exit codes | none |

pub mod aws;
pub mod cli;
pub mod cloudformation;
pub mod commands;
pub mod committed;
pub mod consumer;
pub mod context;
pub mod cost;
pub mod database;
pub mod deadletters;
pub mod dms;
pub mod doctor;
pub mod dynamodb;
pub mod environment;
pub mod error;
pub mod explain;
pub mod lambda;
pub mod listener;
pub mod log;
pub mod outbox;
pub mod output;
pub mod pipelines;
pub mod postgres;
pub mod purge;
pub mod reconcile;
pub mod redelivery;
pub mod replay;
pub mod samples;
pub mod sandbox;
pub mod settings;
pub mod streams;
pub mod ui;
pub mod verify;
