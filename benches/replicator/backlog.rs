//! Throughput: writes a backlog, and measures how fast each program drains it.

use std::time::Duration;

use outboxctl::internals::local::state::Postgres;

use crate::drain;
use crate::measure::{Run, setting, summary};
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
    report(rows, size, &theirs, &ours);
}

fn report(rows: u64, size: u64, theirs: &[Run], ours: &[Run]) {
    let rate = |took: Duration| rows as f64 / took.as_secs_f64();
    let ((slow, their_peak), (fast, our_peak)) = (summary(theirs), summary(ours));
    let (slow, fast) = (rate(slow), rate(fast));
    println!(
        "{:<22} {slow:>10.0} r/s {fast:>10.0} r/s {:>6.2}x {their_peak:>10.1} {our_peak:>10.1}",
        format!("{size}-row transactions"),
        fast / slow
    );
}

fn slot(database: &Database, who: &str, run: u64) -> String {
    format!("{}_{who}_{run}", database.target.database)
}
