//! Ctrl-C detaches: CloudFormation goes on, and the last words say how to attach again or cancel.

use outboxctl_test_support::cloudformation::{Fault, Task, World as Script, step};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{account, deployed, full};
use crate::support::account::Account;

/// Waits until the server has received the awaited request; returns immediately if the binary has ended.
pub fn wait(account: &Account, child: &mut Child, seen: impl Fn(&Account) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !seen(account) {
        if let Some(status) = child.try_wait().expect("the child") {
            panic!("the binary ended with {status} before what was waited for");
        }
        assert!(Instant::now() < deadline, "not seen for a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn interrupted(account: &Account, args: &[&str], seen: impl Fn(&Account) -> bool) -> String {
    let mut command = account.command(args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    wait(account, &mut child, seen);
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(killed.success());
    let output = child.wait_with_output().expect("its end");
    let out = account.world.transcript(&output);
    assert_eq!(output.status.code(), Some(130), "{out}");
    out
}

#[test]
fn ctrl_c_detaches_and_says_how_to_attach_again() {
    let mut script = Script::default();
    script.gates.insert(full("bus"), vec!["never".into()]);
    let account = account(script);
    let executed = |account: &Account| account.executions()[1] == 1;
    let out = interrupted(&account, &["deploy"], executed);
    assert!(out.contains("error: detached; CloudFormation continues with: bus"), "{out}");
    assert!(
        out.contains("`outboxctl watch --pipeline dynamodb-cdc --region eu-central-1 --endpoint-url http://"),
        "{out}"
    );
    assert!(out.contains("a create can't be cancelled"), "{out}");

    account.server.world().gates.clear();
    account.ok(&["watch"]);
    assert_eq!(account.ok(&["deploy"])["changed"], true, "what was not begun is made now");
    assert_eq!(account.executions(), [1; 6]);
}

#[test]
fn an_update_that_was_detached_from_can_be_cancelled() {
    let account = deployed();
    {
        let mut world = account.server.world();
        world.stack(&full("bus")).changes = Some(vec![("Modify", "Bus", "AWS::Events::EventBus", "False")]);
        world.gates.insert(full("bus"), vec!["never".into()]);
    }
    let out = interrupted(&account, &["deploy"], |account| account.executions()[1] == 2);
    let way = "`outboxctl watch --cancel bus --pipeline dynamodb-cdc --region eu-central-1";
    assert!(out.contains(&format!("cancel (CancelUpdateStack): {way}")), "{out}");

    // Watching is interrupted the same way, and changes nothing.
    let attached = |account: &Account| account.server.world().count("DescribeStacks") > 0;
    account.server.world().calls.clear();
    let out = interrupted(&account, &["watch", "bus"], attached);
    assert!(out.starts_with("exit: 130"), "{out}");
    assert_eq!(account.server.world().count("CancelUpdateStack"), 0);

    account.server.world().gates.clear();
    let out = account.fails(1, &["watch", "--cancel", "--stage", "dev", "--pipeline", "dynamodb-cdc", "bus"]);
    assert!(out.contains("bus: cancelled"), "{out}");
    assert_eq!(account.server.world().count("CancelUpdateStack"), 1);
    assert_eq!(account.server.world().stack(&full("bus")).status.as_deref(), Some("UPDATE_ROLLBACK_COMPLETE"));
}

#[test]
fn a_dry_run_that_is_interrupted_still_removes_what_it_made() {
    let account = account(Script::default());
    let begun = |account: &Account| account.server.world().count("CreateChangeSet") > 0;
    interrupted(&account, &["deploy", "--dry-run"], begun);
    let left = account.server.world().stacks.values().filter(|stack| stack.status.is_some()).count();
    assert_eq!(left, 0);
    account.server.world().stack(&full("bus")).happen(step("stack", "REVIEW_IN_PROGRESS", ""));
    assert_eq!(account.ok(&["deploy"])["changed"], true);
}

#[test]
fn a_deletion_that_is_interrupted_while_the_capture_stops_shows_how_to_resume_it() {
    let account = Account::new("rds-eventbridge", Script::default());
    account.ok(&["deploy"]);
    {
        let mut world = account.server.world();
        world.task = Some(Task { status: "running".into(), ..Task::default() });
        world.calls.clear();
        world.faults =
            Box::new(|_, action| if action.ends_with("StopReplicationTask") { Fault::Hang } else { Fault::None });
    }
    let out = interrupted(&account, &["destroy", "--yes"], |account| account.server.hung() > 0);
    assert!(out.contains("error: stopped; no stack is being changed"), "{out}");
    assert!(out.contains("the capture is stopped") && out.contains("`outboxctl dms start --pipeline"), "{out}");
    assert_eq!(account.server.world().count("DeleteStack"), 0);

    // A capture that did not run is not mentioned.
    {
        let mut world = account.server.world();
        world.task = Some(Task { status: "stopped".into(), ..Task::default() });
        world.faults = Box::new(|_, action| if action == "DescribeStackEvents" { Fault::Hang } else { Fault::None });
    }
    let hung = account.server.hung();
    let out = interrupted(&account, &["destroy", "--yes"], |account| account.server.hung() > hung);
    assert!(!out.contains("the capture is stopped"), "{out}");
}

#[test]
fn a_detached_deletion_continues() {
    let account = deployed();
    account.server.world().gates.insert(full("consumer"), vec!["never".into()]);
    let out = interrupted(&account, &["destroy", "--yes"], |account| {
        account.server.world().forms("DeleteStack").iter().any(|form| form["StackName"].contains("-consumer"))
    });
    assert!(out.contains("error: detached; CloudFormation continues with: ") && out.contains("consumer"), "{out}");
    assert!(out.contains("`outboxctl watch --pipeline") && out.contains("can't be cancelled; they continue"), "{out}");

    account.server.world().gates.clear();
    account.ok(&["watch"]);
    assert_eq!(account.server.world().stack(&full("consumer")).status.as_deref(), Some("DELETE_COMPLETE"));
}

#[test]
fn an_endless_command_that_is_stopped_before_it_runs_ends_at_once_with_a_document() {
    for args in [&["ui", "--port", "0"][..], &["consume", "--exec", "true"]] {
        let account = Account::new("rds-kinesis", Script::default());
        account.server.world().faults =
            Box::new(|_, action| if action == "DescribeStacks" { Fault::Hang } else { Fault::None });
        let mut command = account.command(args);
        command.args(["--output", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary starts");
        wait(&account, &mut child, |account| account.server.hung() > 0);
        let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
        assert!(killed.success());
        let output = child.wait_with_output().expect("its end");
        assert_eq!(output.status.code(), Some(130), "{args:?}: {}", account.world.transcript(&output));
        let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
        assert_eq!((&document["stopped"], &document["exit_code"]), (&"interrupted".into(), &130.into()), "{document}");
    }
}
