//! The bounded model of the page: the newest events with their paths, counts by step, and the newest rows.
//!
//! The tasks of `watch` write, and requests read. One lock, held for microseconds; every change gets a number, so that
//! a live connection sends only changes that are new to it.

mod consumers;
mod counts;
mod hops;
mod picture;
mod seen;
mod tables;
mod trace;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use parking_lot::{Mutex, MutexGuard};
use serde::Serialize;
use uuid::Uuid;

pub use consumers::{Consumers, Member};
pub use counts::Quantiles;
pub use hops::{Step, Stop};
pub use picture::Picture;
pub use tables::{DeadLetter, Fill, ROWS, Tables};
pub use trace::{Detail, Trace};

use crate::aws::dms::SlotUse;
use crate::deployment::Deployment;
use crate::deployment::Health;
use crate::pipelines::{Output, Part};
use crate::postgres::admin::Earlier;
use crate::settings::Place;
use crate::ui::Options;
use counts::{Counts, Histogram};
use seen::Seen;

/// Maximum events whose whole path is kept.
const TRACES: usize = 2_000;

/// Time without a response after which the data of a source counts as outdated.
const SILENT: Duration = Duration::from_secs(10);

/// The state of one of the page's sources.
#[derive(Debug, Clone, Serialize)]
pub struct Source {
    pub name: &'static str,
    pub ok: bool,
    /// The current error, if any.
    pub error: Option<String>,
    /// Time of its last success or failure.
    pub at: DateTime<Utc>,
}

/// The condition of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    Good,
    /// In progress, or unknown.
    Unsure,
    Bad,
}

/// The state of the pipeline since the page started.
pub struct Model {
    /// The hops of the pipeline.
    pub stops: Vec<Stop>,
    pub head: Head,
    place: Place,
    state: Mutex<State>,
}

/// Properties that are constant while the page is open.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Head {
    pub pipeline: &'static str,
    pub title: &'static str,
    pub stage: String,
    /// Flags that lead a command of outboxctl to the same pipeline, with a leading blank if there are any.
    pub flags: String,
    pub local: bool,
    pub writable: bool,
    /// Indicates whether events come from an outbox table, whose rows the page can list.
    pub outbox_table: bool,
    /// The form of the page, by the name of one sample, if there is any.
    pub form: Option<&'static str>,
    pub version: &'static str,
    /// Start of counting; null counts from the beginning of the kept data.
    pub since: Option<DateTime<Utc>>,
}

/// The changing data.
#[derive(Default)]
pub struct State {
    /// Number of the last change.
    pub version: u64,
    traces: BTreeMap<Uuid, Trace>,
    order: VecDeque<Uuid>,
    seen: Seen,
    counts: Counts,
    /// From commit to delivery.
    delays: Histogram,
    pub tables: Tables,
    pub health: Vec<Health>,
    /// The slot that the capture needs.
    pub slot: SlotUse,
    /// `None` if the pipeline does not include a consumer, or before the first query.
    pub consumers: Option<Consumers>,
    sources: BTreeMap<&'static str, Source>,
    /// Sources with a request in progress, and its start.
    asked: BTreeMap<&'static str, Instant>,
    /// Commit time of the newest event seen in the stream.
    pub captured_until: Option<DateTime<Utc>>,
}

impl Model {
    pub fn new(deployment: &Deployment, options: &Options) -> Self {
        let pipeline = deployment.pipeline;
        let has = |output: Output| deployment.output(output).is_ok();
        let origin = pipeline.origin();
        Self {
            stops: hops::stops(pipeline),
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

    /// Locks the state. A poisoned lock is used all the same: the counters and lists are valid at any time.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Returns the current picture of the flow.
    pub fn picture(&self) -> Picture {
        let state = self.lock();
        let mut picture = Picture::of(self, &state, Utc::now());
        // The page shows notes without their backticks.
        picture.stages.iter_mut().for_each(|stage| stage.note = self.place.fill(&stage.note).replace('`', ""));
        for error in picture.sources.iter_mut().filter_map(|source| source.error.as_mut()) {
            *error = self.place.fill(error).into_owned();
        }
        picture
    }
}

impl State {
    /// Records that an event has reached a step. `fill` adds the details known there.
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
        // A failed event that was sent again is no longer lost.
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

    /// Records a change of the tables.
    pub fn tables_changed(&mut self) {
        self.version += 1;
        self.tables.version = self.version;
    }

    /// Adds events that were processed before those that are followed individually.
    pub fn add_earlier(&mut self, earlier: Earlier) {
        self.counts.add(Step::Delivered, earlier.succeeded, earlier.more);
        self.counts.add(Step::Failed, earlier.failed, earlier.more);
    }

    /// Returns whether the event was seen at this step, or at one that implies it.
    pub fn has_seen(&self, id: Uuid, step: Step) -> bool {
        self.seen.has(id, step)
    }

    pub fn trace(&self, id: Uuid) -> Option<&Trace> {
        self.traces.get(&id)
    }

    /// Returns the traces that changed after `version`, the newest `limit` of them, newest first.
    pub fn changed(&self, version: u64, limit: usize) -> Vec<&Trace> {
        let mut changed: Vec<&Trace> = self.traces.values().filter(|trace| trace.version > version).collect();
        changed.sort_unstable_by_key(|trace| std::cmp::Reverse(trace.order()));
        changed.truncate(limit);
        changed
    }

    /// Returns the latest events.
    fn newest(&self, limit: usize) -> Vec<&Trace> {
        self.order.iter().rev().take(limit).filter_map(|id| self.traces.get(id)).collect()
    }

    /// Records the start of a request to a source.
    pub fn ask(&mut self, name: &'static str) {
        self.asked.insert(name, Instant::now());
    }

    /// Returns the state of each source at `now`. A source that has not responded for [`SILENT`] has an error.
    pub fn sources(&self, now: Instant) -> Vec<Source> {
        let mut sources = self.sources.clone();
        for (name, _) in self.asked.iter().filter(|(_, since)| now.duration_since(**since) >= SILENT) {
            let seconds = SILENT.as_secs();
            let mut error = format!("a request has been waiting for more than {seconds} s");
            if let Some(known) = sources.get(name) {
                error.push_str(&known.at.format("; the data is from %Y-%m-%d %H:%M:%S UTC").to_string());
            }
            let at = sources.get(name).map_or_else(Utc::now, |known| known.at);
            sources.insert(name, Source { name, ok: false, error: Some(error), at });
        }
        sources.into_values().collect()
    }

    /// Sets the state of a source after its response; a different text is a change.
    pub fn source(&mut self, name: &'static str, error: Option<String>) {
        self.asked.remove(name);
        if self.sources.get(name).is_none_or(|source| source.error != error) {
            self.version += 1;
        }
        self.sources.insert(name, Source { name, ok: error.is_none(), error, at: Utc::now() });
    }
}

#[cfg(test)]
pub mod tests;
