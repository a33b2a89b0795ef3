//! Duration of a `deploy` of the largest pipeline, as a ratio to the critical path of its stacks.
//!
//! `cargo bench --bench deploy`. The executable runs against a scripted CloudFormation server in this process, where the
//! operation of each stack takes a set time. Several distributions of these times take turns; the output has medians.
//! Polling notices the end of a stack late, so each stack on the critical path may add one polling interval, which the
//! output states: 2.5 s on AWS. `OUTBOXCTL_BENCH_RUNS` (5). `OUTBOXCTL_BENCH_PACE=aws` polls as on AWS, with times twenty
//! times as long, and takes a quarter of an hour.
#![allow(clippy::print_stdout)] // Prints its results.

#[path = "../../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports)]
mod support;

#[path = "../measure/mod.rs"]
#[allow(dead_code)]
mod measure;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use outboxctl::internals::pipelines::{self, Stack};
use outboxctl_test_support::cloudformation::World as Script;
use support::account::{Account, full};

const PIPELINE: &str = "rds-eventbridge";

/// Seconds that each stack's operation takes.
struct Shape {
    name: &'static str,
    seconds: fn(&str) -> f64,
}

const SHAPES: &[Shape] = &[
    // Minutes as on AWS, in seconds a hundredth as long.
    Shape { name: "as on AWS", seconds: as_on_aws },
    Shape { name: "all alike", seconds: |_| 2.0 },
    Shape { name: "the way leads by the code", seconds: by_the_code },
    Shape { name: "one of them takes it all", seconds: |stack| if stack == "database" { 8.0 } else { 0.5 } },
];

fn as_on_aws(stack: &str) -> f64 {
    match stack {
        "database" => 6.0,
        "dms" => 4.8,
        "network" => 1.2,
        "functions" => 0.9,
        "stream" => 0.5,
        _ => 0.3,
    }
}

/// Stacks that are usually quick are slow.
fn by_the_code(stack: &str) -> f64 {
    match stack {
        "code" => 5.0,
        "functions" => 3.0,
        "bus" => 4.0,
        _ => 1.0,
    }
}

/// Returns the time of the longest path through the stacks that ends with this one, and its number of stacks.
fn way_to(stack: &Stack, stacks: &[Stack], seconds: &BTreeMap<&str, f64>) -> (f64, u32) {
    let before = stacks.iter().filter(|other| stack.depends_on.contains(&other.name));
    let longest = before.map(|other| way_to(other, stacks, seconds)).max_by(|a, b| a.0.total_cmp(&b.0));
    let (time, count) = longest.unwrap_or_default();
    (time + seconds[stack.name], count + 1)
}

fn main() {
    let runs = measure::setting("OUTBOXCTL_BENCH_RUNS", 5);
    let at_aws = std::env::var("OUTBOXCTL_BENCH_PACE").is_ok_and(|pace| pace == "aws");
    // `RateLimiter` in src/cloudformation/rate_limiter.rs, with its jitter.
    let (factor, interval) = if at_aws { (20.0, 2.5) } else { (1.0, 0.3125) };
    let stacks = pipelines::find(PIPELINE).expect("a pipeline").stacks;
    let mut walls: Vec<Vec<f64>> = SHAPES.iter().map(|_| Vec::new()).collect();
    for _ in 0..runs {
        for (shape, walls) in SHAPES.iter().zip(&mut walls) {
            walls.push(deploy(stacks, |stack| (shape.seconds)(stack) * factor, at_aws).as_secs_f64());
        }
    }
    println!(
        "{:<28} {:>8} {:>9} {:>7} {:>9} {:>7} {:>12} {:>12}",
        "shape", "sum s", "path s", "stacks", "wall s", "ratio", "without polls", "goal"
    );
    for (shape, walls) in SHAPES.iter().zip(&mut walls) {
        let seconds: BTreeMap<_, _> =
            stacks.iter().map(|stack| (stack.name, (shape.seconds)(stack.name) * factor)).collect();
        let ways = stacks.iter().map(|stack| way_to(stack, stacks, &seconds));
        let (path, count) = ways.max_by(|a, b| a.0.total_cmp(&b.0)).expect("stacks");
        let wall = measure::median(walls);
        let polling = f64::from(count) * interval;
        println!(
            "{:<28} {:>8.2} {path:>9.2} {count:>7} {wall:>9.2} {:>7.3} {:>12.3} {:>12}",
            shape.name,
            seconds.values().sum::<f64>(),
            wall / path,
            (wall - polling) / path,
            if wall <= 1.05 * path + polling { "met" } else { "missed" },
        );
    }
    println!("polling: at most {interval} s for each stack on the critical path");
}

/// Deploys into an empty account, and returns the time from the start of the process to its end.
fn deploy(stacks: &[Stack], seconds: impl Fn(&str) -> f64, at_aws: bool) -> Duration {
    let delay = |stack: &Stack| (full(PIPELINE, stack.name), Duration::from_secs_f64(seconds(stack.name)));
    let account = Account::new(PIPELINE, Script { delays: stacks.iter().map(delay).collect(), ..Script::default() });
    let mut command = account.command(&["deploy", "--quiet"]);
    if at_aws {
        // This machine, by a name that is not recognised as local.
        command.env("AWS_ENDPOINT_URL", account.server.url.replace("127.0.0.1", "0.0.0.0"));
    }
    let began = Instant::now();
    let status = command.stdout(Stdio::null()).status().expect("the binary starts");
    let took = began.elapsed();
    assert!(status.success(), "{status}");
    assert!(account.executions().iter().all(|count| *count == 1), "every stack is made once");
    took
}
