//! Faults, kills, cut connections.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use outboxctl::internals::local::capture::Start;
use outboxctl::internals::local::postgres_server::superuser;

use super::{Running, job, slot, stack};
use crate::support::database::Database;
use crate::support::sink::Keeping;
use crate::support::stack::Stack;

/// Every sequence from 1 once, each key's in order.
fn complete_and_in_order(sink: &Keeping, count: usize) {
    let seen = sink.first_seen();
    assert_eq!(seen.values().map(Vec::len).sum::<usize>(), count);
    for (key, sequences) in seen {
        assert!(sequences.is_sorted(), "{key} out of order: {sequences:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_lose_nothing_and_keep_order() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "faults").await;
    let sink = Arc::new(Keeping::default());
    sink.faulty.store(true, Ordering::SeqCst);
    let mut running = Running::following(job(&database, Start::Fresh), &sink).await;
    database.insert(1, 100, 1, 40).await;
    database
        .run("BEGIN; INSERT INTO events (aggregate, sequence, payload) VALUES ('a1', 999999, '{}'); ROLLBACK")
        .await;
    database.insert(101, 2, 200, 40).await;
    running.stores(&sink, 500).await;
    running.stop().await;
    complete_and_in_order(&sink, 500);
    let rows = sink.rows();
    assert!(rows.iter().all(|(key, record)| record.metadata.partition_key_value.as_deref() == Some(key)));
    let last = rows.iter().filter(|(_, record)| record.data["sequence"] == 300).map(|(_, r)| &r.metadata).next();
    assert_eq!(last.and_then(|metadata| metadata.transaction_record_id), Some(200));
    assert_eq!(last.and_then(|metadata| metadata.prev_transaction_record_id), Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_lose_nothing() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "kills").await;
    let sink = Arc::new(Keeping::default());
    sink.faulty.store(true, Ordering::SeqCst);
    let mut start = Start::Fresh;
    for round in 0..8 {
        let running = Running::following(job(&database, start), &sink).await;
        database.insert(1 + round * 100, 20, 5, 60).await;
        tokio::time::sleep(Duration::from_millis(round * 17)).await;
        running.kill().await;
        start = Start::Resume;
    }
    let mut running = Running::following(job(&database, start), &sink).await;
    running.stores(&sink, 800).await;
    running.stop().await;
    complete_and_in_order(&sink, 800);
    // After an orderly stop everything is confirmed: a resume repeats nothing.
    let again = Arc::new(Keeping::default());
    let mut running = Running::following(job(&database, Start::Resume), &again).await;
    database.insert(801, 1, 1, 60).await;
    running.stores(&again, 1).await;
    running.stop().await;
    assert_eq!(again.rows().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_stored_positions_are_confirmed() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "stuck").await;
    let sink = Arc::new(Keeping::default());
    let mut running = Running::following(job(&database, Start::Fresh), &sink).await;
    database.insert(1, 1, 1, 1).await;
    running.stores(&sink, 1).await;
    sink.stuck.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(300)).await;
    database.insert(2, 1, 10, 3).await;
    // Up to the commit before this position the log has nothing for the sink: other databases of the server write, too.
    let not_stored = database.written().await;
    database.insert(12, 9, 10, 3).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(database.confirmed(&slot(&database)).await < not_stored);
    running.kill().await;
    sink.stuck.store(false, Ordering::SeqCst);
    let mut running = Running::following(job(&database, Start::Resume), &sink).await;
    running.stores(&sink, 101).await;
    running.stop().await;
    complete_and_in_order(&sink, 101);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_does_not_wait_for_a_sink_that_takes_nothing() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "unread").await;
    let sink = Arc::new(Keeping::default());
    let running = Running::following(job(&database, Start::Fresh), &sink).await;
    sink.stuck.store(true, Ordering::SeqCst);
    // More than is held between the log and the sink.
    let rows = "INSERT INTO events (aggregate, sequence, payload)
                SELECT 'a' || n % 7, n, jsonb_build_object('text', repeat('x', 20000)) FROM generate_series(1, 800) n";
    database.run(rows).await;
    let stopped = tokio::time::timeout(Duration::from_secs(60), running.stop());
    stopped.await.expect("it stops, though nothing is stored");
    sink.stuck.store(false, Ordering::SeqCst);
    let mut running = Running::following(job(&database, Start::Resume), &sink).await;
    running.stores(&sink, 800).await;
    running.stop().await;
    complete_and_in_order(&sink, 800);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_is_made_again() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "cuts").await;
    let sink = Arc::new(Keeping::default());
    let mut running = Running::following(job(&database, Start::Fresh), &sink).await;
    let admin = database.admin().await;
    for round in 0..5 {
        database.insert(1 + round * 50, 10, 5, 4).await;
        let cut = "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active";
        admin.execute(cut, &[&slot(&database)]).await.expect("cut");
    }
    running.stores(&sink, 250).await;
    running.stop().await;
    complete_and_in_order(&sink, 250);
}

/// On a stack of its own: it takes the connections of everything that uses the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crashed_server_does_not_send_all_again() {
    let stack = Stack::up("replicator-crash");
    let server = &stack.state().postgres;
    let database = Database::create(server, "crash").await;
    let sink = Arc::new(Keeping::default());
    let mut running = Running::following(job(&database, Start::Fresh), &sink).await;
    database.insert(1, 10, 20, 4).await;
    running.stores(&sink, 200).await;
    let (slot, written) = (slot(&database), database.written().await);
    let deadline = Instant::now() + Duration::from_secs(20);
    while database.confirmed(&slot).await < written {
        assert!(Instant::now() < deadline, "not confirmed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // A backend that dies takes all the others with it, and everything that the server has not written to disk.
    let victim = database.admin().await;
    let pid: i32 = victim.query_one("SELECT pg_backend_pid()", &[]).await.expect("a pid").get(0);
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().expect("kill");
    assert!(killed.success());
    let again = loop {
        assert!(Instant::now() < deadline, "the server does not come back");
        tokio::time::sleep(Duration::from_millis(100)).await;
        if let Ok(client) = superuser(server, &database.target.database).await {
            break client;
        }
    };
    let one = "INSERT INTO events (aggregate, sequence, payload) VALUES ('a1', 201, '{}')";
    again.execute(one, &[]).await.expect("insert");
    running.stores(&sink, 201).await;
    running.stop().await;
    complete_and_in_order(&sink, 201);
    assert_eq!(sink.rows().len(), 201, "some came again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_slot_moves_on() {
    let stack = stack();
    let server = &stack.state().postgres;
    let database = Database::create(server, "idle").await;
    let sink = Arc::new(Keeping::default());
    let running = Running::following(job(&database, Start::Fresh), &sink).await;
    // A table that is not captured fills the log.
    database.run("CREATE TABLE other (n int); INSERT INTO other SELECT generate_series(1, 1000)").await;
    let written = database.written().await;
    let deadline = Instant::now() + Duration::from_secs(20);
    while database.confirmed(&slot(&database)).await < written {
        assert!(Instant::now() < deadline, "the slot holds the log back");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    running.stop().await;
}
