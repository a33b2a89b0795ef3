//! Throughput of `tail kinesis --from start --output ndjson`, as a ratio to a bare GetRecords loop on the same stream.
//!
//! `cargo bench --bench tail`. Uses a local stack of its own. Each side is a process, timed from its start to its end:
//! `tail` finds the pipeline, decodes and writes every record; the loop discards them. They take turns, on a stream and
//! on one four times as long, where memory must stay the same. The output has medians. `OUTBOXCTL_BENCH_RECORDS`
//! (100000), `OUTBOXCTL_BENCH_RUNS` (5).
#![allow(clippy::print_stdout)] // Prints its results.

#[path = "../../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

#[path = "../measure/mod.rs"]
#[allow(dead_code)]
mod measure;

use std::io::{BufRead, BufReader};
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::{PutRecordsRequestEntry, ShardIteratorType};
use measure::{Run, setting, summary};
use outboxctl::internals::aws::{AccessKey, Clients, LocalEndpoint};
use support::stack::Stack;

/// A pipeline whose stream has no other reader.
const PIPELINE: &[&str] = &["--pipeline", "rds-kinesis"];

async fn client(endpoint: LocalEndpoint) -> Client {
    Clients::for_local(endpoint).kinesis()
}

/// Environment variables for the stack's access key, because command lines are visible to all users.
const KEY: [&str; 2] = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
    if let [command, endpoint, region, stream, records] = arguments.as_slice()
        && command == "loop"
    {
        let records = records.parse().expect("a number");
        let [id, secret] = KEY.map(|name| std::env::var(name).expect("the stack's key"));
        let (url, region) = (endpoint.to_owned(), region.to_owned());
        let endpoint = LocalEndpoint { url, region, key: AccessKey::new(id, secret) };
        return runtime.block_on(async { bare_loop(&client(endpoint).await, stream, records).await });
    }
    let stack = Stack::with("bench-tail", "ordered", "false");
    stack.ok(&[&["deploy", "--yes"], PIPELINE].concat());
    let stream = stack.ok(&[&["outputs"], PIPELINE].concat())["StreamName"].as_str().expect("a stream").to_owned();
    let state = stack.state();
    let (records, runs) = (setting("OUTBOXCTL_BENCH_RECORDS", 100_000), setting("OUTBOXCTL_BENCH_RUNS", 5));
    println!(
        "{:>10} {:>16} {:>16} {:>7} {:>10} {:>10}",
        "records", "bare loop /s", "tail /s", "ratio", "peak MB", "peak MB"
    );
    let mut there = 0;
    for records in [records, records * 4] {
        runtime.block_on(async {
            fill(&client(state.local_endpoint()).await, &stream, there..records).await;
        });
        there = records;
        let (mut bare, mut tail) = (Vec::new(), Vec::new());
        for _ in 0..runs {
            let mut command = Command::new(std::env::current_exe().expect("our own path"));
            command.args(["loop", &state.endpoint, &state.region, &stream, &records.to_string()]);
            command.env(KEY[0], &state.key.id).env(KEY[1], &state.key.secret);
            bare.push(Run::of(command.stdin(Stdio::null()).stdout(Stdio::null()), |_| ()).0);
            let limit = records.to_string();
            let follow = ["tail", "kinesis", "--from", "start", "--count", &limit, "--output", "ndjson", "--quiet"];
            let mut command = stack.command(&[&follow, PIPELINE].concat());
            let (run, items) = Run::of(command.stdin(Stdio::null()).stdout(Stdio::piped()), count);
            assert_eq!(items, Some(records));
            tail.push(run);
        }
        let rate = |took: Duration| records as f64 / took.as_secs_f64();
        let ((bare, bare_peak), (tail, tail_peak)) = (summary(&bare), summary(&tail));
        let (bare, tail) = (rate(bare), rate(tail));
        println!("{records:>10} {bare:>16.0} {tail:>16.0} {:>7.2} {bare_peak:>10.0} {tail_peak:>10.0}", tail / bare);
    }
}

/// Puts records in the form of DMS, with keys of all shards.
async fn fill(client: &Client, stream: &str, numbers: std::ops::Range<u64>) {
    let numbers: Vec<u64> = numbers.collect();
    for chunk in numbers.chunks(500) {
        let entries = chunk.iter().map(|n| {
            let payload = format!(r#"{{\"id\": {n}, \"make\": \"Volvo\", \"text\": \"{}\"}}"#, "x".repeat(200));
            let record = format!(
                r#"{{"data":{{"id":"0192f3a4-0000-7000-8000-{n:012x}","aggregate_type":"car","aggregate_id":"car-{}","event_type":"CarUpdated","payload":"{payload}","sequence":{},"schema_version":1,"created_at":"2026-11-21T06:00:00.123456Z"}},"metadata":{{"timestamp":"2026-11-21T06:00:00.223456Z","record-type":"data","operation":"insert","partition-key-type":"attribute-name","partition-key-value":"car-{}","schema-name":"public","table-name":"outbox","transaction-id":{n},"commit-timestamp":"2026-11-21T06:00:00.123456Z","stream-position":"00000002/7C007178.3.00000002/7C007178"}}}}"#,
                n % 1_000,
                n / 1_000 + 1,
                n % 1_000
            );
            let entry = PutRecordsRequestEntry::builder().partition_key(format!("car-{}", n % 1_000));
            entry.data(Blob::new(record)).build().expect("an entry")
        });
        let put = client.put_records().stream_name(stream).set_records(Some(entries.collect())).send().await;
        assert_eq!(put.expect("put").failed_record_count, Some(0));
    }
}

/// Reads and counts all records, and does nothing else.
async fn bare_loop(client: &Client, stream: &str, records: u64) {
    let shards = client.list_shards().stream_name(stream).send().await.expect("shards");
    let read = shards.shards().iter().map(|shard| async move {
        let position = client.get_shard_iterator().stream_name(stream).shard_id(shard.shard_id());
        let position = position.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.expect("a position");
        let (mut iterator, mut count) = (position.shard_iterator, 0);
        while let Some(at) = iterator {
            let page = client.get_records().shard_iterator(at).limit(10_000).send().await.expect("a page");
            if page.records.is_empty() {
                break;
            }
            count += page.records.len() as u64;
            iterator = page.next_shard_iterator;
        }
        count
    });
    let counts = futures_util::future::join_all(read).await;
    assert_eq!(counts.into_iter().sum::<u64>(), records);
}

/// Counts lines with items.
fn count(stdout: Option<ChildStdout>) -> Option<u64> {
    let mut stdout = BufReader::with_capacity(1 << 20, stdout?);
    let (mut line, mut count) = (Vec::new(), 0);
    while stdout.read_until(b'\n', &mut line).expect("text") > 0 {
        count += u64::from(line.starts_with(br#"{"type":"item""#));
        line.clear();
    }
    Some(count)
}
