//! A store in memory that keeps the marks, and fails on request.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use uuid::Uuid;

use crate::base::error::{Error, Kind, Result};
use crate::consumer::store::Store;
use crate::postgres::{Failure, Mark};

#[derive(Clone, Default)]
pub struct Kept(pub Arc<Mutex<Inner>>);

#[derive(Default)]
pub struct Inner {
    pub marks: Vec<Mark>,
    pub known: HashSet<Uuid>,
    pub failures: Vec<Failure>,
    /// Number of statements that do not reach the database at first.
    pub faults: usize,
    /// Number of further statements that end in an error of the database.
    pub refusals: usize,
}

impl Kept {
    fn statement<T>(&self, run: impl FnOnce(&mut Inner) -> T) -> Result<T> {
        let mut inner = self.0.lock();
        if inner.faults > 0 {
            inner.faults -= 1;
            return Err(Error::new(Kind::DatabaseUnreachable, "cut"));
        }
        if inner.refusals > 0 {
            inner.refusals -= 1;
            return Err(Error::new(Kind::Failed, "deadlock detected"));
        }
        Ok(run(&mut inner))
    }

    /// Returns whether a record was processed or stored as a failure.
    pub fn is_done(&self, shard: &str, number: u64, data: &[u8]) -> bool {
        let inner = self.0.lock();
        let id =
            serde_json::from_slice::<Value>(data).ok().and_then(|record| record["data"]["id"].as_str()?.parse().ok());
        let kept = |failure: &Failure| {
            failure.delivery.shard_id == shard && failure.delivery.sequence_number == number.to_string()
        };
        id.is_some_and(|id: Uuid| inner.known.contains(&id)) || inner.failures.iter().any(kept)
    }

    pub fn sequences(&self) -> BTreeMap<String, Vec<i64>> {
        let mut by_aggregate: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        for mark in &self.0.lock().marks {
            by_aggregate.entry(mark.aggregate_id.clone()).or_default().push(mark.sequence.expect("a sequence"));
        }
        by_aggregate
    }
}

impl Store for Kept {
    async fn known(&self, events: &[Uuid]) -> Result<HashSet<Uuid>> {
        self.statement(|inner| events.iter().filter(|id| inner.known.contains(id)).copied().collect())
    }

    async fn mark(&self, marks: &[Mark]) -> Result<HashSet<Uuid>> {
        self.statement(|inner| {
            let fresh: Vec<Mark> = marks.iter().filter(|mark| inner.known.insert(mark.event_id)).cloned().collect();
            let ids = fresh.iter().map(|mark| mark.event_id).collect();
            inner.marks.extend(fresh);
            ids
        })
    }

    async fn fail(&self, failure: &Failure) -> Result<()> {
        self.statement(|inner| {
            inner.known.extend(failure.event.as_ref().map(|event| event.event_id));
            inner.failures.push(failure.clone());
        })
    }
}
