//! SDK configuration and clients, the package of the functions, control of DMS tasks, and the outbox in DynamoDB.
//! Imports `base`, `outbox` and `settings`.
//!
//! Start with `clients.rs`: one SDK configuration for the clients of all services. `dms/` controls the capture task,
//! `package/` builds and uploads the functions' code, and `dynamodb/` writes and reads outbox items. A function whose
//! comment names no errors fails with those of the services that it calls.

mod access_key;
pub mod account;
pub mod api_gateway;
pub mod arn;
pub mod buckets;
mod clients;
pub mod clock;
mod credentials;
pub mod databases;
pub mod dms;
pub mod dynamodb;
pub mod ec2;
pub mod endpoint;
pub mod event_source;
pub mod function;
mod https;
pub mod log_groups;
pub mod named;
pub mod package;
pub mod rds_token;
mod region;
mod service_endpoint;
mod signing;
pub mod stream;
mod transport;
pub mod trust;
pub mod upgrades;
mod xml;

pub use access_key::AccessKey;
pub use clients::{Clients, LocalEndpoint};
pub use https::{HttpsClient, https_client};
pub use region::configured_region;
