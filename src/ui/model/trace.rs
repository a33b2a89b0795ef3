//! One event's whole path.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::Step;

/// Characters of a payload that are kept.
const PAYLOAD: usize = 8_000;

/// What is known of one event. Serialised it is an element of `/api/events`' lists.
#[derive(Debug, Clone, Serialize)]
pub struct Trace {
    pub id: Uuid,
    pub event_type: Option<String>,
    pub aggregate_type: Option<String>,
    pub aggregate_id: Option<String>,
    pub sequence: Option<i64>,
    /// Step by step, in [`Step`]'s order.
    #[serde(flatten)]
    times: Times,
    /// `stream` has full seconds: DynamoDB tells no more of what was written before the page began to look.
    pub stream_rounded: bool,
    /// Deliveries seen at the last step beyond the first: at least once is what the pipeline promises.
    pub redelivered: u32,
    /// Why it was given up.
    pub failure: Option<String>,
    #[serde(skip)]
    pub detail: Detail,
    /// The change that touched it last.
    #[serde(skip)]
    pub version: u64,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Times {
    committed: Option<DateTime<Utc>>,
    captured: Option<DateTime<Utc>>,
    stream: Option<DateTime<Utc>>,
    delivered: Option<DateTime<Utc>>,
    failed: Option<DateTime<Utc>>,
}

/// What only the view of one event shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Detail {
    pub payload: Option<String>,
    pub shard: Option<String>,
    pub sequence_number: Option<String>,
    pub partition_key: Option<String>,
    pub stream_position: Option<String>,
    pub traceparent: Option<String>,
    pub bus_event_id: Option<String>,
    pub consumer: Option<String>,
    pub attempts: Option<i32>,
}

impl Trace {
    pub fn new(id: Uuid) -> Self {
        Self {
            id,
            event_type: None,
            aggregate_type: None,
            aggregate_id: None,
            sequence: None,
            times: Times::default(),
            stream_rounded: false,
            redelivered: 0,
            failure: None,
            detail: Detail::default(),
            version: 0,
        }
    }

    fn slot(&mut self, step: Step) -> &mut Option<DateTime<Utc>> {
        match step {
            Step::Committed => &mut self.times.committed,
            Step::Captured => &mut self.times.captured,
            Step::Stream => &mut self.times.stream,
            Step::Delivered => &mut self.times.delivered,
            Step::Failed => &mut self.times.failed,
        }
    }

    /// It came here; the first time counts.
    pub fn reach(&mut self, step: Step, at: DateTime<Utc>) {
        let slot = self.slot(step);
        if slot.is_none() {
            *slot = Some(at);
        }
    }

    /// The capture knows the commit's own time; the row only when it was written.
    pub fn committed_at(&mut self, at: DateTime<Utc>) {
        self.times.committed = Some(at);
    }

    pub fn at(&self, step: Step) -> Option<DateTime<Utc>> {
        let times = &self.times;
        match step {
            Step::Committed => times.committed,
            Step::Captured => times.captured,
            Step::Stream => times.stream,
            Step::Delivered => times.delivered,
            Step::Failed => times.failed,
        }
    }

    /// From the step before whose time is known, to this one.
    pub fn span_to(&self, step: Step) -> Option<TimeDelta> {
        let mut before = step.implied().iter().rev().filter(|before| **before != step);
        Some(self.exactly(step)? - before.find_map(|before| self.exactly(*before))?)
    }

    /// What can be measured with.
    fn exactly(&self, step: Step) -> Option<DateTime<Utc>> {
        self.at(step).filter(|_| step != Step::Stream || !self.stream_rounded)
    }

    /// From commit to the good end.
    pub fn whole(&self) -> Option<TimeDelta> {
        Some(self.times.delivered? - self.times.committed?)
    }

    /// What lists are ordered by.
    pub fn order(&self) -> (Option<DateTime<Utc>>, Uuid) {
        let times = &self.times;
        (times.committed.or(times.stream).or(times.delivered).or(times.failed), self.id)
    }

    /// Keeps the payload's beginning.
    pub fn keep_payload(&mut self, payload: String) {
        if self.detail.payload.is_none() {
            let end = payload.char_indices().nth(PAYLOAD).map_or(payload.len(), |(end, _)| end);
            let cut = end < payload.len();
            self.detail.payload = Some(if cut { format!("{} …", &payload[..end]) } else { payload });
        }
    }
}
