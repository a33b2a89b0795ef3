//! The whole path of one event.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::Step;

/// Maximum characters of a payload.
const PAYLOAD: usize = 8_000;

/// Known data of one event. Serialised it is an element of `/api/events`' lists.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Trace {
    pub id: Uuid,
    pub event_type: Option<String>,
    pub aggregate_type: Option<String>,
    pub aggregate_id: Option<String>,
    pub sequence: Option<i64>,
    /// Times by [`Step`].
    #[serde(flatten, serialize_with = "by_step")]
    times: [Option<DateTime<Utc>>; Step::ALL.len()],
    /// Indicates whether `stream` has full seconds: DynamoDB reports no finer time for data written before the page
    /// started.
    pub stream_rounded: bool,
    /// Deliveries seen at the last step beyond the first: the pipeline delivers at least once.
    pub redelivered: u32,
    /// The reason of its failure.
    pub failure: Option<String>,
    #[serde(skip)]
    pub detail: Detail,
    /// The last change of this trace.
    #[serde(skip)]
    pub version: u64,
}

fn by_step<S: Serializer>(times: &[Option<DateTime<Utc>>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(Step::ALL.iter().zip(times))
}

/// Data shown only in the view of one event.
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
        Self { id, ..Self::default() }
    }

    /// Sets the description of the event; `aggregate` is type and id.
    pub fn describe(&mut self, event_type: &str, aggregate: (&str, &str), sequence: Option<i64>) {
        self.event_type = Some(event_type.to_owned());
        self.aggregate_type = Some(aggregate.0.to_owned());
        self.aggregate_id = Some(aggregate.1.to_owned());
        self.sequence = sequence;
    }

    /// Records that the event reached a step; the first time counts.
    pub fn reach(&mut self, step: Step, at: DateTime<Utc>) {
        self.times[step.index()].get_or_insert(at);
    }

    /// Sets the time of the commit. The capture knows it exactly; the row only has the time of writing.
    pub fn committed_at(&mut self, at: DateTime<Utc>) {
        self.times[Step::Committed.index()] = Some(at);
    }

    pub fn at(&self, step: Step) -> Option<DateTime<Utc>> {
        self.times[step.index()]
    }

    /// Returns the time from the last earlier step with a known time to this one.
    pub fn span_to(&self, step: Step) -> Option<TimeDelta> {
        let mut before = step.implied().iter().rev().filter(|before| **before != step);
        Some(self.exactly(step)? - before.find_map(|before| self.exactly(*before))?)
    }

    /// Returns a time that is exact enough for measurements.
    fn exactly(&self, step: Step) -> Option<DateTime<Utc>> {
        self.at(step).filter(|_| step != Step::Stream || !self.stream_rounded)
    }

    /// Returns the time from commit to delivery.
    pub fn whole(&self) -> Option<TimeDelta> {
        Some(self.at(Step::Delivered)? - self.at(Step::Committed)?)
    }

    /// Returns the sort key of lists.
    pub fn order(&self) -> (Option<DateTime<Utc>>, Uuid) {
        let steps = [Step::Committed, Step::Stream, Step::Delivered, Step::Failed];
        (steps.into_iter().find_map(|step| self.at(step)), self.id)
    }

    /// Stores the payload's beginning.
    pub fn keep_payload(&mut self, payload: String) {
        if self.detail.payload.is_none() {
            let end = payload.char_indices().nth(PAYLOAD).map_or(payload.len(), |(end, _)| end);
            let cut = end < payload.len();
            self.detail.payload = Some(if cut { format!("{} …", &payload[..end]) } else { payload });
        }
    }
}
