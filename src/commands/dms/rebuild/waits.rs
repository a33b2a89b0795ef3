//! The arguments of the commands that renew the capture: which events they compare, and how long they wait.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::gap::Gap;
use crate::base::error::Result;
use crate::commands::Context;
use crate::commands::args::{LONGEST, TICK, duration, time};
use crate::deployment::Deployment;
use crate::pipelines::Part;
use crate::settings::DEFAULT_GROUP;

/// The compared events, and the waits.
#[derive(Debug, clap::Args)]
pub struct Waits {
    /// Compare events written at or after this time: RFC 3339, or relative like -2d [default: the oldest]
    ///
    /// Events that are older than the retention of the event log are not compared.
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    from: Option<DateTime<Utc>>,
    /// Consumer group, on a pipeline that has consumers [default: outboxctl]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Deliver missing events once no event in transit has arrived for this long
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration(Duration::ZERO, LONGEST))]
    pub settle: Duration,
    /// Wait for missing events until none has arrived for this long
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration(Duration::ZERO, LONGEST))]
    pub patience: Duration,
    /// Maximum time to wait for each change of the task or the database, and for open transactions
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration(TICK, LONGEST))]
    pub timeout: Duration,
}

impl Waits {
    /// Checks that the pipeline has consumers if a group is named.
    ///
    /// # Errors
    /// `Usage` if it has none.
    pub fn check(&self, ctx: &Context) -> Result<()> {
        if self.group.is_some() { ctx.need(Part::Consumers) } else { Ok(()) }
    }

    /// Returns both sides of a deployment; `scope` is that of the lines.
    pub fn gap<'a>(&'a self, ctx: &'a Context, deployment: &'a Deployment, scope: &'static str) -> Gap<'a> {
        Gap { ctx, deployment, from: self.from, group: self.group.as_deref().unwrap_or(DEFAULT_GROUP), scope }
    }
}
