//! Throughput: writes a backlog, and measures how fast each program drains it.

use std::time::Duration;

use outboxctl::internals::local::state::Postgres;
use outboxctl::internals::postgres::replication::Lsn;

use crate::drain::{self, Drained};
use crate::setting;
use crate::support::database::Database;

pub async fn compare(server: &Postgres, database: &Database, rows: u64, size: u64) {
    let runs = setting("OUTBOXCTL_BENCH_RUNS", 5);
    let admin = database.admin().await;
    for run in 0..runs {
        for who in ["theirs", "ours"] {
            let slot = slot(database, who, run);
            let make = "SELECT pg_create_logical_replication_slot($1, 'pgoutput')";
            admin.execute(make, &[&slot]).await.expect("make a slot");
        }
    }
    admin.batch_execute("SET synchronous_commit = off").await.expect("set");
    let fill = format!(
        "DO $$ BEGIN
           FOR t IN 0..{} LOOP
             INSERT INTO events (aggregate, sequence, payload)
             SELECT 'a' || (n % 1000), n, jsonb_build_object('n', n, 'filler', repeat('x', 370))
             FROM generate_series(t * {size} + 1, (t + 1) * {size}) n;
             COMMIT;
           END LOOP;
         END $$",
        rows / size - 1
    );
    admin.batch_execute(&fill).await.expect("fill");
    admin.batch_execute("CHECKPOINT").await.expect("checkpoint");
    let end = database.written().await;
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    for run in 0..runs {
        theirs.push(drain::pg_recvlogical(server, database, &slot(database, "theirs", run), end).await);
        ours.push(drain::replicator(server, database, &slot(database, "ours", run), end, rows).await);
    }
    for who in ["theirs", "ours"] {
        for run in 0..runs {
            let drop = "SELECT pg_drop_replication_slot($1)";
            admin.execute(drop, &[&slot(database, who, run)]).await.expect("drop the slot");
        }
    }
    report(rows, size, &mut theirs, &mut ours);
}

fn report(rows: u64, size: u64, theirs: &mut [Drained], ours: &mut [Drained]) {
    let median = |runs: &mut [Drained]| {
        runs.sort_by_key(|run| run.took);
        runs[runs.len() / 2].took
    };
    let rate = |took: Duration| rows as f64 / took.as_secs_f64();
    let peak = |runs: &[Drained]| runs.iter().map(|run| run.peak_kilobytes).max().unwrap_or_default() as f64 / 1024.0;
    let (slow, fast) = (rate(median(theirs)), rate(median(ours)));
    println!(
        "{:<22} {slow:>10.0} r/s {fast:>10.0} r/s {:>6.2}x {:>10.1} {:>10.1}",
        format!("{size}-row transactions"),
        fast / slow,
        peak(theirs),
        peak(ours)
    );
}

fn slot(database: &Database, who: &str, run: u64) -> String {
    format!("{}_{who}_{run}", database.target.database)
}

/// Returns whether everything up to `end` was confirmed.
pub async fn assert_drained(database: &Database, slot: &str, end: Lsn) {
    let confirmed = database.confirmed(slot).await;
    assert!(confirmed >= end, "slot {slot} is at {confirmed}, not at {end}");
}
