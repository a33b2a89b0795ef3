//! The HTTP API: API Gateway's payload format 2.0 in and out, errors as RFC 9457 problems.
//!
//! `request.rs` is what every route does with a request, `fields.rs` with its body's fields, `problem.rs` its errors;
//! `store.rs` and `lines.rs` are what the DynamoDB routes share. `writer.rs` is what the PostgreSQL routes share. The
//! rest are the sample routes, a file each.

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
