//! The replicator on a real PostgreSQL: committed rows are stored in spite of every fault.
//!
//! The tests share a stack: they differ in their databases only.

mod delivery;
mod filters;
mod load;
mod refusals;
mod values;

use std::sync::Arc;

use outboxctl::internals::error::Result;
use outboxctl::internals::local::capture::mapping::Mappings;
use outboxctl::internals::local::capture::settings::{LobSettings, SourceSettings, TargetSettings};
use outboxctl::internals::local::capture::{Ended, Job, Phase, Start, Statistics, run};
use outboxctl::internals::postgres::replication::Lsn;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::database::Database;
use crate::support::shared::Shared;
use crate::support::sink::Keeping;
use crate::support::stack::Stack;

const SLOT: &str = "slot_of";

static STACK: Shared = Shared::new();

/// Returns the stack of these tests: each has a database of its own.
fn stack() -> Arc<Stack> {
    STACK.up("replicator", |_| ())
}

fn slot(database: &Database) -> String {
    format!("{SLOT}_{}", database.target.database)
}

fn job(database: &Database, start: Start) -> Job {
    let mappings = json!({"rules": [
        {"rule-type": "selection", "rule-id": "1", "rule-name": "1", "rule-action": "include",
         "object-locator": {"schema-name": "public", "table-name": "%"}},
        {"rule-type": "object-mapping", "rule-id": "2", "rule-name": "2", "rule-action": "map-record-to-record",
         "object-locator": {"schema-name": "public", "table-name": "events"},
         "mapping-parameters": {"partition-key-type": "attribute-name", "partition-key-name": "aggregate"}},
    ]});
    let target = json!({"MessageFormat": "json-unformatted", "IncludeTransactionDetails": true,
                        "IncludePartitionValue": true, "IncludeNullAndEmpty": true});
    Job {
        name: "task".into(),
        database: database.target.clone(),
        slot: slot(database),
        start,
        checkpoint: Lsn::default(),
        load: false,
        follow: true,
        mappings: Mappings::parse(&mappings.to_string()).expect("mappings"),
        source: SourceSettings::read(&json!({"FailTasksOnLobTruncation": true}), ""),
        target: TargetSettings::read(&target),
        lobs: LobSettings::read(&json!({"TargetMetadata": {"LobMaxSize": 64}})),
        statistics: Arc::new(Statistics::default()),
        phase: watch::channel(Phase::Starting).0,
        confirmed: watch::channel(Lsn::default()).0,
    }
}

/// A run in the background.
struct Running {
    work: JoinHandle<Result<Ended>>,
    stop: CancellationToken,
}

impl Running {
    /// Starts it and waits until it follows the slot.
    async fn following(job: Job, sink: &Arc<Keeping>) -> Self {
        let mut phase = job.phase.subscribe();
        let running = Self::begin(job, sink);
        let reached = tokio::time::timeout(
            std::time::Duration::from_secs(30),
            phase.wait_for(|phase| *phase == Phase::Following),
        );
        if reached.await.is_ok_and(|seen| seen.is_ok()) {
            return running;
        }
        panic!("it does not follow: {:?}", running.work.await);
    }

    fn begin(job: Job, sink: &Arc<Keeping>) -> Self {
        let (stop, sink) = (CancellationToken::new(), Arc::clone(sink));
        let token = stop.clone();
        let work = tokio::spawn(async move { run(&job, sink, &token).await });
        Self { work, stop }
    }

    /// Waits until this number of different events is stored; fails at once, with the reason, if the run ends before.
    async fn stores(&mut self, sink: &Keeping, events: usize) {
        tokio::select! {
            () = sink.wait_for(events) => {}
            ended = &mut self.work => panic!("the run ended before {events} events were stored: {ended:?}"),
        }
    }

    /// The same for rows.
    async fn stores_rows(&mut self, sink: &Keeping, rows: usize) {
        tokio::select! {
            () = sink.wait_for_rows(rows) => {}
            ended = &mut self.work => panic!("the run ended before {rows} rows were stored: {ended:?}"),
        }
    }

    /// An orderly stop.
    async fn stop(self) {
        self.stop.cancel();
        assert_eq!(self.work.await.expect("no panic").expect("no error"), Ended::Cancelled);
    }

    /// As if the process had been killed: nothing more is sent or confirmed.
    async fn kill(self) {
        self.work.abort();
        let _ = self.work.await;
    }
}
