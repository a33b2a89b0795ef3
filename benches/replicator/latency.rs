//! Latency from the commit to the arrival at the sink, at a steady rate.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use outboxctl::internals::local::capture::{Entry, Failure, Phase, Sink, SinkError, Start, run};
use outboxctl::internals::outbox::formats::dms::Record;
use parking_lot::Mutex;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::drain;
use crate::measure::setting;
use crate::support::database::Database;

const ROWS_A_SECOND: u64 = 500;

#[derive(Default)]
struct Timing {
    milliseconds: Mutex<Vec<f64>>,
}

impl Sink for Timing {
    fn put<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>> {
        let now = chrono::Utc::now();
        let age = |entry: &Entry| {
            let committed = Record::parse(&entry.data).ok()?.metadata.committed_at()?;
            Some((now - committed).num_microseconds()? as f64 / 1000.0)
        };
        self.milliseconds.lock().extend(entries.iter().filter_map(age));
        Box::pin(async move { Ok(vec![None; entries.len()]) })
    }
}

pub async fn measure(database: &Database) {
    let sink = Arc::new(Timing::default());
    let job = drain::job(database.target.clone(), "bench_latency_slot", Start::Fresh);
    let cancel = CancellationToken::new();
    let mut phase = job.phase.subscribe();
    let write = async {
        phase.wait_for(|phase| *phase == Phase::Following).await.expect("it runs");
        let rows = ROWS_A_SECOND * setting("OUTBOXCTL_BENCH_SECONDS", 10);
        let mut due = interval(Duration::from_secs(1) / u32::try_from(ROWS_A_SECOND).expect("fits"));
        due.set_missed_tick_behavior(MissedTickBehavior::Burst);
        for row in 0..rows {
            due.tick().await;
            database.insert(row, 1, 1, 1000).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(run(&job, Arc::clone(&sink) as Arc<dyn Sink>, &cancel), write);
    ended.expect("it ends well");
    let mut times = std::mem::take(&mut *sink.milliseconds.lock());
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!(
        "commit → record at the sink, {ROWS_A_SECOND} rows/s, {} rows: p50 {:.2} ms, p99 {:.2} ms, most {:.2} ms",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}
