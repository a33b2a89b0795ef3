//! `outboxctl local serve`: the daemon itself, started by `up`.

use serde_json::json;

use crate::base::error::Result;
use crate::commands::Context;
use crate::commands::args::whole;
use crate::local::Transports;
use crate::local::daemon::{self, Ports};
use crate::output::Outcome;

/// Run the local stack in the foreground
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port of the AWS endpoint; 0 picks a free one
    #[arg(long, value_name = "PORT", value_parser = whole(0, u16::MAX), default_value_t = 4566)]
    port: u16,
    /// Port of PostgreSQL; 0 picks a free one
    #[arg(long, value_name = "PORT", value_parser = whole(0, u16::MAX), default_value_t = 54329)]
    postgres_port: u16,
    /// Seed of the order, repetition and delay of events
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let _hold = ctx.hold();
        let ports = Ports { gateway: self.port, postgres: self.postgres_port };
        daemon::run((ports, Transports::choose(self.seed)?), &ctx.console, ctx.cancel.clone(), |state| {
            // `up` exits after reading this; later lines have no reader.
            let ready = json!({"type": "ready", "state": state});
            ctx.console.item(&ready, None, || format!("ready at {}", state.endpoint));
        })
        .await?;
        Ok(Outcome::default())
    }
}
