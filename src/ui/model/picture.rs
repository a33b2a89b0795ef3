//! The flow in one look: what `/api/pipeline` and the page's picture show.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::counts::{Class, Quantiles, WINDOW};
use super::hops::Stop;
use super::{Consumers, Fill, Head, Model, Source, State, Step};
use crate::aws::health::Health;
use crate::postgres::admin::Slot;

/// The resource that reads the replication slot.
const TASK: &str = "capture task";
/// Events that latencies are taken of: the newest.
const MEASURED: usize = 500;

#[derive(Debug, Clone, Serialize)]
pub struct Picture {
    #[serde(flatten)]
    pub head: Head,
    pub now: DateTime<Utc>,
    pub stages: Vec<Stage>,
    /// From commit to the good end, in milliseconds.
    pub latency: Option<Quantiles>,
    /// How many events took how long from commit to the good end, since the page began to look.
    pub histogram: Vec<Class>,
    /// Of all of these, in milliseconds.
    #[serde(skip)]
    pub delay_sum: f64,
    /// Events and records given up.
    pub failures: u64,
    pub outbox: Option<Fill>,
    pub slots: Vec<Slot>,
    /// Null where the pipeline has no consumer of its own.
    pub consumers: Option<Consumers>,
    pub resources: Vec<Health>,
    pub sources: Vec<Source>,
}

/// One hop.
#[derive(Debug, Clone, Serialize)]
pub struct Stage {
    #[serde(flatten)]
    pub stop: Stop,
    /// Different events seen here since the page began to look.
    pub count: u64,
    /// There are more than `count`, which stops at 100,000.
    pub more: bool,
    /// Events a second, over the last ten seconds.
    pub rate: f64,
    /// Events in each of the last 60 seconds.
    pub curve: Vec<u32>,
    /// From the hop before, in milliseconds.
    pub latency: Option<Quantiles>,
    /// Events that passed the hop before and not yet this one.
    pub waiting: u64,
    pub state: Condition,
    /// The condition in words.
    pub note: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    Good,
    /// Something is under way, or can't be known.
    Unsure,
    Bad,
}

impl Picture {
    pub fn of(model: &Model, state: &State, now: DateTime<Utc>) -> Self {
        let counts = &state.counts;
        let newest = state.newest(MEASURED);
        let mut before: Option<Step> = None;
        let stages = model.layout.stops.iter().map(|stop| {
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
            sources: state.sources.values().cloned().collect(),
        }
    }
}

impl State {
    pub fn failures(&self) -> u64 {
        let tables = &self.tables;
        (tables.dead_letters_total + tables.dead_letters_queued + tables.given_up_total) as u64
    }
}

/// What the capture has not read the database knows best: it also counts what this page has never seen.
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

/// The capture without its position: DMS itself reports that only after its next attempt to read.
fn slot_trouble(stop: &Stop, state: &State) -> Option<(Condition, String)> {
    let task = state.health.iter().find(|resource| stop.resources.contains(&resource.what) && resource.what == TASK)?;
    let lost = state.tables.slots.iter().find(|slot| slot.wal_status.as_deref() == Some("lost"));
    match lost {
        Some(slot) => Some((Condition::Bad, format!("replication slot {} is lost", slot.name))),
        // The database was asked, and has none.
        None if task.state == "running" && state.tables.fill.is_some() && state.tables.slots.is_empty() => {
            Some((Condition::Bad, "the database has no replication slot".into()))
        }
        None => None,
    }
}

/// The worst of its resources.
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
            worst = (condition, format!("{} {}", resource.what, resource.state));
        }
    }
    worst
}
