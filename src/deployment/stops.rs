//! The stops of a deployment, and the resources among them that outboxctl did not create.

use super::Deployment;
use crate::pipelines::{Given, Output, Part, Stack, Stop};

impl Deployment {
    /// Returns the existing resources.
    pub fn given(&self) -> &Given {
        &self.given
    }

    /// Returns whether existing resources replace the stack.
    pub fn replaces(&self, stack: &Stack) -> bool {
        self.given.replaces(stack)
    }

    /// Returns whether an existing resource stands for the output: it is not changed and not deleted.
    pub fn is_existing(&self, output: Output) -> bool {
        self.given.value(output).is_some()
    }

    /// Returns the stops of the deployment, in order. Where no stack is deployed, other tools made the pipeline: it has
    /// the stops that `[existing]` names.
    pub fn stops(&self) -> impl Iterator<Item = &'static Stop> {
        let all = self.exists() || self.given.is_empty() && !self.is_elsewhere();
        let stops = self.pipeline.stops(self.has_sample());
        stops.filter(move |stop| all || self.is_existing_stop(stop))
    }

    /// Returns whether existing resources are this stop.
    pub fn is_existing_stop(&self, stop: &Stop) -> bool {
        match stop.part {
            Part::Database => self.is_existing(stop.output) || self.is_elsewhere(),
            // Only consumers of outboxctl write it.
            Part::ProcessedLog => false,
            _ => self.is_existing(stop.output),
        }
    }

    /// Returns the stop of this kind; None if the deployment has none.
    pub fn stop(&self, part: Part) -> Option<&'static Stop> {
        self.stops().find(|stop| stop.part == part)
    }

    /// Returns the stops at which single events can be seen, in order.
    pub fn visible_stops(&self) -> impl Iterator<Item = &'static Stop> {
        self.stops().filter(|stop| stop.part.is_visible())
    }
}
