//! `outboxctl local up`.

use serde_json::{Map, Value, json};

use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::commands::args::whole;
use crate::local::control;
use crate::local::daemon::Ports;
use crate::local::{Home, Transports, state::State};
use crate::output::{Outcome, Table};

/// Default port of the AWS endpoint; the usual port of local AWS endpoints.
const PORT: u16 = 4566;
/// Default port of PostgreSQL; not 5432, which another PostgreSQL may use.
const POSTGRES_PORT: u16 = 54329;

/// Start the local stack and leave it running
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port of the AWS endpoint; 0 picks a free one, preferably the last one [default: the port used last, initially 4566]
    #[arg(long, value_name = "PORT", value_parser = whole(0, u16::MAX))]
    port: Option<u16>,
    /// Port of PostgreSQL; 0 picks a free one, preferably the last one [default: the port used last, initially 54329]
    #[arg(long, value_name = "PORT", value_parser = whole(0, u16::MAX))]
    postgres_port: Option<u16>,
    /// Seed of the order, repetition and delay of events, to repeat a run [env: OUTBOXCTL_LOCAL_SEED] [default: random]
    #[arg(long, value_name = "N", value_parser = whole(0, u64::MAX))]
    seed: Option<u64>,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let home = Home::of_stack()?;
        // Validates the seed before any download.
        Transports::choose(self.seed)?;
        let before = Ports::remembered(&home);
        let ports = Ports {
            gateway: self.port.unwrap_or_else(|| before.map_or(PORT, |ports| ports.gateway)),
            postgres: self.postgres_port.unwrap_or_else(|| before.map_or(POSTGRES_PORT, |ports| ports.postgres)),
        };
        // A signal stops the services that have been started.
        let _hold = ctx.hold();
        let (state, started) = control::up(&home, (ports, self.seed), &ctx.console, &ctx.cancel).await?;
        if !started {
            return self.was_up(&state);
        }
        if before.is_some_and(|before| !state.endpoint.ends_with(&format!(":{}", before.gateway))) {
            ctx.console.warn("the AWS endpoint has another port than before: URLs in the outputs of deployed stacks name the old one");
        }
        Ok(outcome(&state, true)
            .summary("the local stack is up; next: `outboxctl deploy --local`; to stop it: `outboxctl local down`"))
    }

    /// Returns the outcome for a stack that another command started.
    fn was_up(&self, state: &State) -> Result<Outcome> {
        if self.seed.is_some_and(|seed| state.transports.seed != Some(seed)) {
            let seed = state.transports.seed.map_or_else(|| "no seed".into(), |seed| format!("seed {seed}"));
            return Err(Error::new(Kind::Usage, format!("the local stack is already up, with {seed}"))
                .hint("stop it first: `outboxctl local down`"));
        }
        Ok(outcome(state, false).summary(format!("the local stack is up already, at {}", state.endpoint)))
    }
}

fn outcome(state: &State, changed: bool) -> Outcome {
    let variables = state.variables();
    let mut table = Table::new(["for other tools", "value"]);
    for (name, value) in &variables {
        table.row([*name, value.as_str()]);
    }
    let environment: Map<String, Value> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    Outcome::data(json!({"up": true, "state": state.shown(), "environment": environment}))
        .changed(changed)
        .table(table)
        .text(format!("seed of events: {}", state.transports.summary()))
        .text("set them in a shell: eval \"$(outboxctl local env)\"")
}
