//! Usage of the services at a rate of events.

use std::collections::BTreeMap;

use crate::pipelines::{Stack, WITH_SAMPLE, replaces};
use crate::settings::Existing;

/// Hours per month, as in the AWS Pricing Calculator.
pub const HOURS: f64 = 730.0;
const SECONDS: f64 = HOURS * 3600.0;
const GIB: f64 = 1_073_741_824.0;

/// The input of an estimate.
#[derive(Debug, Clone)]
pub struct Usage {
    /// Steady rate of events per second.
    pub events_per_second: f64,
    /// Payload of one event in bytes.
    pub event_bytes: f64,
    /// Template parameters as a deploy would set them.
    pub parameters: BTreeMap<String, String>,
    /// Resources whose cost does not depend on the pipeline.
    pub existing: Existing,
}

impl Usage {
    /// Bytes that capture and envelope add to a payload: keys, metadata, trace and times.
    pub const OVERHEAD: f64 = 1_024.0;
    /// Average number of events in one call of the publisher.
    pub const EVENTS_A_CALL: f64 = 10.0;
    /// GiB in the storage of an Aurora cluster, which has no fixed size.
    pub const AURORA_GIB: f64 = 10.0;
    /// Seconds per call of a function.
    pub const CALL: f64 = 0.1;

    /// Returns the events per month.
    pub fn events(&self) -> f64 {
        self.events_per_second * SECONDS
    }

    /// Returns the events per month, in millions.
    pub fn millions(&self) -> f64 {
        self.events() / 1e6
    }

    /// Returns the size of an event with its envelope, in bytes.
    pub fn record(&self) -> f64 {
        self.event_bytes + Self::OVERHEAD
    }

    /// Returns the units of `size` bytes in a record, rounded up as the services do.
    pub fn units(&self, size: f64) -> f64 {
        (self.record() / size).ceil()
    }

    /// Returns the GiB of records per month, each record rounded up to a KiB.
    pub fn gib(&self) -> f64 {
        self.events() * self.units(1_024.0) * 1_024.0 / GIB
    }

    /// Returns whether existing resources replace the stack.
    pub fn replaces(&self, stack: &Stack) -> bool {
        replaces(&self.existing, stack)
    }

    /// Returns whether the sample's API and tables are included.
    pub fn with_sample(&self) -> bool {
        self.text(WITH_SAMPLE) != "false"
    }

    pub fn text(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// Returns a parameter as a number; 0 if it is not one.
    pub fn number(&self, name: &str) -> f64 {
        self.text(name).parse().unwrap_or(0.0)
    }

    /// Returns 2 with a standby, else 1.
    pub fn zones(&self, parameter: &str) -> f64 {
        if self.text(parameter) == "true" { 2.0 } else { 1.0 }
    }
}
