//! Cold start, duration and memory of the publisher function, beside a publisher in Node 20 under the same runtime API.
//!
//! `cargo bench --bench functions`. Each run starts the function as Lambda does, with a runtime API and an EventBridge
//! endpoint in this process, and sends it batches of records from DMS. The two functions take turns. The output has the
//! medians of:
//! - start: from the start of the process to its first request for an invocation,
//! - first: duration of the first invocation, which opens the connection to EventBridge,
//! - next: median duration of the following invocations,
//! - memory: maximum resident memory.
//!
//! `publisher.mjs` is a typical hand-written publisher: it neither keeps the order per aggregate on retries nor stores
//! undeliverable records. Its loop is smaller than Lambda's own runtime for Node, which the comparison leaves out.
//! `OUTBOXCTL_BENCH_RUNS` (11) and `OUTBOXCTL_BENCH_RECORDS` (100 per batch) change the amounts.
#![allow(clippy::print_stdout, clippy::print_stderr)] // Prints its results.

#[path = "../measure/mod.rs"]
#[allow(dead_code)]
mod measure;

mod lambda;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lambda::{Amount, Lambda, Run};
use measure::{median, setting};

/// Version of the AWS SDK for JavaScript.
const SDK: &str = "@aws-sdk/client-eventbridge@3";

#[tokio::main]
async fn main() {
    let amount = Amount { records: setting("OUTBOXCTL_BENCH_RECORDS", 100), invocations: 50 };
    let ours = || Command::new(env!("CARGO_BIN_EXE_outboxctl"));
    let node = node();
    let (mut our_runs, mut node_runs) = (Vec::new(), Vec::new());
    for _ in 0..setting("OUTBOXCTL_BENCH_RUNS", 11) {
        our_runs.push(Lambda::start().await.run(ours(), amount).await);
        if let Some(script) = &node {
            let mut command = Command::new("node");
            command.arg("--no-warnings").arg(script);
            node_runs.push(Lambda::start().await.run(command, amount).await);
        }
    }
    println!("{:<12} {:>9} {:>9} {:>9} {:>9}", "", "start ms", "first ms", "next ms", "memory MB");
    let ours = show("outboxctl", &our_runs);
    if !node_runs.is_empty() {
        let node = show("Node 20", &node_runs);
        let ratios: Vec<String> = ours.iter().zip(node).map(|(ours, node)| format!("{:>9.2}", ours / node)).collect();
        println!("{:<12} {}", "ratio", ratios.join(" "));
    }
}

/// Prints the medians of some runs, and returns them.
fn show(name: &str, runs: &[Run]) -> [f64; 4] {
    let of_all = |value: fn(&Run) -> f64| median(&mut runs.iter().map(value).collect::<Vec<_>>());
    let medians = [
        of_all(|run| run.start.as_secs_f64() * 1e3),
        of_all(|run| run.first.as_secs_f64() * 1e3),
        of_all(|run| run.next.as_secs_f64() * 1e3),
        of_all(|run| run.peak_kilobytes as f64 / 1024.0),
    ];
    println!("{name:<12} {:>9.1} {:>9.1} {:>9.2} {:>9.1}", medians[0], medians[1], medians[2], medians[3]);
    medians
}

/// Returns the script of the function in Node, beside its installed SDK. `None` without Node 20 and npm.
fn node() -> Option<PathBuf> {
    let version = Command::new("node").arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    if !version.starts_with("v20.") {
        eprintln!("node is {version}, not 20: only outboxctl is measured");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-functions");
    std::fs::create_dir_all(&folder).expect("a folder");
    let script = folder.join("publisher.mjs");
    std::fs::write(&script, include_str!("publisher.mjs")).expect("the script");
    if !folder.join("node_modules").exists() {
        let install = ["install", "--silent", "--no-audit", "--no-fund", SDK];
        let installed = Command::new("npm").args(install).current_dir(&folder).stdin(Stdio::null()).status();
        if !installed.is_ok_and(|status| status.success()) {
            eprintln!("npm could not install {SDK}: only outboxctl is measured");
            return None;
        }
    }
    Some(script)
}
