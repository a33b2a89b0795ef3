//! `outboxctl dms test`.

use std::time::Duration;

use super::task::Deployed;
use crate::base::error::Result;
use crate::commands::Context;
use crate::commands::args::{LONGEST, TICK, duration};
use crate::output::{Outcome, Table};

/// Test the connections to the source database and the target stream
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Maximum time to wait for the results
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration(TICK, LONGEST))]
    timeout: Duration,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let connections = Deployed::find(ctx, self.timeout, false).await?.test(ctx, false).await?;
        let mut table = Table::new(["endpoint", "result"]);
        for connection in &connections {
            table.row([connection.role, connection.status.as_deref().unwrap_or("untested")]);
        }
        Ok(Outcome::data(connections).table(table))
    }
}
