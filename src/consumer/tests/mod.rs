//! Whole workers with a scripted stream, leases in memory, and a store that keeps the marks.

mod chaos;
mod failures;
mod scenarios;
mod store;
mod strict;
mod target;
mod world;
