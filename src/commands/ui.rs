//! `outboxctl ui`.

use std::net::Ipv4Addr;
use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;

use crate::commands::args::{from, whole};
use crate::commands::reach;
use crate::context::Context;
use crate::database::Via;
use crate::error::{Error, Kind, Result};
use crate::output::{Event, Outcome};
use crate::streams::From;
use crate::ui::{self, Options, Pipeline};

/// Show the pipeline on a web page, live
///
/// The page shows the flow from commit to delivery with counts, rates, backlog and latencies, every event's path, the
/// outbox, and what was given up. It is served on this machine only, and read-only unless --local or --allow-write is
/// given. /metrics has the numbers for Prometheus, /openapi.json the API.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port to serve on; 0 picks a free one
    #[arg(long, value_name = "PORT", value_parser = whole(0, u16::MAX), default_value_t = 3000)]
    port: u16,
    /// Offer what writes to the deployed pipeline: the form, and sending dead letters again
    #[arg(long)]
    allow_write: bool,
    /// How far back stream and event log are read at the start: latest, start, a time, or -15m
    #[arg(long, value_name = "TIME", default_value = "-15m", allow_hyphen_values = true, value_parser = from)]
    from: From,
    /// How to reach the database
    #[arg(long, value_name = "WAY", default_value = "auto")]
    via: Via,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let _hold = ctx.hold();
        let deployment = reach::deployment(ctx).await?;
        if !deployment.exists() {
            let (name, stage) = (deployment.pipeline.name, &deployment.stage);
            return Err(Error::new(Kind::NotDeployed, format!("pipeline {name}, stage {stage} is not deployed")));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.map_err(|error| {
            let taken = Error::new(Kind::PortInUse, format!("port {} can't be listened on", self.port));
            taken.with_source(error).hint("choose another with --port, or let one be picked with --port 0")
        })?;
        let options = Options {
            writable: ctx.settings.local || self.allow_write,
            local: ctx.settings.local,
            from: self.from,
            stage: deployment.stage.clone(),
        };
        let url = match listener.local_addr() {
            Ok(address) => format!("http://localhost:{}", address.port()),
            Err(error) => return Err(Error::new(Kind::Io, "the listener has no address").with_source(error)),
        };
        let mode = if options.writable { "" } else { ", read-only" };
        ctx.console.emit(Event::finished("ui", format!("the page is at {url}{mode}; Ctrl-C ends it"), false));
        let pipeline = Pipeline {
            clients: ctx.aws().await?.clone(),
            deployment: Arc::new(deployment),
            via: self.way(ctx),
            roots: reach::roots(ctx)?,
        };
        ui::serve(listener, pipeline, options, ctx.cancel.clone()).await?;
        Ok(Outcome::data(json!({ "url": url })))
    }

    /// The local database listens on this machine, though the template calls it private.
    fn way(&self, ctx: &Context) -> Via {
        if ctx.settings.local && self.via == Via::Auto { Via::Direct } else { self.via }
    }
}
