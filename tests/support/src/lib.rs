//! Common support of the unit tests and the tests of the binary: scripted AWS services, the schemas of documents, and the
//! clock of a stack.
//!
//! The scripted services answer the real SDK over HTTP, for cases that no emulator has: requested errors, statuses in
//! the order of a script, denials. They do not use the crate under test, so that its unit tests can use them, too.

pub mod aws;
pub mod clock;
pub mod cloudformation;
pub mod dynamodb;
pub mod dynamodb_streams;
pub mod kinesis;
pub mod record;
pub mod schemas;
pub mod serve;

pub use serve::{Endpoint, operation};
