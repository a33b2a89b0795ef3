//! The parsers alone, from the sources of the main package: they are pure, so they build here in a minute and
//! instrumented throughout, without the AWS SDKs. The modules have the places that they have there.
#![allow(dead_code, unused_imports, unused_macros)] // only parts of each module are fuzzed

#[path = "../../../src/outbox/mod.rs"]
pub mod outbox;
pub mod pipelines;
pub mod postgres;
pub mod repair;
pub mod streams;
