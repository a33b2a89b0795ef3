//! The main line, end to end, by the commands a user types, on a real PostgreSQL.

use serde_json::Value;

use crate::support::stack::Stack;

#[test]
fn what_is_committed_is_delivered_and_survives_a_restart() {
    let stack = Stack::up("journey");
    assert!(!stack.changed(&["local", "up"]), "a second `local up` changes nothing");

    assert!(stack.changed(&["deploy", "--yes"]));
    assert!(!stack.changed(&["deploy", "--yes"]), "a second deploy changes nothing");
    assert!(stack.changed(&["db", "init"]));
    assert!(!stack.changed(&["db", "init"]), "a second init changes nothing");
    assert!(stack.changed(&["dms", "start"]));
    assert!(!stack.changed(&["dms", "start"]), "starting a running task changes nothing");

    let report = stack.ok(&["verify", "--count", "50", "--aggregates", "5"]);
    assert_everything_arrived(&report, 50);

    // What is written while the capture is stopped arrives once it resumes.
    assert!(stack.changed(&["dms", "stop"]));
    assert!(!stack.changed(&["dms", "stop"]), "stopping a stopped task changes nothing");
    let late = stack.fails(5, &["verify", "--count", "3", "--timeout", "3"]);
    assert_eq!(late["error"]["code"], "verify");
    assert!(stack.changed(&["dms", "start"]));

    // State survives.
    stack.ok(&["local", "down"]);
    assert_eq!(stack.fails(1, &["outputs"])["error"]["code"], "local-down");
    stack.ok(&["local", "up"]);
    assert_everything_arrived(&stack.ok(&["verify", "--count", "20"]), 20);

    assert!(stack.changed(&["destroy", "--yes"]));
    assert_eq!(stack.fails(1, &["dms", "start"])["error"]["code"], "not-deployed");
}

/// On every hop, once and in order; exit code 0 has said so already, and this is that `verify` counted it.
fn assert_everything_arrived(report: &Value, count: u64) {
    assert_eq!(report["committed"], count, "{report}");
    assert_eq!(report["rolled_back_arrived"], Value::Array(vec![]), "{report}");
    let hops = report["hops"].as_array().expect("hops");
    let names: Vec<&str> = hops.iter().filter_map(|hop| hop["hop"].as_str()).collect();
    assert_eq!(names, ["kinesis", "events", "log"]);
    for hop in hops {
        let counts = ["arrived", "lost", "duplicated", "out_of_order"].map(|key| hop[key].as_u64());
        assert_eq!(counts, [Some(count), Some(0), Some(0), Some(0)], "{hop}");
    }
}
