//! SDK configuration and clients. Imports `error` and `settings`.

mod access_key;
pub mod account;
pub mod api_gateway;
pub mod buckets;
mod clients;
pub mod clock;
pub mod databases;
pub mod endpoint;
pub mod function;
pub mod health;
pub mod log_groups;
pub mod package;
pub mod rds_token;
pub mod stream;

pub use access_key::AccessKey;
pub use clients::{Clients, LocalEndpoint};
