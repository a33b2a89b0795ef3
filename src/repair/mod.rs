//! Repair of deliveries: finding events that are missing, and delivering them again. Imports `aws`, `base`,
//! `deployment`, `outbox`, `pipelines` and `postgres`.
//!
//! `source/` reads an outbox table or an event log in the order of its aggregates; `delivery/` sends records and events
//! to a pipeline again, in order and at a rate; `dead_letters/` reads and redelivers undelivered records;
//! `reconcile/` compares committed with delivered events; `replay/` delivers committed events again, marked
//! as replayed; `purge/` deletes delivered rows from a PostgreSQL outbox.

pub mod dead_letters;
pub mod delivery;
pub mod purge;
pub mod reconcile;
pub mod replay;
pub mod source;
mod temporary;
