//! `outboxctl demo`: a tour with ordinary outboxctl commands, on its own local stack.

mod shell;
mod watch;

use serde::Serialize;
use serde_json::Value;

use crate::base::error::{Error, Kind, Result};
use crate::commands::Context;
use crate::commands::args::whole;
use crate::output::Outcome;
use crate::pipelines::{self, Part, Pipeline};
use shell::{Shell, Step};

/// Name of the demo's local stack, which is separate from the user's.
const LOCAL_NAME: &str = "demo";

/// Run a complete tour on a local stack: up, deploy, write, tail, verify, destroy, down
///
/// Every step is an outboxctl command that you can also run yourself; demo prints each command before running it. Exit
/// code 0 means that every event arrived once, in order at the hops that keep an order, and that the rolled-back event
/// did not arrive.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keep the local stack and the pipeline running, and print how to reach them
    #[arg(long)]
    keep: bool,
    /// Number of events that `verify` writes
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = whole(1_u32, 10_000_000))]
    count: u32,
}

#[derive(Debug, Serialize)]
struct Tour {
    steps: Vec<Step>,
    verify: Value,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let pipeline = pipelines::find(&ctx.settings.pipeline)?;
        let _hold = ctx.hold();
        let mut shell = Shell::new(ctx, LOCAL_NAME)?;
        let toured = self.tour(&mut shell, pipeline).await;
        if self.keep && toured.is_ok() {
            ctx.console.note(format!(
                "Still running. To use it: export OUTBOXCTL_LOCAL=true OUTBOXCTL_LOCAL_NAME={LOCAL_NAME}"
            ));
            ctx.console.note("To stop it: `outboxctl local down --purge`");
        } else {
            tear_down(&mut shell, toured.is_ok()).await?;
        }
        let verify = toured?;
        let seconds: f64 = shell.steps.iter().map(|step| step.seconds).sum();
        let summary =
            format!("The tour took {seconds:.0} s: everything that was committed was delivered, and nothing else.");
        Ok(Outcome::data(Tour { steps: shell.steps, verify }).summary(summary))
    }

    /// Returns the result of `verify`.
    async fn tour(&self, shell: &mut Shell<'_>, pipeline: &Pipeline) -> Result<Value> {
        shell.run(&["local", "up", "--port", "0", "--postgres-port", "0"]).await?;
        // The demo posts to the sample's API, so it includes the sample even if outboxctl.toml excludes it.
        let left_out = shell.ctx.settings.parameters.get(pipelines::WITH_SAMPLE).is_some_and(|value| value == "false");
        let deploy = ["deploy", "--yes", "--with-sample"];
        shell.run(&deploy[..if left_out { 3 } else { 2 }]).await?;
        if pipeline.has(Part::Capture) {
            shell.run(&["db", "init"]).await?;
            shell.run(&["dms", "start"]).await?;
        }
        if !pipeline.has(Part::Consumers) {
            return self.prove(shell, pipeline).await;
        }
        let mut consumer = shell.start(&["consume", "--quiet"])?;
        let proved = self.prove(shell, pipeline).await;
        shell::end(&mut consumer).await;
        proved
    }

    /// Shows one event at every hop, inserts some, and verifies many.
    async fn prove(&self, shell: &mut Shell<'_>, pipeline: &Pipeline) -> Result<Value> {
        watch::one_event_on_every_hop(shell, pipeline).await?;
        shell.run(&["sample", "insert", "--count", "5", "--aggregates", "2"]).await?;
        let count = self.count.to_string();
        shell.run(&["verify", "--count", &count]).await
    }
}

/// Destroys the pipeline and stops the local stack. If the tour failed, a failure here is only a warning.
async fn tear_down(shell: &mut Shell<'_>, toured: bool) -> Result<()> {
    let destroyed = if toured { shell.run(&["destroy", "--yes"]).await.map(drop) } else { Ok(()) };
    let down = shell.last(&["local", "down", "--purge"]).await.map(drop);
    match destroyed.and(down) {
        Err(error) if toured => {
            Err(Error::new(Kind::Failed, "the demo passed, but its clean-up failed").with_source(error))
        }
        Err(error) => {
            shell.ctx.console.warn(format!("the demo's local stack may still be up: {error}"));
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
