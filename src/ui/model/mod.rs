//! Everything the page knows, bounded: the newest events with their paths, counts by step, and the newest rows.
//!
//! Writers are the tasks of `watch`; readers are requests. One lock, held for microseconds; every change gets a number,
//! so that a live connection sends only what is new to it.

mod consumers;
mod counts;
mod hops;
mod picture;
mod seen;
mod tables;
mod trace;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

pub use consumers::{Consumers, Member};
pub use counts::Quantiles;
pub use hops::{Layout, Step};
pub use picture::Picture;
pub use tables::{DeadLetter, Fill, ROWS, Tables};
pub use trace::{Detail, Trace};

use crate::aws::health::Health;
use crate::deployment::Deployment;
use crate::pipelines::{Output, Part};
use crate::postgres::admin::Earlier;
use crate::settings::Place;
use crate::ui::Options;
use counts::{Counts, Histogram};
use seen::Seen;

/// Events whose whole path is kept.
const TRACES: usize = 2_000;

/// How one of the page's sources is doing.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    pub name: &'static str,
    pub ok: bool,
    /// Why it gives nothing at the moment.
    pub error: Option<String>,
    /// When it last gave something, or failed.
    pub at: DateTime<Utc>,
}

/// What is known of the pipeline from its start to now.
pub struct Model {
    pub layout: Layout,
    pub head: Head,
    place: Place,
    state: Mutex<State>,
}

/// What does not change while the page is open.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Head {
    pub pipeline: &'static str,
    pub title: &'static str,
    pub stage: String,
    /// What leads a command of outboxctl to the same place, with a blank before it where there is any.
    pub flags: String,
    pub local: bool,
    pub writable: bool,
    /// Whether events come from an outbox table, whose rows the page can list.
    pub outbox_table: bool,
    /// The form that the page offers: what one sample is called, or none.
    pub form: Option<&'static str>,
    pub version: &'static str,
    /// Events from here on are counted; null counts from the beginning of what is kept.
    pub since: Option<DateTime<Utc>>,
}

/// What changes.
#[derive(Default)]
pub struct State {
    /// Counts up with every change.
    pub version: u64,
    traces: BTreeMap<Uuid, Trace>,
    order: VecDeque<Uuid>,
    seen: Seen,
    counts: Counts,
    /// From commit to the good end.
    delays: Histogram,
    pub tables: Tables,
    pub health: Vec<Health>,
    /// None where the pipeline has no consumer of its own, or before the first look.
    pub consumers: Option<Consumers>,
    pub sources: BTreeMap<&'static str, Source>,
    /// Commit time of the newest event that was seen in the stream.
    pub captured_until: Option<DateTime<Utc>>,
}

impl Model {
    pub fn new(deployment: &Deployment, options: &Options) -> Self {
        let pipeline = deployment.pipeline;
        let has = |output: Output| deployment.output(output).is_ok();
        let origin = pipeline.origin();
        Self {
            layout: Layout::of(pipeline),
            head: Head {
                pipeline: pipeline.name,
                title: pipeline.title,
                stage: deployment.stage.clone(),
                flags: options.place.flags(),
                local: options.local,
                writable: options.writable,
                outbox_table: origin.part != Part::Table && has(origin.output),
                form: has(Output::ApiUrl).then_some(pipeline.route.sample.one()),
                version: env!("CARGO_PKG_VERSION"),
                since: options.from.since(Utc::now()),
            },
            place: options.place.clone(),
            state: Mutex::default(),
        }
    }

    /// A poisoned lock is taken all the same: what it holds are counters and lists, each whole at any time.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The picture of the flow now.
    pub fn picture(&self) -> Picture {
        let state = self.lock();
        let mut picture = Picture::of(self, &state, Utc::now());
        // The page shows its own notes without the backticks.
        picture.stages.iter_mut().for_each(|stage| stage.note = self.place.fill(&stage.note).replace('`', ""));
        for error in picture.sources.iter_mut().filter_map(|source| source.error.as_mut()) {
            *error = self.place.fill(error).into_owned();
        }
        picture
    }
}

impl State {
    /// Records that an event has come so far. `fill` adds what is known of it there.
    pub fn see(&mut self, id: Uuid, step: Step, at: DateTime<Utc>, fill: impl FnOnce(&mut Trace)) {
        self.version += 1;
        let version = self.version;
        let trace = self.traces.entry(id).or_insert_with(|| {
            self.order.push_back(id);
            Trace::new(id)
        });
        fill(trace);
        trace.reach(step, at);
        trace.version = version;
        // A step implies those before it; the first observation of each counts.
        let new = self.seen.mark(id, step);
        // What was given up and then sent again is not lost any more.
        if new.contains(&Step::Delivered) && self.seen.has(id, Step::Failed) {
            self.counts.take_back(Step::Failed);
        }
        for new in &new {
            self.counts.count(*new, trace.at(*new), at);
        }
        if let Some(whole) = trace.whole().filter(|_| new.contains(&Step::Delivered)) {
            self.delays.add(whole);
        }
        if step.is_last() && !new.contains(&step) {
            trace.redelivered += 1;
        }
        while self.order.len() > TRACES {
            if let Some(oldest) = self.order.pop_front() {
                self.traces.remove(&oldest);
            }
        }
    }

    /// Events that were processed before those that are followed one by one.
    pub fn add_earlier(&mut self, earlier: Earlier) {
        self.counts.add(Step::Delivered, earlier.succeeded, earlier.more);
        self.counts.add(Step::Failed, earlier.failed, earlier.more);
    }

    /// Whether the event was seen at this step, or at one that implies it.
    pub fn has_seen(&self, id: Uuid, step: Step) -> bool {
        self.seen.has(id, step)
    }

    pub fn trace(&self, id: Uuid) -> Option<&Trace> {
        self.traces.get(&id)
    }

    /// Traces that changed after `version`, the newest `limit` of them, newest first.
    pub fn changed(&self, version: u64, limit: usize) -> Vec<&Trace> {
        let mut changed: Vec<&Trace> = self.traces.values().filter(|trace| trace.version > version).collect();
        changed.sort_unstable_by_key(|trace| std::cmp::Reverse(trace.order()));
        changed.truncate(limit);
        changed
    }

    /// The events that were met last.
    fn newest(&self, limit: usize) -> Vec<&Trace> {
        self.order.iter().rev().take(limit).filter_map(|id| self.traces.get(id)).collect()
    }

    /// How a source is doing; a change of its word is a change.
    pub fn source(&mut self, name: &'static str, error: Option<String>) {
        if self.sources.get(name).is_none_or(|source| source.error != error) {
            self.version += 1;
        }
        self.sources.insert(name, Source { name, ok: error.is_none(), error, at: Utc::now() });
    }
}

#[cfg(test)]
pub mod tests;
