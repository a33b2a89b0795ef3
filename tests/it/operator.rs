//! The commands of an operator on a local stack: `doctor`, `status`, `outputs`, and `destroy` with the resources it
//! keeps.

use aws_sdk_cloudwatch::types::StateValue;
use serde_json::Value;

use crate::support::stack::Stack;

fn finding<'a>(report: &'a Value, check: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("no {check} in {report:#}"))
}

fn hop<'a>(report: &'a Value, name: &str) -> &'a Value {
    let hops = report["hops"].as_array().expect("hops");
    hops.iter().find(|hop| hop["hop"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_doctor_match_the_deployment_and_kept_data_is_listed() {
    let stack = Stack::up("operator");
    assert_eq!(finding(&stack.ok(&["doctor"]), "stacks")["state"], "ok", "nothing is deployed, which is fine");
    assert_eq!(stack.ok(&["status"])["hops"], Value::Array(vec![]));

    let keep = ["deploy", "--yes", "--parameter", "DeletionProtection=true", "--parameter", "KeepData=true"];
    stack.ok(&keep);
    assert_eq!(finding(&stack.fails(1, &["doctor"])["data"], "database schema")["state"], "failed");
    stack.ok(&["db", "init"]);
    let idle = stack.ok(&["status"]);
    assert_eq!(
        (hop(&idle, "capture")["word"].as_str(), hop(&idle, "capture")["state"].as_str()),
        (Some("ready"), Some("warning"))
    );
    stack.ok(&["dms", "start"]);

    let healthy = stack.ok(&["doctor"]);
    for check in
        ["capture task", "capture source connection", "logical replication", "stream", "event source mapping", "bus"]
    {
        assert_eq!(finding(&healthy, check)["state"], "ok", "{check}: {healthy:#}");
    }
    let picture = String::from_utf8(stack.run(&["status"]).stdout).expect("UTF-8");
    assert!(picture.contains("✓ database ─▶ ✓ capture ─▶ ✓ stream"), "{picture}");
    assert!(!picture.contains('\u{1b}'), "no escape codes off a terminal: {picture}");

    outputs(&stack);
    alarms(&stack).await;

    // Protected: nothing is touched, and what would be needed is said.
    let refused = stack.fails(2, &["destroy", "--yes"]);
    assert!(refused["error"]["hints"].to_string().contains("DeletionProtection=false"), "{refused}");
    assert_eq!(stack.ok(&["dms", "status"])["status"], "running", "the capture was not stopped for nothing");

    let clients = stack.clients();
    let all = stack.ok(&["outputs"]);
    let name = |output: &str| all[output].as_str().expect("an output").to_owned();
    stack.ok(&["deploy", "--yes", "--parameter", "DeletionProtection=false", "--parameter", "KeepData=true"]);
    // As the hint said; a deploy does not lift the termination protection of stacks.
    let protected = stack.fails(2, &["destroy", "--yes"])["error"]["message"].as_str().expect("a message").to_owned();
    for name in protected.rsplit(": ").next().expect("names").split(", ") {
        let lift = clients.cloudformation().update_termination_protection().stack_name(name);
        lift.enable_termination_protection(false).send().await.expect("lifted");
    }
    let put = clients.s3().put_object().bucket(name("FailureBucket")).key("poison.json").body(b"{}".to_vec().into());
    put.send().await.expect("an object");

    // Somebody deletes the stream.
    clients.kinesis().delete_stream().stream_name(name("StreamName")).send().await.expect("deleted");
    let broken = stack.fails(1, &["doctor"]);
    let stream = finding(&broken["data"], "stream");
    assert!(
        stream["state"] == "failed" && stream["remedy"].as_str().is_some_and(|text| text.contains("destroy")),
        "{stream}"
    );
    assert_eq!(finding(&broken["data"], "database")["state"], "ok", "one failure hides no other check");
    assert_eq!(hop(&stack.ok(&["status"]), "stream")["word"], "gone");

    // An unprotected stack with data to keep is deleted, the kept resources are listed, and the exit code is not 0.
    let left = stack.fails(1, &["destroy", "--yes"]);
    let leftovers = left["data"]["leftovers"].to_string();
    assert!(leftovers.contains(&name("FailureBucket")), "{left}");
    let deleted = left["data"]["deleted"].to_string();
    for gone in ["dms", "database", "functions", "network"] {
        assert!(deleted.contains(gone), "{gone} is not in {deleted}");
    }
    let after = stack.ok(&["doctor"]);
    let buckets = finding(&after, "leftovers: buckets");
    assert!(
        buckets["state"] == "warning" && buckets["message"].to_string().contains(&name("FailureBucket")),
        "{buckets}"
    );
}

/// The alarms that the stacks made, in the states that CloudWatch has them in.
async fn alarms(stack: &Stack) {
    let clients = stack.clients();
    let client = clients.cloudwatch();
    let all = client.describe_alarms().send().await.expect("the alarms").metric_alarms.unwrap_or_default();
    let quiet = finding(&stack.ok(&["doctor"]), "alarms")["message"].to_string();
    assert!(all.len() > 5 && quiet.contains(&format!("{} alarms, none in ALARM", all.len())), "{quiet}");

    let name = all.iter().filter_map(|alarm| alarm.alarm_name()).find(|name| name.contains("IteratorAge"));
    let name = name.expect("an alarm on records that wait for long");
    let set =
        |state: StateValue, why: &str| client.set_alarm_state().alarm_name(name).state_value(state).state_reason(why);
    set(StateValue::Alarm, "records wait for too long").send().await.expect("set");
    let report = stack.fails(1, &["doctor"]);
    let findings = report["data"]["findings"].as_array().expect("findings");
    let raised = findings.iter().find(|finding| finding["word"] == "alarm").expect("the alarm");
    assert_eq!(
        (raised["state"].as_str(), raised["remedy"].as_str()),
        (Some("failed"), Some("records wait for too long"))
    );
    let short = raised["check"].as_str().and_then(|check| check.strip_prefix("alarm ")).expect("its name");
    assert!(name.ends_with(short), "{name}: {short}");
    let status = String::from_utf8(stack.run(&["status"]).stdout).expect("UTF-8");
    assert!(status.contains(&format!("failed alarm {short}: ")), "{status}");
    set(StateValue::Ok, "they no longer do").send().await.expect("set");
    assert_eq!(finding(&stack.ok(&["doctor"]), "alarms")["state"], "ok");
}

/// Every form of the outputs.
fn outputs(stack: &Stack) {
    let all = stack.ok(&["outputs"]);
    let stream = all["StreamName"].as_str().expect("an output");
    let text = |args: &[&str]| String::from_utf8(stack.run(args).stdout).expect("UTF-8");
    assert_eq!(text(&["outputs", "StreamName"]), format!("{stream}\n"));
    let exported = text(&["outputs", "--form", "env"]);
    let script = format!("{exported}\nprintf %s \"$STREAM_NAME\"");
    let shell = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&shell.stdout), stream);
    assert!(text(&["outputs", "--form", "github"]).lines().any(|line| line == format!("StreamName={stream}")));
    let json: Value = serde_json::from_str(&text(&["outputs", "--form", "json"])).expect("JSON");
    assert_eq!(json, all);
    let wrong = stack.fails(2, &["outputs", "StreamNam"]);
    assert_eq!(wrong["error"]["hints"][0], "did you mean StreamName?");
    assert_eq!(stack.fails(2, &["outputs", "--form", "env"])["error"]["code"], "usage");
}
