//! Verification of delivery: writes events, watches every hop, and matches them. Imports `base`, `deployment`,
//! `outbox`, `pipelines` and `streams`.
//!
//! The readers are open before the first event is written. Matching ([`Ledger`]) is pure.
//!
//! Start with `run` in this file. `watch.rs` is one run, `ledger.rs` matches events, `order.rs` checks the order, and
//! `report.rs` is the result.

mod arrived;
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
pub use report::Report;

use crate::base::error::{Error, Kind, Result};
use crate::base::report::{Event, Expect, Reporter};
use crate::deployment::{Deployment, Readers, Reading};
use crate::pipelines::{Part, Stop};
use crate::streams::{StartAt, Warnings};
use watch::Watch;

/// Consumers renew their leases every quarter of the lease duration, by default every 5 s.
const CONSUMER_PATIENCE: Duration = Duration::from_secs(15);

/// Amount of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    Events(u32),
    /// As many as the time allows. The run ends early if an event takes longer than the timeout.
    For(Duration),
}

/// Options of a verification.
#[derive(Debug, Clone)]
pub struct Options {
    pub amount: Amount,
    /// The consumer group whose processed log is watched, if that is a hop.
    pub group: String,
    pub aggregates: u32,
    /// Indicates whether events out of order fail the run at every hop, instead of only at those that keep an order.
    pub strict_order: bool,
    /// Events per second; unlimited if `None`.
    pub rate: Option<f64>,
    /// Maximum wait after the last commit.
    pub timeout: Duration,
    /// Time to keep watching after everything has arrived, for duplicates and rolled-back events.
    pub settle: Duration,
    /// Cancelled when the hops are watched and the first event is about to be written.
    pub writing: CancellationToken,
}

/// Writes, watches and compares. A mismatch is not an error here: the report has the verdict.
///
/// # Errors
/// `Failed` if the pipeline needs a running consumer and has none, `Interrupted` if cancelled, and those of the writer
/// and the readers. The temporary tap is always removed.
pub async fn run(
    deployment: &Deployment,
    reporter: &dyn Reporter,
    cancel: &CancellationToken,
    options: &Options,
) -> Result<Report> {
    let stops: Vec<&Stop> = deployment.visible_stops().collect();
    let opening = async {
        if deployment.stop(Part::Consumers).is_some() {
            consumer_is_alive(deployment, reporter, &options.group).await?;
        }
        deployment.writer().await
    };
    let mut writer = cancel.run_until_cancelled(opening).await.unwrap_or_else(|| Err(Error::interrupted()))?;
    let reading = Reading {
        layout: deployment.layout.clone(),
        from: StartAt::Latest,
        until: None,
        group: options.group.clone(),
        enhanced_fan_out: false,
        warnings: Warnings::on(reporter),
    };
    let (readers, items) = Readers::open(deployment, &stops, &reading, reporter, cancel).await?;
    let verified = async {
        if let Some(log) = deployment.stop(Part::EventLog) {
            let waited = cancel.run_until_cancelled(rule::wait(deployment, log, reporter)).await;
            waited.ok_or_else(Error::interrupted)?;
        }
        Watch::new(reporter, options, items, readers.finish()).run(deployment, &mut writer, cancel).await
    }
    .await;
    let closed = readers.close().await;
    let report = verified?;
    closed.map(|()| report)
}

/// Waits until a consumer of this group renews a lease.
async fn consumer_is_alive(deployment: &Deployment, reporter: &dyn Reporter, group: &str) -> Result<()> {
    let consumers = deployment.consumers(group)?;
    reporter.emit(Event::progress("verify", format!("looking for a consumer of group {group}")));
    // The next renewal, with a consumer's default settings.
    reporter.expect("verify", Expect::Usually(1, 6));
    if consumers.are_alive(CONSUMER_PATIENCE).await? {
        return Ok(());
    }
    let seconds = CONSUMER_PATIENCE.as_secs();
    Err(Error::new(Kind::Failed, format!("no consumer of group {group} renewed a lease in {seconds} s"))
        .hint("start one in another terminal: `outboxctl consume --exec COMMAND`"))
}
