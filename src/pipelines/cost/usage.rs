//! How much of everything a rate of events uses.

use std::collections::BTreeMap;

use crate::pipelines::WITH_SAMPLE;

/// Hours in a month, as AWS's own calculator takes them.
pub const HOURS: f64 = 730.0;
const SECONDS: f64 = HOURS * 3600.0;
const GIB: f64 = 1_073_741_824.0;

/// What the estimate is made for.
#[derive(Debug, Clone)]
pub struct Usage {
    /// A steady rate.
    pub events_per_second: f64,
    /// Payload of one event, in bytes.
    pub event_bytes: f64,
    /// Template parameters as a deploy would set them.
    pub parameters: BTreeMap<String, String>,
}

impl Usage {
    /// Bytes that capture and envelope put around a payload: keys, metadata, trace and times.
    pub const AROUND: f64 = 1_024.0;
    /// Events that one call of the publisher takes, on average.
    pub const EVENTS_A_CALL: f64 = 10.0;
    /// Seconds that a call of a function takes.
    pub const CALL: f64 = 0.1;

    /// Events a month.
    pub fn events(&self) -> f64 {
        self.events_per_second * SECONDS
    }

    /// Events a month, in millions.
    pub fn millions(&self) -> f64 {
        self.events() / 1e6
    }

    /// An event on its way, envelope included, in bytes.
    pub fn record(&self) -> f64 {
        self.event_bytes + Self::AROUND
    }

    /// Whole units of `size` bytes in a record: services round up.
    pub fn units(&self, size: f64) -> f64 {
        (self.record() / size).ceil()
    }

    /// GiB a month of records on their way, each rounded up to a KiB.
    pub fn gib(&self) -> f64 {
        self.events() * self.units(1_024.0) * 1_024.0 / GIB
    }

    /// Whether the sample's API and tables are part of it.
    pub fn with_sample(&self) -> bool {
        self.text(WITH_SAMPLE) != "false"
    }

    pub fn text(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// A parameter that is a number; 0 where it is none.
    pub fn number(&self, name: &str) -> f64 {
        self.text(name).parse().unwrap_or(0.0)
    }

    /// 2 where a standby runs, else 1.
    pub fn zones(&self, parameter: &str) -> f64 {
        if self.text(parameter) == "true" { 2.0 } else { 1.0 }
    }
}
