//! Full load, and the changes that follow it.

use std::sync::Arc;
use std::time::Duration;

use outboxctl::internals::local::capture::{Ended, Phase, Start};
use outboxctl::internals::outbox::formats::dms::Operation;

use super::{Running, job, stack};
use crate::support::database::Database;
use crate::support::sink::Keeping;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loaded_rows_and_changes_meet_without_gap_or_overlap() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "loads").await;
    database.insert(1, 1, 500, 7).await;
    // In flight when the slot is made: neither lost nor twice there.
    let flying = outboxctl::internals::postgres::connect(&database.target).await.expect("connection");
    flying
        .batch_execute(
            "BEGIN; INSERT INTO events (aggregate, sequence, payload) VALUES ('a1', 501, '{\"t\": \"\\\\t\"}')",
        )
        .await
        .expect("open transaction");
    let sink = Arc::new(Keeping::default());
    let mut copying = job(&database, Start::Fresh);
    copying.load = true;
    let mut phase = copying.phase.subscribe();
    let mut running = Running::begin(copying, &sink);
    tokio::time::sleep(Duration::from_millis(500)).await;
    database.insert(502, 10, 1, 7).await;
    flying.batch_execute("COMMIT").await.expect("commit");
    let reached = phase.wait_for(|phase| *phase == Phase::Following).await;
    assert!(reached.is_ok());
    database.insert(512, 5, 1, 7).await;
    running.stores(&sink, 516).await;
    running.stop().await;

    let rows = sink.rows();
    assert_eq!(rows.len(), 516, "each row once");
    let loaded = rows.iter().filter(|(_, record)| record.metadata.operation == Operation::Load).count();
    assert!((500..=511).contains(&loaded), "{loaded}");
    let load = rows.iter().map(|(_, r)| &r.metadata).find(|m| m.operation == Operation::Load).expect("one");
    assert_eq!((&load.stream_position, load.transaction_id), (&None, None));

    // Full load alone ends by itself.
    let sink = Arc::new(Keeping::default());
    let mut copying = job(&database, Start::Fresh);
    (copying.load, copying.follow) = (true, false);
    let ended = Running::begin(copying, &sink).work.await.expect("no panic").expect("no error");
    assert_eq!((ended, sink.rows().len()), (Ended::Loaded, 516));
}
