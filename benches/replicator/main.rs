//! Throughput of the replicator, as a ratio to `pg_recvlogical … -f /dev/null` on the same backlog over TLS.
//!
//! `cargo bench --bench replicator`. Uses a local stack of its own. Both programs drain a whole slot, from the start of
//! the process to the last confirmation. They take turns; the output has medians. `OUTBOXCTL_BENCH_ROWS` (200000),
//! `OUTBOXCTL_BENCH_RUNS` (5), `OUTBOXCTL_BENCH_SECONDS` of the latency run (10).
#![allow(clippy::print_stdout)] // Prints its results.

#[path = "../../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

#[path = "../measure/mod.rs"]
#[allow(dead_code)]
mod measure;

mod backlog;
mod drain;
mod latency;

use measure::setting;
use support::database::Database;
use support::stack::Stack;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    if let [command, rest @ ..] = arguments.as_slice()
        && command == "drain"
    {
        return runtime.block_on(drain::child(rest));
    }
    let stack = Stack::with("bench", "ordered", "false");
    let server = stack.state().postgres;
    runtime.block_on(async {
        let rows = setting("OUTBOXCTL_BENCH_ROWS", 200_000);
        println!("{rows} rows of 400 bytes of payload over 1000 keys, PostgreSQL {}", server.version);
        println!(
            "{:<22} {:>14} {:>14} {:>7} {:>10} {:>10}",
            "", "pg_recvlogical", "replicator", "ratio", "peak MB", "peak MB"
        );
        for (name, size) in [("one", 1), ("thousand", 1000)] {
            let database = Database::create(&server, &format!("bench_{name}")).await;
            backlog::compare(&server, &database, rows, size).await;
        }
        let database = Database::create(&server, "bench_latency").await;
        latency::measure(&database).await;
    });
}
