//! The main line, end to end, by the commands a user types, on a real PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use outboxctl::internals::aws::api_gateway::Api;
use outboxctl_test_support::schemas;
use serde_json::{Value, json};

use crate::support::binary;
use crate::support::stack::Stack;

#[test]
fn committed_events_are_delivered_and_survive_a_restart() {
    let mut stack = Stack::up("journey");
    // The package that users have, and not the small one of the other tests.
    stack.set("OUTBOXCTL_FUNCTION_BINARY", binary());
    assert!(!stack.changed(&["local", "up"]), "a second `local up` changes nothing");

    assert!(stack.changed(&["deploy", "--yes"]));
    assert!(!stack.changed(&["deploy", "--yes"]), "a second deploy changes nothing");
    assert!(stack.changed(&["db", "init"]));
    assert!(!stack.changed(&["db", "init"]), "a second init changes nothing");
    assert!(stack.changed(&["dms", "start"]));
    assert!(!stack.changed(&["dms", "start"]), "starting a running task changes nothing");

    let report = stack.ok(&["verify", "--count", "50", "--aggregates", "5"]);
    assert_everything_arrived(&report, 50);
    created_as_documented(&stack);
    let out = events_as_documented(&stack, 52);
    assert_eq!(out, ["urn:outbox:car:CarCreated:1", "urn:outbox:car:CarUpdated:1"].map(str::to_owned).into());

    // Events written while the capture is stopped arrive after it resumes.
    assert!(stack.changed(&["dms", "stop"]));
    assert!(!stack.changed(&["dms", "stop"]), "stopping a stopped task changes nothing");
    let late = stack.run(&["verify", "--count", "3", "--timeout", "3", "--output", "json"]);
    let (stdout, stderr) = (String::from_utf8_lossy(&late.stdout), String::from_utf8_lossy(&late.stderr));
    assert!(late.status.code() == Some(5) && stdout.contains("\"code\": \"verify\""), "{stdout}");
    // The cause is shown before the wait, and progress without news only once.
    assert!(stderr.contains("warning: the capture task is stopped"), "{stderr}");
    assert_eq!(stderr.matches("written 3: stream 0, bus 0, log 0\n").count(), 1, "{stderr}");
    assert!(stack.changed(&["dms", "start"]));

    // State survives.
    stack.ok(&["local", "down"]);
    assert_eq!(stack.fails(1, &["outputs"])["error"]["code"], "local-down");
    stack.ok(&["local", "up"]);
    assert_everything_arrived(&stack.ok(&["verify", "--count", "20"]), 20);

    assert!(stack.changed(&["destroy", "--yes"]));
    assert_eq!(stack.fails(1, &["dms", "start"])["error"]["code"], "not-deployed");
}

/// Two cars through the API, one from the command and one by hand: the answers are as `schema/openapi` says.
fn created_as_documented(stack: &Stack) {
    stack.ok(&["sample", "insert", "--via", "api"]);
    let url = stack.ok(&["outputs"])["ApiUrl"].as_str().expect("the API's address").to_owned();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (created, refused) = runtime.block_on(async {
        let api = Api::new(&stack.clients(), &url).expect("the API");
        let post =
            async |body: Value| api.send(Method::POST, "/cars", &[], body.to_string().into()).await.expect("an answer");
        (post(json!({"make": "Škoda", "model": "Octavia", "year": 2024})).await, post(json!({"make": ""})).await)
    });
    let mut contract = schemas::Api::load("openapi/cars.json");
    for (answer, kind) in [(created, "application/json"), (refused, "application/problem+json")] {
        let body = serde_json::from_slice(&answer.body).expect("JSON");
        let headers = BTreeMap::from([("content-type".to_owned(), kind.to_owned())]);
        contract.check("/cars", "post", answer.status, &headers, Some(&body));
    }
}

/// The events that the log of the bus holds fit their schemas; returns which schemas.
fn events_as_documented(stack: &Stack, count: usize) -> BTreeSet<String> {
    let (events, items) = (schemas::Events::load(), stack.tail(&["log"], count, &[]));
    let out: Vec<String> = items.iter().map(|item| events.check(&item["record"]["detail"])).collect();
    assert_eq!(out.len(), count);
    out.into_iter().collect()
}

/// On every hop, once and in order; exit code 0 has said so already, and this is that `verify` counted it.
fn assert_everything_arrived(report: &Value, count: u64) {
    assert_eq!(report["committed"], count, "{report}");
    assert_eq!(report["rolled_back_arrived"], Value::Array(vec![]), "{report}");
    let hops = report["hops"].as_array().expect("hops");
    let names: Vec<&str> = hops.iter().filter_map(|hop| hop["hop"].as_str()).collect();
    assert_eq!(names, ["stream", "bus", "log"]);
    for hop in hops {
        let counts = ["arrived", "lost", "duplicated", "out_of_order"].map(|key| hop[key].as_u64());
        assert_eq!(counts, [Some(count), Some(0), Some(0), Some(0)], "{hop}");
    }
}
