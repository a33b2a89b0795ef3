//! The route of an event through a pipeline, as data. Status, verify, tail, doctor, cost, repair and the page read it,
//! so that none of them contains the name of a pipeline.

use super::{Hop, Output, Pipeline, Stack};
use crate::aws::health::Probe;

/// The path of an event through a pipeline, with its sample, target and failure stores.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The stops of an event, in order.
    pub stops: &'static [Stop],
    /// The events that `sample insert` and `verify` write.
    pub sample: Sample,
    /// The target of redriven and replayed records and events.
    pub target: Target,
    /// The stores for undelivered records and events; the first is for records of the stream.
    pub failures: &'static [FailureStore],
}

/// A stop on the path of an event.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    pub part: Part,
    /// The output that identifies the resource: its name, ARN or URL.
    pub output: Output,
    /// The service behind the stop, for the page; empty where the stop before names it.
    pub service: &'static str,
    /// True if the events of an aggregate keep their order here.
    pub ordered: bool,
    /// True if AWS may deliver a record again here. EventBridge does so, too, but under the same event id, so that
    /// `verify` can distinguish it from an event that was published again.
    pub repeats: bool,
    /// Resources whose state determines the state of this stop.
    pub resources: &'static [Resource],
}

/// The kind of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The sample's HTTP API.
    Api,
    /// A PostgreSQL database with the outbox.
    Database,
    /// A DynamoDB table that is the outbox.
    OutboxTable,
    /// A DynamoDB table whose changes are the events.
    Table,
    /// A DMS task.
    Capture,
    /// Kinesis Data Streams for DynamoDB.
    KinesisDestination,
    /// A Kinesis stream.
    Kinesis,
    /// A DynamoDB stream that is read directly.
    TableStream,
    /// A Lambda function that publishes the records of the stream.
    Publisher,
    /// Consumer groups that share the shards of the stream.
    Consumers,
    /// An event bus.
    Bus,
    /// The log group with every event of the bus.
    EventLog,
    /// The log of the events that consumers processed.
    ProcessedLog,
    /// The function behind a rule of the bus.
    Receiver,
}

/// A resource whose state a service reports.
#[derive(Debug, Clone, Copy)]
pub struct Resource {
    /// The label in tables and messages.
    pub what: &'static str,
    pub output: Output,
    pub probe: Probe,
}

/// The aggregate of the sample's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    Cars,
    People,
    Orders,
    Carts,
    Users,
}

/// A target for records and events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The function that publishes the records of the stream.
    Publisher(Output),
    /// The stream.
    Stream(Output),
    /// The function behind a rule of the bus.
    Receiver(Output),
    /// The log group behind a rule of the bus.
    Log(Output),
}

impl Target {
    /// Returns the output that names the target.
    pub const fn output(self) -> Output {
        match self {
            Self::Publisher(output) | Self::Stream(output) | Self::Receiver(output) | Self::Log(output) => output,
        }
    }
}

/// A store for undelivered records and events.
#[derive(Debug, Clone, Copy)]
pub struct FailureStore {
    /// The name for `dlq --place`.
    pub name: &'static str,
    pub store: Store,
    /// The target of its records and events.
    pub target: Target,
}

/// The kind of a failure store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// A bucket.
    Bucket(Output),
    /// The table `outbox_failures` of the database.
    Table,
    /// A queue, by its URL.
    Queue(Output),
}

impl Part {
    /// Returns the hop of a stop of this kind.
    pub const fn hop(self) -> Hop {
        match self {
            Self::Api => Hop::Api,
            Self::Database => Hop::Database,
            Self::OutboxTable | Self::Table => Hop::Table,
            Self::Capture | Self::KinesisDestination => Hop::Capture,
            Self::Kinesis | Self::TableStream => Hop::Stream,
            Self::Publisher | Self::Consumers => Hop::Consumer,
            Self::Bus => Hop::Bus,
            Self::EventLog => Hop::Log,
            Self::ProcessedLog => Hop::Processed,
            Self::Receiver => Hop::Receiver,
        }
    }

    /// Returns whether single events can be seen here.
    pub const fn is_visible(self) -> bool {
        matches!(self, Self::Kinesis | Self::TableStream | Self::Bus | Self::EventLog | Self::ProcessedLog)
    }
}

impl Sample {
    /// Returns the name in the template parameter `Sample`, and the path of the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cars => "cars",
            Self::People => "people",
            Self::Orders => "orders",
            Self::Carts => "cart",
            Self::Users => "users",
        }
    }

    /// Returns the word for one sample.
    pub const fn one(self) -> &'static str {
        match self {
            Self::Cars => "car",
            Self::People => "person",
            Self::Orders => "order",
            Self::Carts => "cart",
            Self::Users => "user",
        }
    }
}

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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipelines::{ALL, Source};

    /// Returns whether a template of the pipeline has this output.
    fn declares(pipeline: &Pipeline, output: Output) -> bool {
        let line = format!("\n  {output}:\n");
        pipeline
            .stacks
            .iter()
            .any(|stack| stack.template.split_once("\nOutputs:").is_some_and(|(_, outputs)| outputs.contains(&line)))
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
            for output in outputs {
                assert!(declares(pipeline, output), "{}: no stack has the output {output}", pipeline.name);
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
