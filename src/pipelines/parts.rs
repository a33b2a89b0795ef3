//! The stops and hops of a pipeline, and the error for a command that needs a missing part.

use super::{Hop, Part, Pipeline, Stack, Stop};
use crate::base::error::{Error, Kind, Result};

impl Pipeline {
    /// Returns the stops in the order of an event. Without the sample there is no API, because an application of the
    /// user's own writes.
    pub fn stops(&self, with_sample: bool) -> impl Iterator<Item = &'static Stop> + use<> {
        self.route.stops.iter().filter(move |stop| with_sample || stop.part != Part::Api)
    }

    /// Returns the stop of this kind.
    pub fn stop(&self, part: Part) -> Option<&'static Stop> {
        self.route.stops.iter().find(|stop| stop.part == part)
    }

    /// Returns the hops of [`Pipeline::stops`].
    pub fn hops(&self, with_sample: bool) -> Vec<Hop> {
        self.stops(with_sample).map(|stop| stop.part.hop()).collect()
    }

    /// Returns the stops at which single events can be seen, in order.
    pub fn visible_stops(&self) -> impl Iterator<Item = &'static Stop> + use<> {
        self.route.stops.iter().filter(|stop| stop.part.is_visible())
    }

    /// Returns the hops of [`Pipeline::visible_stops`].
    pub fn visible_hops(&self) -> Vec<Hop> {
        self.visible_stops().map(|stop| stop.part.hop()).collect()
    }

    /// Returns the hops at which single events can be seen and keep the order of their aggregate.
    pub fn ordered_hops(&self) -> Vec<Hop> {
        self.visible_stops().filter(|stop| stop.ordered).map(|stop| stop.part.hop()).collect()
    }

    /// Returns the hops at which single events can be seen and AWS may deliver a record again.
    pub fn repeating_hops(&self) -> Vec<Hop> {
        self.visible_stops().filter(|stop| stop.repeats).map(|stop| stop.part.hop()).collect()
    }

    /// Returns the stop at which events are committed.
    pub fn origin(&self) -> &'static Stop {
        let committed = |stop: &&Stop| matches!(stop.part.hop(), Hop::Database | Hop::Table);
        self.route.stops.iter().find(committed).unwrap_or(&self.route.stops[0])
    }

    /// Returns whether this stack is one of the pipeline's.
    pub fn includes(&self, stack: &Stack) -> bool {
        self.stack(stack.name).is_some()
    }

    /// Returns whether the pipeline has this part, deployed or not.
    pub fn has(&self, part: Part) -> bool {
        self.stop(part).is_some()
    }

    /// Checks that the pipeline has the part that a command needs, before any request to AWS.
    ///
    /// # Errors
    /// `Usage`, with the part that the pipeline has instead and the command for it.
    pub fn need(&self, part: Part) -> Result<()> {
        if self.has(part) {
            return Ok(());
        }
        let (lacks, instead) = match part {
            Part::Database => (
                "no PostgreSQL database: its outbox is a DynamoDB table, which `outboxctl deploy` creates",
                "`outboxctl status` shows the table; `outboxctl verify` tests the whole pipeline",
            ),
            Part::Capture => (
                "no DMS task: DynamoDB itself sends the changes of its table",
                "`outboxctl status` shows the table and its stream",
            ),
            Part::Kinesis => (
                "no Kinesis stream: its changes are read from DynamoDB Streams",
                "`outboxctl tail stream` follows them",
            ),
            Part::TableStream => {
                ("no DynamoDB stream to read: its changes are in Kinesis", "`outboxctl tail stream` follows them")
            }
            Part::Bus | Part::EventLog => (
                "no event bus and no event log: consumers read its stream",
                "`outboxctl tail processed` follows what they have processed",
            ),
            Part::Consumers | Part::ProcessedLog => (
                "no consumer groups: a Lambda function consumes its stream (rds-kinesis has them)",
                "`outboxctl tail bus` follows what it delivers",
            ),
            _ => ("another route", "`outboxctl status` shows it"),
        };
        Err(Error::new(Kind::Usage, format!("{} has {lacks}", self.name)).hint(instead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::existing::declared;
    use crate::pipelines::{ALL, Source, Store};

    #[test]
    fn every_pipeline_has_one_stream_and_one_end() {
        for pipeline in ALL {
            assert_ne!(pipeline.has(Part::Kinesis), pipeline.has(Part::TableStream), "{}", pipeline.name);
            assert_ne!(pipeline.has(Part::Bus), pipeline.has(Part::Consumers), "{}", pipeline.name);
            assert_eq!(pipeline.has(Part::Database), pipeline.has(Part::Capture), "{}", pipeline.name);
        }
    }

    #[test]
    fn suggested_alternatives_exist() {
        let offered = [("tail processed", Part::Consumers), ("tail bus", Part::Bus)];
        for pipeline in ALL {
            for part in [Part::Database, Part::Capture, Part::Kinesis, Part::TableStream, Part::Bus, Part::Consumers] {
                let Err(error) = pipeline.need(part) else { continue };
                let hint = error.hints().next().unwrap_or_default();
                for (command, needed) in offered {
                    assert!(!hint.contains(command) || pipeline.has(needed), "{}: {hint}", pipeline.name);
                }
            }
        }
    }

    #[test]
    fn a_route_names_outputs_of_the_pipelines_own_stacks() {
        for pipeline in ALL {
            let route = &pipeline.route;
            let mut outputs = vec![route.target.output()];
            for stop in route.stops {
                outputs.push(stop.output);
                outputs.extend(stop.resources.iter().map(|resource| resource.output));
            }
            for place in route.failures {
                outputs.push(place.target.output());
                outputs.extend(match place.store {
                    Store::Bucket(output) | Store::Queue(output) => Some(output),
                    Store::Table => None,
                });
            }
            let declared: Vec<_> = pipeline.stacks.iter().flat_map(declared).collect();
            for output in outputs {
                assert!(declared.contains(&output), "{}: no stack has the output {output}", pipeline.name);
            }
            assert_eq!(route.failures[0].target, route.target, "{}", pipeline.name);
        }
    }

    #[test]
    fn a_route_passes_each_hop_once_and_in_order_from_a_commit_to_an_end() {
        for pipeline in ALL {
            let hops = pipeline.hops(true);
            assert!(hops.is_sorted_by(|a, b| a < b), "{}: {hops:?}", pipeline.name);
            assert_eq!(hops[1..], pipeline.hops(false), "{}", pipeline.name);
            assert_eq!(hops[1], pipeline.origin().part.hop(), "{}", pipeline.name);
            let end = *hops.last().expect("a hop");
            assert!(matches!(end, Hop::Log | Hop::Processed | Hop::Receiver), "{}: {end:?}", pipeline.name);
            assert!(pipeline.ordered_hops().iter().all(|hop| pipeline.visible_hops().contains(hop)));
        }
    }

    #[test]
    fn the_api_has_the_routes_of_the_sample() {
        for pipeline in ALL {
            let parameters = pipeline.stacks.iter().flat_map(|stack| stack.parameters);
            for (_, source) in parameters.filter(|(name, _)| *name == "Sample") {
                assert_eq!(*source, Source::Fixed(pipeline.route.sample.name()), "{}", pipeline.name);
            }
        }
    }
}
