//! Behavior in which the local stack follows AWS and the emulator alone does not.

use std::process::Command;

use serde_json::Value;

use crate::support::repository;
use crate::support::stack::{Stack, tools};

/// EventBridge keeps no order between deliveries: a run that is fine passes, and says so.
#[test]
fn a_bus_that_keeps_no_order_fails_a_strict_verify_only() {
    let stack = Stack::unordered("shuffled");
    let pipeline = ["--pipeline", "dynamodb-eventbridge"];
    let with = |args: &[&'static str]| args.iter().copied().chain(pipeline).collect::<Vec<_>>();
    stack.ok(&with(&["deploy", "--yes"]));
    let verify = ["verify", "--count", "120", "--aggregates", "2"];
    let report = stack.ok(&with(&verify));
    let hop = |report: &Value, name: &str| -> (u64, bool, u64) {
        let hops = report["hops"].as_array().expect("hops");
        let hop = hops.iter().find(|hop| hop["hop"] == name).unwrap_or_else(|| panic!("no {name}: {report}"));
        let count = |key: &str| hop[key].as_u64().expect("a number");
        (count("out_of_order"), hop["order_judged"] == true, count("lost") + count("duplicated"))
    };
    assert_eq!(hop(&report, "stream"), (0, true, 0));
    for name in ["bus", "log"] {
        let (disorder, judged, wrong) = hop(&report, name);
        assert!(disorder > 0 && !judged && wrong == 0, "{name}: {report}");
    }
    let strict: Vec<&str> = verify.into_iter().chain(["--strict-order"]).collect();
    let failed = stack.fails(5, &with(&strict));
    assert!(failed["error"]["message"].as_str().is_some_and(|text| text.contains("out of order")), "{failed}");
    // Events that it held back are delivered before it ends: `local down` loses nothing.
    stack.ok(&with(&["sample", "insert", "--count", "50"]));
    stack.ok(&["local", "down"]);
    stack.ok(&["local", "up"]);
    let mut whole = Value::Null;
    for _ in 0..100 {
        whole = stack.run_ndjson(&with(&["reconcile", "--grace", "0"]));
        if whole["data"]["missing"] == 0 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
    }
    assert_eq!((&whole["data"]["missing"], &whole["data"]["duplicated"]), (&0.into(), &0.into()), "{whole}");
}

/// A reader continues after the sequence number of its last record: after the clock was set back, new records must not
/// get lower numbers.
#[test]
fn sequence_numbers_grow_whatever_the_clock_does() {
    let script = r#"
import records
kinesis, now = records.kinesis, [1_000_000.0]
records.time.time = lambda: now[0]
records.install_growing_sequence_numbers()
first = kinesis._next_sequence_number()
now[0] -= 40
second = kinesis._next_sequence_number()
assert first < second and all(len(number) == 56 and number.startswith("49") for number in (first, second)), (first, second)
# Another process, whose clock is behind what was saved.
kinesis._streams["s"] = {"shards": {"0": {"starting_sequence_number": first, "records": [{"SequenceNumber": second}]}}}
kinesis._next_sequence_number = lambda: "1"
records.install_growing_sequence_numbers()
assert kinesis._next_sequence_number() > second
now[0] += 80
"#;
    python(script);
}

/// Runs a script with the launcher's modules and the emulator's, which must succeed.
fn python(script: &str) {
    let launcher = repository().join("src/local/launcher");
    let output = Command::new("python3")
        .args(["-c", script])
        .env("PYTHONPATH", std::env::join_paths([launcher, tools()]).expect("paths"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("Python starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Lambda sends the record of a failed invocation with the rights of the function's role.
#[test]
fn a_failure_destination_needs_a_right_of_the_role() {
    let script = r#"
import functions
queue, role, sent, allowed = "arn:aws:sqs:us-east-1:000000000000:failed", "arn:aws:iam::000000000000:role/r", [], []
functions.lambdas._functions["f"] = {"config": {"Role": role}}
functions.lambdas._route_async_failure = lambda *arguments: sent.append(arguments[0])
functions.rights.role_allows = lambda *arguments: arguments in allowed
functions.install_destinations()
functions.lambdas._route_async_failure(queue, "f", {}, {})
assert sent == [], sent
allowed.append((role, "f", "sqs:SendMessage", queue))
functions.lambdas._route_async_failure(queue, "f", {}, {})
assert sent == [queue], sent
functions.lambdas._route_async_failure("arn:aws:s3:::failed", "f", {}, {})
assert sent == [queue], sent
allowed.append((role, "f", "s3:PutObject", "arn:aws:s3:::failed/*"))
functions.lambdas._route_async_failure("arn:aws:s3:::failed", "f", {}, {})
assert sent == [queue, "arn:aws:s3:::failed"], sent
"#;
    python(script);
}
