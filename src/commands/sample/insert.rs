//! `outboxctl sample insert`.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use crate::aws::api_gateway::{Answer, Api};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::base::timing::RateLimit;
use crate::commands::args::{rate, whole};
use crate::commands::{Context, announce, reach};
use crate::deployment::Deployment;
use crate::deployment::database::{Via, not_through_the_function};
use crate::deployment::samples::{self, Writer, call};
use crate::output::{Expect, Outcome, Table, count};
use crate::pipelines::{Output, Part};
use crate::postgres::admin::{Domain, Inserted, SampleRequest};
use crate::settings::DATABASE_URL;

/// Maximum rows in the text output; more are only counted.
const SHOWN: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    /// Through the admin function, unless the database is public
    Auto,
    /// SQL from this machine, with verified TLS
    Direct,
    /// Through the admin function
    Function,
    /// Through the pipeline's HTTP API, one request per event; the only way on DynamoDB
    Api,
}

/// Write sample rows with their outbox rows, each pair in one transaction
///
/// If the sample was excluded from the deploy, only outbox rows are written: events `SampleCreated` and `SampleUpdated`
/// of aggregates of type `sample`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Number of events to write
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = whole(1_u32, 10_000_000))]
    count: u32,
    /// Events per second [default: unlimited]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// Number of aggregates to spread the events over
    ///
    /// The first event of an aggregate creates it, such as CarCreated; later ones update it, such as CarUpdated.
    #[arg(long, value_name = "A", default_value_t = 10, value_parser = whole(1, u32::MAX))]
    aggregates: u32,
    /// Also write one event and roll it back; that event must not be delivered
    #[arg(long)]
    rollback_control: bool,
    /// How to write the rows
    #[arg(long, value_name = "WAY", default_value = "auto")]
    via: Way,
}

#[derive(Debug, Serialize)]
struct Written {
    run: Uuid,
    /// Duration of the writing in seconds.
    seconds: f64,
    events_per_second: f64,
    event_ids: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inserted: Vec<Inserted>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rolled_back: Option<Inserted>,
}

impl Args {
    pub async fn run(self, ctx: &Context) -> Result<Outcome> {
        if let Some(target) = reach::target(ctx)? {
            let database = match self.via {
                Way::Auto | Way::Direct => reach::connect(ctx, target).await?,
                Way::Function => return Err(not_through_the_function(&target)),
                Way::Api => {
                    let text =
                        format!("--via api writes to the deployed database, and {DATABASE_URL} names another one");
                    return Err(Error::new(Kind::Usage, text));
                }
            };
            return self.write(ctx, Writer::Database(database), Domain::Outbox).await;
        }
        let deployment = announce::deployment(ctx, true).await?;
        let via = match self.via {
            // Reports the excluded sample.
            Way::Api if !deployment.has_sample() => {
                let no_api = || Error::new(Kind::Usage, "this stage has no sample API");
                return Err(deployment.output(Output::ApiUrl).err().unwrap_or_else(no_api));
            }
            Way::Api if deployment.pipeline.has(Part::Database) => return self.post(ctx, &deployment).await,
            Way::Api | Way::Auto => Via::Auto,
            Way::Direct => Via::Direct,
            Way::Function => Via::Function,
        };
        let deployment = deployment.reached(via);
        self.write(ctx, deployment.writer().await?, deployment.domain()).await
    }

    async fn write(self, ctx: &Context, mut writer: Writer, domain: Domain) -> Result<Outcome> {
        let request = SampleRequest {
            run: Uuid::now_v7(),
            first: 0,
            count: self.count,
            domain,
            aggregates: self.aggregates,
            rate: self.rate,
            rollback: false,
        };
        let _wait = ctx.console.wait("sample", &format!("writing {}", count(self.count, "event")));
        // Written events remain after a signal.
        let _hold = ctx.hold();
        let started = Instant::now();
        let inserted = self.insert(ctx, &mut writer, &request).await?;
        let took = started.elapsed();
        let control = SampleRequest { first: self.count.into(), count: 1, rollback: true, ..request };
        let rolled_back = match self.rollback_control {
            true => {
                let written = writer.insert(&control, &ctx.cancel, |_| {}).await;
                written.map_err(|error| incomplete(error, inserted.len(), self.count))?.pop()
            }
            false => None,
        };
        let event_ids = inserted.iter().map(|event| event.event_id.to_string()).collect();
        let written = Written { inserted, rolled_back, ..Written::new(request.run, took, event_ids) };
        let message = format!("{} written{}", count(written.inserted.len(), "event"), written.speed());
        ctx.console.finished("sample", message, true);
        let control = written.rolled_back.as_ref();
        let mut outcome = Outcome::data(&written).changed(true).table(rows(&written.inserted));
        outcome.summary = control.map(|event| format!("Rolled back, must not arrive: {}", event.event_id));
        Ok(outcome)
    }

    /// Writes the events of the request, and shows their number.
    ///
    /// # Errors
    /// `Interrupted` after a signal, and those of the writer.
    async fn insert(&self, ctx: &Context, writer: &mut Writer, request: &SampleRequest) -> Result<Vec<Inserted>> {
        if let Some(rate) = self.rate
            && let Ok(whole) = Duration::try_from_secs_f64(f64::from(self.count) / rate)
        {
            ctx.console.expect("sample", Expect::Lasts(whole));
        }
        let (so_far, second, started) = (AtomicUsize::new(0), AtomicU64::new(0), Instant::now());
        let on_chunk = |chunk: &[Inserted]| {
            let so_far = so_far.fetch_add(chunk.len(), Ordering::Relaxed) + chunk.len();
            let now = started.elapsed().as_secs();
            // At most one line a second: a chunk may be one event.
            if second.swap(now, Ordering::Relaxed) != now || so_far == self.count as usize {
                ctx.console.progress("sample", format!("{so_far} of {} events written", self.count));
            }
            if self.rate.is_none() {
                ctx.console.expect("sample", Expect::of(so_far as u64, self.count.into()));
            }
        };
        let inserted = tokio::select! {
            inserted = writer.insert(request, &ctx.cancel, on_chunk) => {
                inserted.map_err(|error| incomplete(error, so_far.load(Ordering::Relaxed), self.count))?
            }
            () = samples::overdue(&ctx.cancel) => {
                return Err(stopped("at least ", so_far.load(Ordering::Relaxed), self.count));
            }
        };
        if ctx.cancel.is_cancelled() && inserted.len() < self.count as usize {
            return Err(stopped("", inserted.len(), self.count));
        }
        Ok(inserted)
    }

    /// Posts to the API, which chooses sequence and aggregates.
    async fn post(self, ctx: &Context, deployment: &Deployment) -> Result<Outcome> {
        if self.rollback_control {
            return Err(Error::new(
                Kind::Usage,
                "the API commits every request: --rollback-control needs another --via",
            ));
        }
        let sample = deployment.pipeline.route.sample;
        let (route, one) = (sample.name(), sample.one());
        let url = format!("{}/{route}", deployment.output(Output::ApiUrl)?.trim_end_matches('/'));
        let api = Api::new(ctx.aws().await?, deployment.output(Output::ApiUrl)?)?;
        let (run, started, limit) = (Uuid::now_v7(), Instant::now(), RateLimit::start(self.rate));
        let _wait = ctx.console.wait("sample", &format!("posting to {url}"));
        let mut table = Table::new(["event", one]);
        let mut event_ids = Vec::new();
        let _hold = ctx.hold();
        for n in 0..self.count {
            if ctx.cancel.run_until_cancelled(limit.wait(n.into())).await.is_none() {
                return Err(stopped("", event_ids.len(), self.count));
            }
            let call = call(sample, n.into(), None);
            let answer = api.send(call.method, &call.path, &[], call.body.to_string().into_bytes()).await;
            let created = answer.and_then(|answer| created(&url, &answer));
            let created = created.map_err(|error| incomplete(error, event_ids.len(), self.count))?;
            ctx.console.expect("sample", Expect::of(u64::from(n) + 1, self.count.into()));
            let text = |key: &str| created[key].as_str().unwrap_or_default().to_owned();
            table.row([text("eventId"), text("id")]);
            event_ids.push(text("eventId"));
        }
        table.rows.truncate(SHOWN);
        let summary = format!("{} created through {url}", event_ids.len());
        let written = Written::new(run, started.elapsed(), event_ids);
        Ok(Outcome::data(written).changed(true).table(table).summary(summary))
    }
}

/// Minimum number of events for a meaningful rate.
const MANY: usize = 100;

impl Written {
    fn new(run: Uuid, took: Duration, event_ids: Vec<String>) -> Self {
        let seconds = took.as_secs_f64();
        let events_per_second = event_ids.len() as f64 / seconds.max(f64::MIN_POSITIVE);
        Self { run, seconds, events_per_second, event_ids, inserted: Vec::new(), rolled_back: None }
    }

    /// Returns the rate as text; empty for a few events.
    fn speed(&self) -> String {
        match self.event_ids.len() {
            ..MANY => String::new(),
            _ => format!(", {:.0} per second", self.events_per_second),
        }
    }
}

/// Returns the error of an interrupted command; `about` precedes the number of written events.
fn stopped(about: &str, written: usize, count: u32) -> Error {
    let message = format!("stopped; {about}{written} of {count} events were written");
    Error::new(Kind::Interrupted, message).with_data(json!({ "written": written }))
}

/// Adds the number of events that were written before the error. Those of the failed request may be written, too.
fn incomplete(error: Error, written: usize, count: u32) -> Error {
    if written == 0 {
        return error;
    }
    let so_far = format!("at least {written} of {count} events were written before");
    let hint = match (count as usize).saturating_sub(written) {
        0 => so_far,
        left => format!("{so_far}; to write as many as are missing: `outboxctl sample insert --count {left}`"),
    };
    error.hint(hint).with_data(json!({ "written": written }))
}

/// Returns the created sample, or the problem that the API reports as an error.
fn created(url: &str, answer: &Answer) -> Result<Value> {
    let Answer { status, body, .. } = answer;
    if *status != 201 {
        let problem = String::from_utf8_lossy(&body[..body.len().min(500)]).into_owned();
        return Err(Error::new(answer.error_kind(), format!("POST {url}: {status}: {problem}")));
    }
    serde_json::from_slice(body).or_fail(Kind::Unexpected, || format!("POST {url}: the answer is not JSON"))
}

fn rows(inserted: &[Inserted]) -> Table {
    let mut table = Table::new(["event", "type", "aggregate", "sequence", "correlation id"]);
    for event in inserted.iter().take(SHOWN) {
        table.row([
            event.event_id.to_string(),
            event.event_type.clone(),
            event.aggregate_id.clone(),
            event.sequence.map_or("-".into(), |sequence| sequence.to_string()),
            event.correlation_id.clone(),
        ]);
    }
    if inserted.len() > SHOWN {
        table.row([format!("… and {} more", inserted.len() - SHOWN)]);
    }
    table
}
