//! Proving delivery: events are written, watched at every hop, and matched. Imports `aws`, `cloudformation`, `database`,
//! `error`, `output`, `postgres`, `samples`, `streams`.
//!
//! The taps are in place before the first event is written. Matching ([`Ledger`]) is pure.

mod ledger;
mod report;

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use ledger::Ledger;
pub use report::{HopReport, Latency, Report, Verdict};

use crate::aws::Clients;
use crate::cloudformation::Deployment;
use crate::database::Database;
use crate::error::{Error, Kind, Result};
use crate::output::{Console, Event};
use crate::postgres::admin::{Domain, Inserted, SampleRequest};
use crate::samples::Writer;
use crate::streams::{self, From, Hop, Item, bus, kinesis, log, processed};

/// The stack that makes each hop, in the order that events pass the hops.
const HOPS: &[(Hop, &str)] =
    &[(Hop::Kinesis, "stream"), (Hop::Events, "bus"), (Hop::Log, "bus"), (Hop::Processed, "leases")];

/// The hops that events of this deployment pass.
pub fn hops(deployment: &Deployment) -> Vec<Hop> {
    HOPS.iter().filter(|(_, stack)| deployment.pipeline.stack(stack).is_some()).map(|(hop, _)| *hop).collect()
}

/// Where events are written, and where they are followed.
pub struct Ways {
    pub writer: Writer,
    /// The database again, where the processed log is a hop: both are used at the same time.
    pub follower: Option<Database>,
}

/// How to verify.
#[derive(Debug, Clone)]
pub struct Options {
    pub count: u32,
    pub domain: Domain,
    /// The consumer group whose processed log is watched, where that is a hop.
    pub group: String,
    pub aggregates: u32,
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
    mut ways: Ways,
    console: &Console,
    cancel: &CancellationToken,
    options: &Options,
) -> Result<Report> {
    let (sink, items) = streams::channel();
    let stop = CancellationToken::new();
    let hops = hops(deployment);
    let tap = match hops.contains(&Hop::Events) {
        true => Some(bus::Tap::open(clients, deployment.output("BusName")?, console, cancel).await?),
        false => None,
    };
    let verified = async {
        if let Some(tap) = &tap {
            tap.listen(&sink, None);
        }
        if hops.contains(&Hop::Kinesis) {
            let stream = deployment.output("StreamName")?.to_owned();
            let positions = kinesis::Options { stream, from: From::Latest, until: None };
            kinesis::open(clients, positions, sink.clone(), stop.clone()).await?;
        }
        if hops.contains(&Hop::Log) {
            let group = deployment.output("EventLogGroup")?.to_owned();
            let log = log::Options { group, from: From::Latest, until: None };
            log::open(clients, log, sink.clone(), stop.clone()).await?;
        }
        if let Some(follower) = ways.follower.take() {
            let pause = Duration::from_millis(if clients.endpoint_url.is_some() { 50 } else { 1_000 });
            let marks = processed::Options { group: options.group.clone(), from: From::Latest, until: None, pause };
            processed::open(follower, marks, sink.clone(), stop.clone()).await?;
        }
        let watch = Watch { console, options, items, ledger: None, told: Instant::now() };
        watch.run(&hops, &mut ways.writer, cancel).await
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

struct Watch<'a> {
    console: &'a Console,
    options: &'a Options,
    items: Receiver<Result<Item>>,
    ledger: Option<Ledger>,
    told: Instant,
}

impl Watch<'_> {
    async fn run(mut self, hops: &[Hop], writer: &mut Writer, cancel: &CancellationToken) -> Result<Report> {
        let run = Uuid::now_v7();
        let mut ledger = Ledger::new(run.to_string(), hops);
        self.console.emit(Event::started("verify", format!("writing {} events", self.options.count)));
        let mut writing = Box::pin(write(writer, run, self.options));
        // What arrives is taken while events are written, so that nothing waits for the writer.
        let (committed, control) = loop {
            tokio::select! {
                written = &mut writing => break written?,
                item = self.items.recv() => { ledger.see(&seen(item)?); }
                () = cancel.cancelled() => return Err(Error::new(Kind::Interrupted, "stopped")),
            }
        };
        committed.into_iter().for_each(|event| ledger.commit(event));
        ledger.forbid(&control);
        self.ledger = Some(ledger);
        let complete = tokio::select! {
            complete = self.collect() => complete?,
            () = cancel.cancelled() => return Err(Error::new(Kind::Interrupted, "stopped")),
        };
        let mut report = self.ledger.as_ref().map(Ledger::report).ok_or_else(lost_ledger)?;
        report.timed_out = !complete;
        Ok(report)
    }

    /// Takes items until everything has arrived and the settling time is over; false when the time limit came first.
    async fn collect(&mut self) -> Result<bool> {
        let deadline = Instant::now() + self.options.timeout;
        let mut end = None;
        loop {
            let ledger = self.ledger.as_mut().ok_or_else(lost_ledger)?;
            if end.is_none() && ledger.is_complete() {
                end = Some(Instant::now() + self.options.settle);
            }
            if self.told.elapsed() > Duration::from_secs(2) {
                self.told = Instant::now();
                let counts: Vec<String> =
                    ledger.arrived().into_iter().map(|(hop, n)| format!("{} {n}", hop.name())).collect();
                self.console
                    .emit(Event::progress("verify", format!("of {}: {}", self.options.count, counts.join(", "))));
            }
            tokio::select! {
                item = self.items.recv() => {
                    ledger.see(&seen(item)?);
                    // Judging completeness costs a pass over all events: first take what is there.
                    while let Ok(item) = self.items.try_recv() {
                        ledger.see(&item?);
                    }
                }
                () = tokio::time::sleep_until(end.unwrap_or(deadline)) => return Ok(end.is_some()),
                () = tokio::time::sleep(Duration::from_secs(2)) => {}
            }
        }
    }
}

fn lost_ledger() -> Error {
    Error::new(Kind::Unexpected, "the ledger is gone")
}

fn seen(item: Option<Result<Item>>) -> Result<Item> {
    item.unwrap_or_else(|| Err(Error::new(Kind::Unexpected, "every reader ended before the run did")))
}

/// Half of the events, the one that is rolled back, then the other half: had it leaked, it would have come before them.
async fn write(writer: &mut Writer, run: Uuid, options: &Options) -> Result<(Vec<Inserted>, Inserted)> {
    let before = options.count / 2;
    let all = SampleRequest {
        run,
        first: 0,
        count: before,
        domain: options.domain,
        aggregates: options.aggregates,
        rate: options.rate,
        rollback: false,
    };
    let mut committed = writer.insert(&all, |_| {}).await?;
    let control = SampleRequest { first: options.count.into(), count: 1, rollback: true, ..all.clone() };
    let control = writer.insert(&control, |_| {}).await?.pop();
    let control = control.ok_or_else(|| Error::new(Kind::Unexpected, "the rolled-back event was not written"))?;
    let rest = SampleRequest { first: before.into(), count: options.count - before, ..all };
    committed.extend(writer.insert(&rest, |_| {}).await?);
    Ok((committed, control))
}
