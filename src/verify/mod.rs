//! Verification of delivery: writes events, watches every hop, and matches them. Imports `aws`, `cloudformation`,
//! `deployment`, `error`, `outbox`, `output`, `pipelines`, `postgres` and `streams`.
//!
//! The readers are open before the first event is written. Matching ([`Ledger`]) is pure.

mod chart;
pub mod junit;
mod latency;
mod ledger;
mod order;
mod report;
mod rule;
mod watch;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use latency::Latency;
pub use ledger::Ledger;
pub use report::{AggregateReport, HopReport, Report, Verdict};

use crate::aws::Clients;
use crate::cloudformation::Deployment;
use crate::deployment::database::Database;
use crate::deployment::samples::Writer;
use crate::error::{Error, Kind, Result};
use crate::output::Console;
use crate::pipelines::{Hop, Part, Pipeline};
use crate::postgres::admin::Domain;
use crate::streams::{self, From, Warnings, bus, dynamodb, kinesis, log, processed};
use watch::Watch;

/// The hops of this pipeline that keep the order of an aggregate's events.
///
/// The stream that DMS or DynamoDB Streams writes and the processed log do. EventBridge keeps no order between deliveries
/// to a target, and Kinesis Data Streams for DynamoDB may change it ("Using Kinesis Data Streams to capture changes to
/// DynamoDB" in the DynamoDB developer guide).
pub fn ordered_hops(pipeline: &Pipeline) -> Vec<Hop> {
    let reordered = |hop: Hop| match hop {
        Hop::Stream => pipeline.has(Part::Kinesis) && !pipeline.has(Part::Database),
        Hop::Bus | Hop::Log => true,
        _ => false,
    };
    pipeline.visible_hops().into_iter().filter(|hop| !reordered(*hop)).collect()
}

/// The hops of this pipeline at which AWS may deliver a record again: the stream that Kinesis Data Streams for DynamoDB
/// writes ("Using Kinesis Data Streams to capture changes to DynamoDB" in the DynamoDB developer guide). EventBridge does so,
/// too, under the same event id, by which [`Ledger`] tells it from an event that was published again.
pub fn repeating_hops(pipeline: &Pipeline) -> Vec<Hop> {
    let repeats = |hop: &Hop| *hop == Hop::Stream && pipeline.has(Part::Kinesis) && !pipeline.has(Part::Database);
    pipeline.visible_hops().into_iter().filter(repeats).collect()
}

/// The DynamoDB stream of a deployment's outbox, or of the table that is captured itself.
///
/// # Errors
/// `Usage` where there is none in this pipeline, `NotDeployed` where there is none yet.
pub fn table_stream(deployment: &Deployment) -> Result<&str> {
    deployment.pipeline.need(Part::TableStream)?;
    deployment.output("OutboxStreamArn").or_else(|_| deployment.output("UsersStreamArn"))
}

/// Where events are written, and where they are followed.
pub struct Ways {
    pub writer: Writer,
    /// The database again, where the processed log is a hop: both are used at the same time.
    pub follower: Option<Database>,
}

/// How much is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    Events(u32),
    /// As many as there is time for. The run ends early once an event takes longer than the timeout.
    For(Duration),
}

/// How to verify.
#[derive(Debug, Clone)]
pub struct Options {
    pub amount: Amount,
    pub domain: Domain,
    /// The consumer group whose processed log is watched, where that is a hop.
    pub group: String,
    pub aggregates: u32,
    /// The hops at which disorder fails the run: [`ordered_hops`], or all.
    pub ordered: Vec<Hop>,
    /// The hops at which AWS may deliver a record again: [`repeating_hops`].
    pub repeating: Vec<Hop>,
    /// Events a second; as fast as it goes where None.
    pub rate: Option<f64>,
    /// How long to wait after the last commit.
    pub timeout: Duration,
    /// How long to go on looking once everything has arrived: for duplicates, and for what was rolled back.
    pub settle: Duration,
}

/// Writes, watches and matches. The report tells whether it passed; a mismatch is no error here.
///
/// # Errors
/// `Interrupted` when cancelled, and whatever keeps it from writing or watching. The temporary tap is removed always.
pub async fn run(
    deployment: &Deployment,
    clients: &Clients,
    ways: Ways,
    console: &Console,
    cancel: &CancellationToken,
    options: &Options,
) -> Result<Report> {
    let Ways { mut writer, mut follower } = ways;
    let (sink, items) = streams::channel();
    let stop = CancellationToken::new();
    let pipeline = deployment.pipeline;
    let hops = pipeline.visible_hops();
    let tap = match hops.contains(&Hop::Bus) {
        true => Some(bus::Tap::open(clients, deployment.output("BusName")?, console, cancel).await?),
        false => None,
    };
    let opening = async {
        if hops.contains(&Hop::Log) {
            rule::wait(deployment, clients, console).await;
        }
        if let Some(tap) = &tap {
            tap.listen(&sink, None);
        }
        if pipeline.has(Part::Kinesis) {
            let (stream, warnings) = (deployment.output("StreamName")?.to_owned(), Warnings::on(console));
            let positions = kinesis::Options { stream, from: From::Latest, until: None, consumer: None, warnings };
            kinesis::open(clients, positions, sink.clone(), stop.clone()).await?;
        }
        if pipeline.has(Part::TableStream) {
            let (stream_arn, warnings) = (table_stream(deployment)?.to_owned(), Warnings::on(console));
            let positions = dynamodb::Options { stream_arn, from: From::Latest, until: None, warnings };
            dynamodb::open(clients, positions, sink.clone(), stop.clone()).await?;
        }
        if hops.contains(&Hop::Log) {
            let group = deployment.output("EventLogGroup")?.to_owned();
            let log = log::Options { group, from: From::Latest, until: None };
            log::open(clients, log, sink.clone(), stop.clone()).await?;
        }
        if let Some(follower) = follower.take() {
            let pause = Duration::from_millis(if clients.is_local() { 50 } else { 1_000 });
            let marks = processed::Options { group: options.group.clone(), from: From::Latest, until: None, pause };
            processed::open(follower, marks, sink.clone(), stop.clone()).await?;
        }
        Ok(())
    };
    let verified = async {
        let stopped = || Err(Error::new(Kind::Interrupted, "stopped"));
        cancel.run_until_cancelled(opening).await.unwrap_or_else(stopped)?;
        Watch::new(console, options, items).run(pipeline.origin(), &hops, &mut writer, cancel).await
    }
    .await;
    stop.cancel();
    let removed = match tap {
        Some(tap) => tap.remove().await,
        None => Ok(()),
    };
    let report = verified?;
    removed.map(|()| report)
}
