//! `outboxctl dms test`.

use std::time::Duration;

use super::task::{Deployed, seconds};
use crate::context::Context;
use crate::dms::control::Connection;
use crate::error::Result;
use crate::output::{Outcome, Table};

/// Test the connections to the database and to the stream
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How long to wait for the results, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "300", value_parser = seconds)]
    timeout: Duration,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let connections = Deployed::find(ctx, self.timeout, false).await?.test(ctx, false).await?;
        if let Some(failure) = connections.iter().find(|c| !c.is_successful()).map(Connection::failure) {
            return Err(failure);
        }
        let mut table = Table::new(["endpoint", "result"]);
        for connection in &connections {
            table.row([connection.role, connection.status.as_deref().unwrap_or("untested")]);
        }
        Ok(Outcome::data(connections).table(table))
    }
}
