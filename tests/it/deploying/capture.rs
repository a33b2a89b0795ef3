//! The capture is stopped while its task or endpoints are updated, and resumed however that ends.

use outboxctl_test_support::cloudformation::{Fault, Task, World as Script, step};
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::account::{Account, full};

const PIPELINE: &str = "rds-eventbridge";

/// An account where the pipeline is deployed and its task is in this status; the next deploy changes the task.
fn changing(status: &str) -> Account {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    let mut world = account.server.world();
    world.task = Some(Task { status: status.into(), ..Task::default() });
    world.stack(&full(PIPELINE, "dms")).changes = Some(vec![("Modify", "Task", "AWS::DMS::ReplicationTask", "False")]);
    drop(world);
    account
}

fn task(account: &Account) -> Task {
    account.server.world().task.clone().expect("a task")
}

#[test]
fn a_running_task_is_stopped_for_its_update_and_resumed() {
    let account = changing("running");
    let out = account.fails(0, &["deploy", "--dry-run"]);
    assert!(out.contains("the capture is stopped for this update, and resumed afterwards if it ran"), "{out}");
    assert_eq!(task(&account).status, "running", "a preview stops nothing");
    let out = account.fails(0, &["deploy"]);
    assert!(out.contains("capture: stopping the task for the update of stack dms"), "{out}");
    assert!(out.contains("capture: resumed where it stopped"), "{out}");
    let task = task(&account);
    assert_eq!((task.status.as_str(), task.tags.len()), ("running", 0));
    let acts: Vec<_> =
        task.asked.iter().filter(|asked| !asked.starts_with("Describe") && !asked.starts_with("List")).collect();
    let order = ["AddTagsToResource", "StopReplicationTask"];
    assert_eq!(acts[..2], order, "marked before it is stopped: {acts:?}");
    assert_eq!(account.ok(&["deploy"])["changed"], false);
}

#[test]
fn a_release_alone_does_not_touch_the_capture() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    let world = account.server.world();
    for form in world.forms("CreateChangeSet") {
        // A stack's tags are put on its resources.
        let tagged = form.values().any(|value| value == "outboxctl:version");
        assert_eq!(tagged, form["StackName"] != full(PIPELINE, "dms"), "{}", form["StackName"]);
    }
}

#[test]
fn a_task_that_does_not_run_is_left_alone() {
    for status in ["stopped", "failed", "ready"] {
        let account = changing(status);
        assert_eq!(account.ok(&["deploy"])["changed"], true);
        let task = task(&account);
        assert_eq!(task.status, status);
        assert!(!task.asked.iter().any(|asked| asked.starts_with("St")), "{:?}", task.asked);
    }
}

#[test]
fn an_update_of_an_endpoint_stops_it_and_one_beside_it_does_not() {
    for (kind, stops) in [("AWS::DMS::Endpoint", true), ("AWS::CloudWatch::Alarm", false)] {
        let account = changing("running");
        account.server.world().stack(&full(PIPELINE, "dms")).changes = Some(vec![("Modify", "It", kind, "False")]);
        account.ok(&["deploy"]);
        let task = task(&account);
        assert_eq!(task.asked.iter().any(|asked| asked == "StopReplicationTask"), stops, "{kind}");
        assert_eq!(task.status, "running");
    }
}

#[test]
fn a_task_is_resumed_after_an_update_that_failed() {
    let account = changing("running");
    let failing = vec![
        step("stack", "UPDATE_IN_PROGRESS", "User Initiated"),
        step("Task", "UPDATE_FAILED", "no such setting").kind("AWS::DMS::ReplicationTask"),
        step("stack", "UPDATE_ROLLBACK_COMPLETE", ""),
    ];
    account.server.world().stack(&full(PIPELINE, "dms")).script("execute", failing);
    let out = account.fails(1, &["deploy"]);
    assert!(out.contains("no such setting") && out.contains("capture: resumed where it stopped"), "{out}");
    assert_eq!((task(&account).status.as_str(), task(&account).tags.len()), ("running", 0));
}

#[test]
fn a_deploy_that_is_refused_leaves_the_task_running() {
    let account = changing("running");
    account.server.world().stack(&full(PIPELINE, "dms")).changes =
        Some(vec![("Modify", "Task", "AWS::DMS::ReplicationTask", "True")]);
    account.fails(2, &["deploy", "--yes"]);
    assert_eq!(task(&account).status, "running");
    assert!(!task(&account).asked.iter().any(|asked| asked == "StopReplicationTask"));
}

/// Kills a deploy at its first request of this action, which took effect and was not answered.
fn killed_at(account: &Account, action: &'static str) {
    let mut hung = false;
    account.server.world().faults = Box::new(move |_, asked| {
        let hangs = !hung && asked.ends_with(action);
        hung |= hangs;
        if hangs { Fault::Hang } else { Fault::None }
    });
    let before = account.server.hung();
    let mut command = account.command(&["deploy", "--quiet"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts");
    let deadline = Instant::now() + Duration::from_secs(60);
    while account.server.hung() == before {
        assert_eq!(child.try_wait().expect("the child"), None, "it ended before {action}");
        assert!(Instant::now() < deadline, "{action} was not asked for");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("its end");
}

#[test]
fn the_next_deploy_resumes_a_task_that_a_killed_one_stopped() {
    for action in ["StopReplicationTask", "ExecuteChangeSet", "StartReplicationTask", "RemoveTagsFromResource"] {
        let account = changing("running");
        killed_at(&account, action);
        account.ok(&["deploy"]);
        assert_eq!((task(&account).status.as_str(), task(&account).tags.len()), ("running", 0), "{action}");
    }
}

#[test]
fn a_task_that_the_user_stopped_or_started_since_is_not_touched_by_the_next_deploy() {
    let account = changing("running");
    killed_at(&account, "ExecuteChangeSet");
    assert_eq!(task(&account).status, "stopped");
    account.ok(&["dms", "stop"]);
    account.ok(&["deploy"]);
    assert_eq!((task(&account).status.as_str(), task(&account).tags.len()), ("stopped", 0), "stopped by hand");
    account.ok(&["dms", "start"]);
    assert_eq!((task(&account).status.as_str(), task(&account).tags.len()), ("running", 0));
}
