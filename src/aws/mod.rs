//! SDK configuration and clients. Imports `environment`, `error` and `settings`.

pub mod account;
pub mod api_gateway;
pub mod buckets;
mod clients;
pub mod clock;
mod credentials;
pub mod databases;
pub mod endpoint;
pub mod health;
pub mod package;
pub mod rds_token;
mod service_endpoint;
pub mod stream;
mod transport;
pub mod trust;

pub use clients::{Clients, LocalEndpoint, configured_region};
