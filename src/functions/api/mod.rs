//! The HTTP API: requests and responses in API Gateway's payload format 2.0, errors as RFC 9457 problems.
//!
//! `request.rs` reads a request, `fields.rs` the fields of its body, and `problem.rs` has the errors, for all routes;
//! `store.rs`, `aggregates.rs` and `lines.rs` are shared by the DynamoDB routes, and `writer.rs` by the PostgreSQL routes. The other
//! files are the sample routes, one each.

pub mod aggregates;
pub mod cars;
pub mod cart;
mod fields;
mod lines;
pub mod orders;
pub mod people;
mod problem;
mod request;
mod store;
pub mod users;
pub mod writer;
