//! `outboxctl tail`.

mod filter;
mod named;
mod numbers;
mod resources;
mod show;
mod source;

use chrono::{DateTime, Utc};

use crate::base::error::{Error, Kind, Result};
use crate::commands::args::{from, time};
use crate::commands::{Context, reach};
use crate::deployment::{Deployment, Reading};
use crate::output::{Outcome, count};
use crate::pipelines::{self, Hop, Part, Stop};
use crate::settings::{DEFAULT_GROUP, OutputFormat};
use crate::streams::{StartAt, Warnings};
use named::NamedHop;
use resources::Resources;
use show::Show;
use source::Source;

/// Follow events through the stream, the bus and the event log
///
/// Merges the events of all hops as they arrive. Reads every shard of a Kinesis or DynamoDB stream, parents before
/// children. Reads the bus through a temporary queue and rule, which are removed at the end. Unpacks aggregated and
/// compressed records; records that cannot be decoded are shown as base64 with the reason.
///
/// `tail outbox` follows the outbox table in PostgreSQL: it scans the table every second. With OUTBOXCTL_DATABASE_URL
/// it needs no AWS account.
///
/// --stream, --bus and --table follow resources of the account that outboxctl did not deploy. Records that are not
/// events are shown as JSON or text.
///
/// --format accepts text with an item's fields in braces: {at} {hop} {content} {summary} {age_ms} {event_id}
/// {event_type} {aggregate_type} {aggregate_id} {sequence} {committed_at} {correlation_id} {shard} {sequence_number}
/// {partition_key} {image} {record} {text} {base64} {error}. {record.data.payload} selects a field within a record. Fields
/// that an item does not have are empty.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Hops to follow [default: the stream, and the bus or the processed log]
    #[arg(value_enum, value_name = "HOP")]
    hops: Vec<NamedHop>,
    #[command(flatten)]
    resources: Resources,
    /// Where to start: latest, start, a time, or -15m
    #[arg(long, value_name = "TIME", default_value = "latest", allow_hyphen_values = true, value_parser = from)]
    from: StartAt,
    /// Exit when items arrive later than this: a time, +30s or -1m
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time)]
    until: Option<DateTime<Utc>>,
    #[command(flatten)]
    show: Show,
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

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        self.check(ctx)?;
        let source = self.source(ctx).await?;
        let layout = match &source {
            Source::Deployed(deployment, _) => deployment.layout.clone(),
            Source::Named(..) | Source::Outbox(_) => ctx.settings.outbox.clone().unwrap_or_default(),
        };
        let reading = Reading {
            layout,
            from: self.from,
            until: self.until,
            group: self.group.clone().unwrap_or_else(|| DEFAULT_GROUP.into()),
            enhanced_fan_out: self.enhanced_fan_out,
            warnings: Warnings::on(&ctx.console),
        };
        let _hold = ctx.hold();
        let names = source.names();
        let (readers, items) = source.open(ctx, &reading).await?;
        ctx.console.finished("tail", format!("following {}", names.join(", ")), false);
        let shown = self.show.run(ctx, items).await;
        let closed = readers.close().await;
        let shown = shown?;
        closed?;
        Ok(Outcome::data(serde_json::json!({ "shown": shown })).summary(count(shown, "item")))
    }

    /// Finds what to follow.
    async fn source(&self, ctx: &Context) -> Result<Source> {
        if self.resources.any() {
            let clients = ctx.aws().await?;
            return Ok(Source::Named(Box::new(clients.clone()), self.resources.feeds(clients).await?));
        }
        if self.hops.as_slice() == [NamedHop::Outbox]
            && let Some(target) = reach::target(ctx)?
        {
            return Ok(Source::Outbox(Box::new(reach::connect(ctx, target).await?)));
        }
        let deployment = reach::deployment(ctx).await?;
        let stops = self.stops(ctx, &deployment)?;
        Ok(Source::Deployed(Box::new(deployment), stops))
    }

    /// Checks the arguments before any request to AWS.
    fn check(&self, ctx: &Context) -> Result<()> {
        let refuse = |text: &str| Err(Error::new(Kind::Usage, text));
        match self.from {
            StartAt::At(from) if from > Utc::now() => return refuse("--from is in the future"),
            StartAt::At(from) if self.until.is_some_and(|until| until < from) => {
                return refuse("--until is before --from");
            }
            StartAt::Latest if self.until.is_some_and(|until| until < Utc::now()) => {
                return refuse("--until is in the past: set the start with --from");
            }
            StartAt::Latest | StartAt::Start | StartAt::At(_) => {}
        }
        if self.resources.any() {
            self.resources.check(self.from, self.enhanced_fan_out)?;
        } else {
            let pipeline = pipelines::find(&ctx.settings.pipeline)?;
            self.hops.iter().filter_map(|named| named.part()).try_for_each(|part| pipeline.need(part))?;
            if self.group.is_some() {
                pipeline.need(Part::Consumers)?;
            }
        }
        if ctx.settings.output == OutputFormat::Json {
            return Err(Error::new(
                Kind::Usage,
                "--output json writes one document at the end, and a stream has no end",
            )
            .hint("use --output ndjson: one object per line, as items arrive"));
        }
        if self.show.format.is_some() && ctx.settings.output != OutputFormat::Table {
            return refuse("--format writes text, and requires --output table");
        }
        Ok(())
    }

    /// Returns the stops to follow, in order. Earlier events of the bus are read from the event log, which is otherwise
    /// not followed because it repeats the bus.
    ///
    /// # Errors
    /// `Usage` for --enhanced-fan-out without a Kinesis stream.
    fn stops(&self, ctx: &Context, deployment: &Deployment) -> Result<Vec<&'static Stop>> {
        let pipeline = deployment.pipeline;
        let named: Vec<Hop> = self.hops.iter().map(|named| named.hop()).collect();
        let past = self.from != StartAt::Latest;
        let is_wanted = |hop: Hop| if named.is_empty() { hop != Hop::Log } else { named.contains(&hop) };
        if past && pipeline.has(Part::Bus) && is_wanted(Hop::Bus) {
            ctx.console.note("EventBridge keeps no history: reading the event log instead");
        }
        let wanted = |stop: &&Stop| match stop.part.hop() {
            Hop::Bus => is_wanted(Hop::Bus) && !past,
            Hop::Log => is_wanted(Hop::Log) || (is_wanted(Hop::Bus) && past),
            hop => is_wanted(hop),
        };
        // The outbox table is read only on request: each look scans it.
        let is_outbox = |stop: &Stop| stop.part == Part::Database && named.contains(&Hop::Database);
        let shown = deployment.stops().filter(|stop| stop.part.is_visible() || is_outbox(stop));
        let stops: Vec<&Stop> = shown.filter(wanted).collect();
        if self.enhanced_fan_out && !stops.iter().any(|stop| stop.part == Part::Kinesis) {
            let text =
                format!("--enhanced-fan-out reads Kinesis, which is not among the followed hops of {}", pipeline.name);
            return Err(Error::new(Kind::Usage, text));
        }
        Ok(stops)
    }
}
