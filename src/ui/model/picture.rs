//! The flow at a glance, for `/api/pipeline` and the page's picture.

use std::time::Instant;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::counts::{Class, Quantiles, WINDOW};
use super::{Condition, Consumers, Fill, Head, Model, Source, State, Step, Stop};
use crate::deployment::Health;
use crate::postgres::admin::{REBUILD, Slot, SlotTrouble};

/// The resource that reads the replication slot.
const TASK: &str = "capture task";
/// Number of events, the newest, from which latencies are computed.
const MEASURED: usize = 500;

#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    #[serde(flatten)]
    pub head: Head,
    pub now: DateTime<Utc>,
    pub stages: Vec<Stage>,
    /// From commit to delivery, in milliseconds.
    pub latency: Option<Quantiles>,
    /// Latencies from commit to delivery, since the page started.
    pub histogram: Vec<Class>,
    /// Sum of these latencies, in milliseconds.
    #[serde(skip)]
    pub delay_sum: f64,
    /// Failed events and records.
    pub failures: u64,
    pub outbox: Option<Fill>,
    pub slots: Vec<Slot>,
    /// Null if the pipeline does not include a consumer.
    pub consumers: Option<Consumers>,
    pub resources: Vec<Health>,
    pub sources: Vec<Source>,
}

/// One hop.
#[derive(Debug, Clone, Serialize)]
pub struct Stage {
    #[serde(flatten)]
    pub stop: Stop,
    /// Distinct events seen here since the page started.
    pub count: u64,
    /// Indicates whether there are more than `count`, which stops at 100,000.
    pub more: bool,
    /// Events per second, over the last ten seconds.
    pub rate: f64,
    /// Events in each of the last 60 seconds.
    pub curve: Vec<u32>,
    /// From the previous hop, in milliseconds.
    pub latency: Option<Quantiles>,
    /// Events that passed the previous hop but not this one.
    pub waiting: u64,
    pub state: Condition,
    /// The condition as text.
    pub note: String,
}

impl Picture {
    pub fn of(model: &Model, state: &State, now: DateTime<Utc>) -> Self {
        let counts = &state.counts;
        let newest = state.newest(MEASURED);
        let mut before: Option<Step> = None;
        let stages = model.stops.iter().map(|stop| {
            let curve = counts.curve(stop.step, now);
            let recent: u32 = curve[WINDOW - 10..].iter().sum();
            let waiting = before.map_or(0, |before| waiting(state, before, stop.step));
            before = Some(stop.step);
            let (condition, note) = match &state.consumers {
                Some(consumers) if stop.step.is_last() => consumers.condition(),
                _ => slot_trouble(stop, state).unwrap_or_else(|| condition(stop, &state.health)),
            };
            Stage {
                stop: stop.clone(),
                count: counts.total(stop.step),
                more: counts.has_more(stop.step),
                rate: f64::from(recent) / 10.0,
                curve,
                latency: Quantiles::of(newest.iter().filter_map(|trace| trace.span_to(stop.step))),
                waiting,
                state: condition,
                note,
            }
        });
        Self {
            head: model.head.clone(),
            now,
            stages: stages.collect(),
            latency: Quantiles::of(newest.iter().filter_map(|trace| trace.whole())),
            histogram: state.delays.classes(),
            delay_sum: state.delays.sum(),
            failures: state.failures(),
            outbox: state.tables.fill(),
            slots: state.tables.slots.clone(),
            consumers: state.consumers.clone(),
            resources: state.health.clone(),
            sources: state.sources(Instant::now()),
        }
    }
}

impl State {
    pub fn failures(&self) -> u64 {
        let tables = &self.tables;
        (tables.dead_letters_total + tables.dead_letters_queued + tables.failures_total) as u64
    }
}

/// Returns the number of waiting events. For the capture the database has the exact number, including events that this
/// page has never seen.
fn waiting(state: &State, before: Step, step: Step) -> u64 {
    let uncaptured = state.tables.fill.as_ref().and_then(|fill| fill.uncaptured);
    match (step, uncaptured) {
        (Step::Captured, Some(rows)) => rows.unsigned_abs(),
        _ => {
            let gone = if step.is_last() { state.counts.total(Step::Failed) } else { 0 };
            state.counts.total(before).saturating_sub(state.counts.total(step) + gone)
        }
    }
}

/// Returns the condition of a capture without its slot, with the remedy. DMS itself reports it only after its next
/// attempt to read.
fn slot_trouble(stop: &Stop, state: &State) -> Option<(Condition, String)> {
    let is_capture = stop.resources.contains(&TASK);
    // Only once the database was queried.
    let is_needed = is_capture && state.slot.needed && state.tables.fill.is_some();
    let find = || SlotTrouble::find(&state.tables.slots, state.slot.named.as_deref(), state.slot.plugin);
    let trouble = is_needed.then(find).flatten()?;
    Some((Condition::Bad, format!("{trouble}. {REBUILD}")))
}

/// Returns the command that starts a resource, after a colon; empty if none does.
fn remedy(resource: &Health) -> &'static str {
    match (resource.what, resource.state.as_str()) {
        (TASK, "stopped" | "ready") => ": run `outboxctl dms start`",
        (TASK, "failed") => ": run `outboxctl dms status`, which shows the cause",
        _ => "",
    }
}

/// Returns the worst condition of its resources.
fn condition(stop: &Stop, health: &[Health]) -> (Condition, String) {
    let mut worst = (Condition::Good, String::new());
    for resource in health.iter().filter(|resource| stop.resources.contains(&resource.what)) {
        let condition = match resource.state.as_str() {
            "available" | "running" | "active" | "enabled" => Condition::Good,
            "stopped" | "failed" | "gone" | "inactive" | "disabled" => Condition::Bad,
            _ => Condition::Unsure,
        };
        let rank = |condition: Condition| condition as u8;
        if worst.1.is_empty() || rank(condition) > rank(worst.0) {
            worst = (condition, format!("{} {}{}", resource.what, resource.state, remedy(resource)));
        }
    }
    worst
}
