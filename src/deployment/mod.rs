//! A deployed pipeline in use: access to its database, and writers of sample events. Imports `aws`, `cloudformation`,
//! `dynamodb`, `error`, `outbox` and `postgres`.

pub mod database;
pub mod samples;
