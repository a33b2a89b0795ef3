//! Drains a slot with one process, timed from its start to its end.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use outboxctl::internals::local::capture::mapping::Mappings;
use outboxctl::internals::local::capture::settings::{LobSettings, SourceSettings, TargetSettings};
use outboxctl::internals::local::capture::{Entry, Failure, Job, Phase, Sink, SinkError, Start, Statistics, run};
use outboxctl::internals::local::state::Postgres;
use outboxctl::internals::postgres::replication::Lsn;
use outboxctl::internals::postgres::tls::Roots;
use outboxctl::internals::postgres::{Secret, Target};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::measure::Run;
use crate::support::database::Database;

/// Drains with PostgreSQL's own tool, and discards the output.
pub async fn pg_recvlogical(server: &Postgres, database: &Database, slot: &str, end: Lsn) -> Run {
    let target = &database.target;
    let connection = format!(
        "host={} port={} user={} dbname={} sslmode=verify-full sslrootcert={}",
        target.host,
        target.port,
        target.user,
        target.database,
        server.ca_file.display()
    );
    let mut command = Command::new(server.bin.join("pg_recvlogical"));
    command.args(["--dbname", &connection, "--slot", slot, "--start", "--no-loop", "--file", "/dev/null"]);
    command.args(["--option", "proto_version=1", "--option", "publication_names=outboxctl"]);
    command.args(["--endpos", &end.to_string()]);
    drain(command, database, slot, end).await
}

/// Drains with the replicator in a process of its own, into a sink that discards records.
pub async fn replicator(server: &Postgres, database: &Database, slot: &str, end: Lsn, rows: u64) -> Run {
    let target = &database.target;
    let mut command = Command::new(std::env::current_exe().expect("our own path"));
    command.args(["drain", &target.host, &target.port.to_string(), &target.database, slot, &end.to_string()]);
    command.arg(rows.to_string()).arg(&server.ca_file);
    drain(command, database, slot, end).await
}

/// Runs the command, which has to confirm everything up to `end`.
async fn drain(mut command: Command, database: &Database, slot: &str, end: Lsn) -> Run {
    let (run, ()) = Run::of(command.env("PGPASSWORD", database.target.password.expose()).stdin(Stdio::null()), |_| ());
    let confirmed = database.confirmed(slot).await;
    assert!(confirmed >= end, "slot {slot} is at {confirmed}, not at {end}");
    run
}

/// Counts records and discards them.
#[derive(Default)]
pub struct Null {
    pub entries: AtomicU64,
}

impl Sink for Null {
    fn put<'a>(&'a self, entries: &'a [Entry]) -> BoxFuture<'a, Result<Vec<Option<Failure>>, SinkError>> {
        self.entries.fetch_add(entries.len() as u64, Ordering::Relaxed);
        Box::pin(async move { Ok(vec![None; entries.len()]) })
    }
}

/// A task like the one that outboxctl deploys.
pub fn job(database: Target, slot: &str, start: Start) -> Job {
    let locator = json!({"schema-name": "public", "table-name": "events"});
    let mappings = json!({"rules": [
        {"rule-type": "selection", "rule-id": "1", "rule-action": "include", "object-locator": locator},
        {"rule-type": "object-mapping", "rule-id": "2", "rule-action": "map-record-to-record",
         "object-locator": locator,
         "mapping-parameters": {"partition-key-type": "attribute-name", "partition-key-name": "aggregate"}},
    ]});
    let target = json!({"MessageFormat": "json-unformatted", "IncludeTransactionDetails": true,
                        "IncludePartitionValue": true, "IncludeNullAndEmpty": true});
    Job {
        name: "bench".into(),
        database,
        slot: slot.to_owned(),
        start,
        checkpoint: Lsn::default(),
        load: false,
        follow: true,
        mappings: Mappings::parse(&mappings.to_string()).expect("mappings"),
        source: SourceSettings::read(&json!({}), ""),
        target: TargetSettings::read(&target),
        lobs: LobSettings::read(&json!({})),
        statistics: Arc::new(Statistics::default()),
        phase: watch::channel(Phase::Starting).0,
        confirmed: watch::channel(Lsn::default()).0,
    }
}

/// Runs in the replicator's process: drains a slot up to a position.
pub async fn child(arguments: &[String]) {
    let [host, port, database, slot, end, rows, ca_file] = arguments else { panic!("{arguments:?}") };
    let end: Lsn = end.parse().expect("a position");
    let target = Target {
        host: host.clone(),
        port: port.parse().expect("a port"),
        database: database.clone(),
        user: database.clone(),
        password: Secret::new(std::env::var("PGPASSWORD").expect("a password")),
        roots: Roots::File(ca_file.into()),
    };
    let job = job(target, slot, Start::Resume);
    let (sink, cancel) = (Arc::new(Null::default()), CancellationToken::new());
    let mut confirmed = job.confirmed.subscribe();
    let drained = async {
        confirmed.wait_for(|confirmed| *confirmed >= end).await.expect("it runs");
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(run(&job, Arc::clone(&sink) as Arc<dyn Sink>, &cancel), drained);
    ended.expect("it ends well");
    assert_eq!(sink.entries.load(Ordering::Relaxed).to_string(), *rows, "records");
}
