//! `outboxctl tail`.

mod filter;
mod show;
mod stop;

use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::cloudformation::Deployment;
use crate::commands::Context;
use crate::commands::args::{LONGEST, TICK, duration, from, time, whole};
use crate::commands::reach;
use crate::consumer::DEFAULT_GROUP;
use crate::deployment::database::Via;
use crate::error::{Error, Kind, Result};
use crate::output::{Event, Outcome, count};
use crate::pipelines::{self, Hop, Part};
use crate::settings::OutputFormat;
use crate::streams::{self, From, Template, Warnings, bus, dynamodb, kinesis, log, processed};
use crate::verify;
use filter::Filter;
use show::Show;
use stop::Stop;

/// Follow events through the stream, the bus and the event log
///
/// Merges the events of all hops as they arrive. Reads every shard of a Kinesis or DynamoDB stream, parents before
/// children. Reads the bus through a temporary queue and rule, which are removed at the end. Unpacks aggregated and
/// compressed records; records that cannot be decoded are shown as base64 with the reason.
///
/// --format accepts text with an item's fields in braces: {at} {hop} {content} {summary} {age_ms} {event_id}
/// {event_type} {aggregate_type} {aggregate_id} {sequence} {committed_at} {correlation_id} {shard} {sequence_number}
/// {partition_key} {image} {record} {base64} {error}. {record.data.payload} selects a field within a record. Fields
/// that an item does not have are empty.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Hops to follow [default: the stream, and the bus or the processed log]
    #[arg(value_enum, value_name = "HOP")]
    hops: Vec<Stop>,
    /// Where to start: latest, start, a time, or -15m
    #[arg(long, value_name = "TIME", default_value = "latest", allow_hyphen_values = true, value_parser = from)]
    from: From,
    /// Exit when items arrive later than this: a time, +30s or -1m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time)]
    until: Option<DateTime<Utc>>,
    /// Exit after this many items
    #[arg(long, value_name = "N", value_parser = whole(1, u64::MAX))]
    count: Option<u64>,
    /// Exit after this much time without an item
    #[arg(long, value_name = "DURATION", value_parser = duration(TICK, LONGEST))]
    idle_timeout: Option<Duration>,
    /// Show only items that match this JMESPath expression, such as "event_type=='CarCreated'"
    #[arg(long = "where", value_name = "EXPRESSION", value_parser = Filter::parse)]
    filter: Option<Filter>,
    /// Template for each line, such as "{at} {event_type} {aggregate_id}"; \n and \t are escapes
    #[arg(long, value_name = "TEMPLATE", value_parser = Template::parse)]
    format: Option<Template>,
    /// Read Kinesis with enhanced fan-out, through a temporary consumer
    ///
    /// Kinesis pushes the records and does not count them against the read throughput of the shards. AWS charges for
    /// enhanced fan-out.
    #[arg(long)]
    enhanced_fan_out: bool,
    /// Consumer group whose processed log to follow [default: outboxctl]
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

/// What has to be taken away again, however it ends.
#[derive(Default)]
struct Temporary {
    tap: Option<bus::Tap>,
    consumer: Option<kinesis::fan_out::FanOut>,
}

impl Temporary {
    /// Tries to remove all of it, whatever becomes of one.
    async fn remove(self) -> Result<()> {
        let tap = match self.tap {
            Some(tap) => tap.remove().await,
            None => Ok(()),
        };
        let consumer = match self.consumer {
            Some(consumer) => consumer.remove().await,
            None => Ok(()),
        };
        tap.and(consumer)
    }
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        self.check(ctx)?;
        let deployment = reach::deployment(ctx).await?;
        let _hold = ctx.hold();
        let stop = CancellationToken::new();
        let mut temporary = Temporary::default();
        let followed = self.follow(ctx, &deployment, &stop, &mut temporary).await;
        stop.cancel();
        let removed = temporary.remove().await;
        let shown = followed?;
        removed?;
        Ok(Outcome::data(serde_json::json!({ "shown": shown })).summary(count(shown, "item")))
    }

    /// What can be told to be wrong before anything is asked of AWS.
    fn check(&self, ctx: &Context) -> Result<()> {
        let refuse = |text: &str| Err(Error::new(Kind::Usage, text));
        match self.from {
            From::At(from) if from > Utc::now() => return refuse("--from lies in the future"),
            From::At(from) if self.until.is_some_and(|until| until < from) => {
                return refuse("--until lies before --from");
            }
            From::Latest if self.until.is_some_and(|until| until < Utc::now()) => {
                return refuse("--until lies in the past: say with --from where to begin");
            }
            From::Latest | From::Start | From::At(_) => {}
        }
        let pipeline = pipelines::find(&ctx.settings.pipeline)?;
        self.hops.iter().filter_map(|stop| part(*stop)).try_for_each(|part| pipeline.need(part))?;
        if self.group.is_some() {
            pipeline.need(Part::Consumers)?;
        }
        if ctx.settings.output == OutputFormat::Json {
            return Err(Error::new(Kind::Usage, "--output json is one document at the end, and a stream has none")
                .hint("take --output ndjson: one object a line, as items come"));
        }
        if self.format.is_some() && ctx.settings.output != OutputFormat::Table {
            return refuse("--format makes text: it goes with --output table only");
        }
        Ok(())
    }

    /// Opens the readers and shows what they see; returns how many items were shown.
    async fn follow(
        &self,
        ctx: &Context,
        deployment: &Deployment,
        stop: &CancellationToken,
        temporary: &mut Temporary,
    ) -> Result<u64> {
        let clients = ctx.aws().await?;
        let (sink, items) = streams::channel();
        let hops = self.hops(ctx, deployment);
        let follows = |part: Part| hops.contains(&Hop::Stream) && deployment.pipeline.has(part);
        if self.enhanced_fan_out && !follows(Part::Kinesis) {
            let name = deployment.pipeline.name;
            let text = format!("--enhanced-fan-out reads Kinesis, and that is not followed here, on {name}");
            return Err(Error::new(Kind::Usage, text));
        }
        if follows(Part::Kinesis) {
            let stream = deployment.output("StreamName")?.to_owned();
            if self.enhanced_fan_out {
                let consumer = kinesis::fan_out::FanOut::open(clients, &stream, &ctx.console, &ctx.cancel).await?;
                temporary.consumer = Some(consumer);
            }
            let consumer = temporary.consumer.as_ref().map(|consumer| consumer.arn.clone());
            let warnings = Warnings::on(&ctx.console);
            let options = kinesis::Options { stream, from: self.from, until: self.until, consumer, warnings };
            or_stop(ctx, kinesis::open(clients, options, sink.clone(), stop.clone())).await?;
        }
        if follows(Part::TableStream) {
            let stream_arn = verify::table_stream(deployment)?.to_owned();
            let warnings = Warnings::on(&ctx.console);
            let options = dynamodb::Options { stream_arn, from: self.from, until: self.until, warnings };
            or_stop(ctx, dynamodb::open(clients, options, sink.clone(), stop.clone())).await?;
        }
        if hops.contains(&Hop::Log) {
            let group = deployment.output("EventLogGroup")?.to_owned();
            let options = log::Options { group, from: self.from, until: self.until };
            or_stop(ctx, log::open(clients, options, sink.clone(), stop.clone())).await?;
        }
        if hops.contains(&Hop::Bus) {
            let live = bus::Tap::open(clients, deployment.output("BusName")?, &ctx.console, &ctx.cancel).await?;
            live.listen(&sink, self.until);
            temporary.tap = Some(live);
        }
        if hops.contains(&Hop::Processed) {
            let database = or_stop(ctx, reach::open(ctx, deployment, Via::Auto)).await?;
            let pause = Duration::from_millis(if clients.is_local() { 50 } else { 1_000 });
            let group = self.group.clone().unwrap_or_else(|| DEFAULT_GROUP.into());
            let options = processed::Options { group, from: self.from, until: self.until, pause };
            or_stop(ctx, processed::open(database, options, sink.clone(), stop.clone())).await?;
        }
        // The readers hold the sink now; without ours, their end is the end.
        drop(sink);
        let names: Vec<_> = hops.iter().map(|hop| hop.name()).collect();
        ctx.console.emit(Event::finished("tail", format!("following {}", names.join(", ")), false));
        let show = Show {
            count: self.count,
            idle_timeout: self.idle_timeout,
            filter: self.filter.as_ref(),
            format: self.format.as_ref(),
        };
        show.run(ctx, items).await
    }

    /// Returns the hops to follow. EventBridge keeps no history: what it delivered before now is in the event log.
    fn hops(&self, ctx: &Context, deployment: &Deployment) -> Vec<Hop> {
        let mut hops: Vec<Hop> = match self.hops.is_empty() {
            true => deployment.pipeline.visible_hops(),
            false => self.hops.iter().map(|stop| stop.hop()).collect(),
        };
        // The event log shows again what the bus shows.
        if self.hops.is_empty() {
            hops.retain(|hop| *hop != Hop::Log);
        }
        if self.from != From::Latest && hops.contains(&Hop::Bus) {
            ctx.console.note("EventBridge keeps no history: reading the event log instead");
            hops.retain(|hop| *hop != Hop::Bus);
            hops.push(Hop::Log);
        }
        hops.sort_unstable();
        hops.dedup();
        hops
    }
}

/// Returns what a pipeline must have for this hop; every pipeline has a stream.
fn part(stop: Stop) -> Option<Part> {
    match stop {
        Stop::Stream => None,
        Stop::Kinesis => Some(Part::Kinesis),
        Stop::Dynamodb => Some(Part::TableStream),
        Stop::Bus | Stop::Log => Some(Part::Bus),
        Stop::Processed => Some(Part::Consumers),
    }
}

/// What opens something that needs no removing may be given up at any moment.
async fn or_stop<T>(ctx: &Context, opening: impl Future<Output = Result<T>>) -> Result<T> {
    let stopped = || Err(Error::new(Kind::Interrupted, "stopped"));
    ctx.cancel.run_until_cancelled(opening).await.unwrap_or_else(stopped)
}
