//! The steps of an event, and the hops of a pipeline as the page draws them.

use serde::Serialize;

use crate::pipelines::{Hop, Part, Pipeline};

/// The steps of an event, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// In the outbox, its transaction committed.
    Committed,
    /// Read from the write-ahead log by DMS, or made a change record by DynamoDB.
    Captured,
    /// In the Kinesis stream, or in the DynamoDB table's own.
    Stream,
    /// Delivered to the bus, or marked processed.
    Delivered,
    /// Failed: stored in the failure destination with its payload.
    Failed,
}

impl Step {
    pub const ALL: [Self; 5] = [Self::Committed, Self::Captured, Self::Stream, Self::Delivered, Self::Failed];

    pub fn index(self) -> usize {
        self as usize
    }

    /// Returns whether this is a successful last step.
    pub fn is_last(self) -> bool {
        self == Self::Delivered
    }

    /// Returns the steps that an event at this one has certainly taken.
    pub fn implied(self) -> &'static [Self] {
        match self {
            Self::Committed => &Self::ALL[..1],
            Self::Captured => &Self::ALL[..2],
            Self::Stream => &Self::ALL[..3],
            Self::Delivered => &Self::ALL[..4],
            Self::Failed => &[Self::Committed, Self::Captured, Self::Stream, Self::Failed],
        }
    }
}

/// One hop of a pipeline on the page.
#[derive(Debug, Clone, Serialize)]
pub struct Stop {
    pub hop: Hop,
    /// The step of an event that arrived here: the key of the time in `/api/events`.
    pub step: Step,
    /// The heading.
    pub label: &'static str,
    /// The services that do the work.
    pub place: String,
    /// Resources of [`Health`](crate::deployment::Health) that show its state.
    #[serde(skip)]
    pub resources: Vec<&'static str>,
}

/// Returns the stops of the pipeline at which an event takes a step. A stop that is not drawn belongs to the next one:
/// the publisher to the bus, the consumer to its log.
pub fn stops(pipeline: &Pipeline) -> Vec<Stop> {
    let (mut stops, mut services, mut resources) = (Vec::new(), Vec::new(), Vec::new());
    for stop in pipeline.stops(false) {
        services.extend((!stop.service.is_empty()).then_some(stop.service));
        resources.extend(stop.resources.iter().map(|resource| resource.what));
        let (hop, Some(step)) = (stop.part.hop(), step(stop.part)) else { continue };
        let (place, resources) = (std::mem::take(&mut services).join(" → "), std::mem::take(&mut resources));
        stops.push(Stop { hop, step, label: hop.heading(), place, resources });
    }
    stops
}

/// Returns the step at a stop of this kind; `None` if the page does not show it.
fn step(part: Part) -> Option<Step> {
    match part {
        Part::Database | Part::OutboxTable | Part::Table => Some(Step::Committed),
        Part::Capture | Part::KinesisDestination => Some(Step::Captured),
        Part::Kinesis | Part::TableStream => Some(Step::Stream),
        Part::Bus | Part::ProcessedLog => Some(Step::Delivered),
        Part::Api | Part::Publisher | Part::Consumers | Part::EventLog | Part::Receiver => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::ALL;

    #[test]
    fn every_pipeline_is_drawn_from_a_commit_to_a_delivery_with_a_step_at_each_stop() {
        for pipeline in ALL {
            let stops = stops(pipeline);
            let steps: Vec<Step> = stops.iter().map(|stop| stop.step).collect();
            assert!(steps.is_sorted_by(|a, b| a < b), "{}: {steps:?}", pipeline.name);
            assert_eq!((steps[0], steps.last()), (Step::Committed, Some(&Step::Delivered)), "{}", pipeline.name);
            assert!(stops.iter().all(|stop| !stop.place.is_empty()), "{}: {stops:?}", pipeline.name);
        }
    }

    #[test]
    fn a_stop_that_is_not_drawn_belongs_to_the_next_one() {
        let bus = stops(ALL[0]).pop().expect("a stop");
        assert_eq!((bus.hop, bus.place.as_str()), (Hop::Bus, "Lambda → EventBridge"));
        assert_eq!(bus.resources, ["publisher", "publisher's source", "bus"]);
    }
}
