//! The clock of the machine is set back. Only the processes of one stack see it.
#![cfg(target_os = "linux")]

use outboxctl_test_support::clock::Clock;
use serde_json::Value;

use crate::support::not_run;
use crate::support::stack::Stack;

/// Starts a stack whose processes have this clock; false on a machine that allows no namespace of mounts.
fn starts(clock: &Clock, stack: &Stack) -> bool {
    let up = stack.command(&["local", "up", "--port", "0", "--postgres-port", "0"]);
    let output = clock.given_to(&up).output().expect("unshare starts");
    if Clock::is_refused(output.status.code()) {
        not_run(&String::from_utf8_lossy(&output.stderr));
        return false;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    true
}

/// Positions and leases of the time before must not hide the events of the time after.
#[test]
fn events_are_processed_after_the_clock_was_set_back() {
    let clock = match Clock::new() {
        Ok(clock) => clock,
        Err(reason) => return not_run(&reason),
    };
    let stack = Stack::new("clock");
    if !starts(&clock, &stack) {
        return;
    }
    let pipeline = ["--pipeline", "rds-kinesis"];
    for command in [&["deploy", "--yes"][..], &["db", "init"], &["dms", "start"]] {
        stack.ok(&[command, &pipeline].concat());
    }
    let mut expected = 0;
    for (shift, count) in [(0, 20), (-30, 289), (-60, 20), (0, 20)] {
        // The consumer is away meanwhile.
        clock.set(shift);
        stack.ok(&[&["sample", "insert", "--count", &count.to_string()], &pipeline[..]].concat());
        expected += count;
        let mut processed = 0;
        // A run may find the stream quiet before all events are in it.
        for _ in 0..10 {
            let consume =
                [&["consume", "--exec", "true", "--idle-timeout", "5s", "-o", "json"], &pipeline[..]].concat();
            let output = stack.command(&consume).env("LD_PRELOAD", clock.library()).output().expect("it starts");
            let data: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            processed += data["processed"].as_u64().unwrap_or_else(|| panic!("no count: {data}"));
            if processed >= count {
                break;
            }
        }
        assert_eq!(processed, count, "at {shift} s");
    }
    let compared = stack.ok(&[&["reconcile", "--grace", "0", "--until", "+1h"], &pipeline[..]].concat());
    assert_eq!((&compared["committed"], &compared["missing"]), (&expected.into(), &0.into()), "{compared}");
}
