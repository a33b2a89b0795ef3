//! `outboxctl tail`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use jmespath::Expression;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use crate::cloudformation::Deployment;
use crate::commands::dms::seconds;
use crate::commands::reach;
use crate::consumer::DEFAULT_GROUP;
use crate::context::Context;
use crate::database::Via;
use crate::error::Result;
use crate::output::{Event, Outcome};
use crate::streams::{self, From, Hop, Item, bus, kinesis, log, processed};
use crate::verify;

/// Follow events through the stream, the bus and the event log, merged as they come
///
/// Kinesis is read on every shard, parents before children. The bus is tapped by a temporary queue and rule, which are
/// removed at the end. What can't be decoded is shown as base64 with the reason.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Hops to follow [default: the stream, and the bus or the processed log]
    #[arg(value_enum, value_name = "HOP")]
    hops: Vec<Hop>,
    /// Where to begin: latest, start, a time, or -15m
    #[arg(long, value_name = "WHEN", default_value = "latest", allow_hyphen_values = true)]
    from: From,
    /// End before what arrives later than this: a time, +30s or -1m
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true, value_parser = until)]
    until: Option<DateTime<Utc>>,
    /// End after this many items
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// End when nothing came for so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    idle_timeout: Option<Duration>,
    /// Show only items for which this JMESPath expression is true, such as "event_type=='CarCreated'"
    #[arg(long = "where", value_name = "EXPRESSION", value_parser = filter)]
    filter: Option<Expression<'static>>,
    /// Consumer group whose processed log is followed
    #[arg(long, value_name = "NAME", default_value = DEFAULT_GROUP)]
    group: String,
}

fn until(text: &str) -> std::result::Result<DateTime<Utc>, String> {
    streams::time(text, Utc::now())
}

fn filter(text: &str) -> std::result::Result<Expression<'static>, String> {
    jmespath::compile(text).map_err(|error| error.to_string())
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        let _hold = ctx.hold();
        let stop = CancellationToken::new();
        let mut tap = None;
        let followed = self.follow(ctx, &stop, &mut tap).await;
        stop.cancel();
        let removed = match tap {
            Some(tap) => tap.remove().await,
            None => Ok(()),
        };
        let shown = followed?;
        removed?;
        Ok(Outcome::data(serde_json::json!({ "shown": shown })).summary(format!("{shown} items")))
    }

    /// Opens the readers and shows what they see; returns how many items were shown.
    async fn follow(&self, ctx: &Context, stop: &CancellationToken, tap: &mut Option<bus::Tap>) -> Result<u64> {
        let deployment = reach::deployment(ctx).await?;
        let clients = ctx.aws().await?;
        let (sink, items) = streams::channel();
        let hops = self.hops(ctx, &deployment);
        if hops.contains(&Hop::Kinesis) {
            let stream = deployment.output("StreamName")?.to_owned();
            let options = kinesis::Options { stream, from: self.from, until: self.until };
            kinesis::open(clients, options, sink.clone(), stop.clone()).await?;
        }
        if hops.contains(&Hop::Log) {
            let group = deployment.output("EventLogGroup")?.to_owned();
            let options = log::Options { group, from: self.from, until: self.until };
            log::open(clients, options, sink.clone(), stop.clone()).await?;
        }
        if hops.contains(&Hop::Events) {
            let live = bus::Tap::open(clients, deployment.output("BusName")?, &ctx.console, &ctx.cancel).await?;
            live.listen(&sink, self.until);
            *tap = Some(live);
        }
        if hops.contains(&Hop::Processed) {
            let database = reach::open(ctx, &deployment, Via::Auto).await?;
            let pause = Duration::from_millis(if clients.endpoint_url.is_some() { 50 } else { 1_000 });
            let options = processed::Options { group: self.group.clone(), from: self.from, until: self.until, pause };
            processed::open(database, options, sink.clone(), stop.clone()).await?;
        }
        // The readers hold the sink now; without ours, their end is the end.
        drop(sink);
        let names: Vec<_> = hops.iter().map(|hop| hop.name()).collect();
        ctx.console.emit(Event::finished("tail", format!("following {}", names.join(", ")), false));
        self.show(ctx, items).await
    }

    /// A bus keeps no past: what it delivered before now is in the event log.
    fn hops(&self, ctx: &Context, deployment: &Deployment) -> Vec<Hop> {
        let mut hops = if self.hops.is_empty() { verify::hops(deployment) } else { self.hops.clone() };
        // The event log shows again what the bus shows.
        if self.hops.is_empty() {
            hops.retain(|hop| *hop != Hop::Log);
        }
        if self.from != From::Latest && hops.contains(&Hop::Events) {
            ctx.console.note("a bus keeps no past: reading what it delivered from the event log");
            hops.retain(|hop| *hop != Hop::Events);
            hops.push(Hop::Log);
        }
        hops.sort_unstable();
        hops.dedup();
        hops
    }

    async fn show(&self, ctx: &Context, mut items: Receiver<Result<Item>>) -> Result<u64> {
        let mut shown = 0;
        while self.count.is_none_or(|count| shown < count) {
            let next = tokio::select! {
                next = items.recv() => next,
                () = idle(self.idle_timeout) => None,
                () = ctx.cancel.cancelled() => None,
            };
            let Some(item) = next.transpose()? else { break };
            if !self.wants(&item) {
                continue;
            }
            shown += 1;
            if !ctx.console.item(&item, || item.line()) {
                break;
            }
        }
        Ok(shown)
    }

    /// An expression that fails on an item, by its types, does not want it.
    fn wants(&self, item: &Item) -> bool {
        let Some(filter) = &self.filter else { return true };
        serde_json::to_value(item).ok().and_then(|item| filter.search(item).ok()).is_some_and(|found| found.is_truthy())
    }
}

async fn idle(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}
