//! The one cause last on the screen, and the way out of every stack status.

use std::process::Stdio;
use std::time::Duration;

use outboxctl_test_support::cloudformation::{World as Script, step};
use serde_json::Value;

use super::{STACKS, account, deployed, full};
use crate::support::account::result;

/// A first deploy whose tables fail over a name, with cancelled siblings.
pub fn failing() -> Script {
    let mut script = Script::default();
    let steps = vec![
        step("stack", "CREATE_IN_PROGRESS", "User Initiated"),
        step("Stream", "CREATE_FAILED", "Resource creation cancelled").kind("AWS::Kinesis::Stream"),
        step("Users", "CREATE_FAILED", "users already exists in stack other").kind("AWS::DynamoDB::Table"),
        step("Topic", "CREATE_FAILED", "Resource creation cancelled").kind("AWS::SNS::Topic"),
        step("stack", "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Stream, Users, Topic]."),
        step("stack", "ROLLBACK_COMPLETE", ""),
    ];
    script.stack(&full("tables")).script("execute", steps);
    script
}

#[test]
fn a_failed_deploy_ends_with_its_one_cause() {
    let account = account(failing());
    let output = account.run(&["deploy"]);
    let out = account.world.transcript(&output);
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(output.stdout.is_empty(), "{out}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains('\u{1b}'), "{out}");
    let end = &stderr[stderr.find("error: ").expect("an error")..];
    assert!(
        end.starts_with(&format!(
            "error: stack {}: Users (AWS::DynamoDB::Table) CREATE_FAILED: users already exists in stack other\n",
            full("tables")
        )),
        "{out}"
    );
    assert!(end.contains("hint: a resource of that name already exists"), "{out}");
    assert!(
        end.contains("hint: open it in the AWS console: https://eu-central-1.console.aws.amazon.com/cloudformation/"),
        "{out}"
    );
    assert!(!end.contains("cancelled"), "{out}");
    assert!(stderr.contains("api: not started, because tables was not deployed"), "{out}");
    assert_eq!(account.executions(), [1, 1, 1, 0, 0, 1], "code, bus and receiver don't need the tables");

    // Run again, it goes on: what never lived is deleted and made anew.
    assert_eq!(account.ok(&["deploy"])["changed"], true);
}

#[test]
fn machines_get_the_cause_as_data() {
    let account = account(failing());
    let output = account.command(&["deploy", "--output", "ndjson"]).output().expect("the binary starts");
    let last: Value = result(&output);
    assert_eq!((last["exit_code"].as_u64(), last["error"]["code"].as_str()), (Some(1), Some("stack-failed")));
    let out =
        ["resource", "resource_type", "status", "reason", "remedy"].map(|key| last["data"][key].as_str().unwrap_or(""));
    let reason = "users already exists in stack other";
    assert_eq!(out, ["Users", "AWS::DynamoDB::Table", "CREATE_FAILED", reason, "name-taken"]);
}

#[test]
fn details_that_may_not_be_read_are_a_warning() {
    let mut script = failing();
    script.details = None;
    let account = account(script);
    let out = account.fails(1, &["deploy"]);
    assert!(out.contains("warning: ") && out.contains("cloudformation:DescribeEvents is not allowed"), "{out}");
    assert!(out.contains("CREATE_FAILED: users already exists"), "{out}");
}

#[test]
fn a_stuck_rollback_exits_6_and_recover_leads_out() {
    let account = deployed();
    account.server.world().stack(&full("bus")).happen(step("stack", "UPDATE_ROLLBACK_FAILED", ""));
    let out = account.fails(6, &["deploy"]);
    assert!(out.contains("hint: run `outboxctl recover bus --pipeline dynamodb-cdc"), "{out}");
    account.fails(2, &["recover", "--skip", "Bus"]);
    account.fails(2, &["recover", "buss"]);
    let recovered = account.ok(&["recover"]);
    assert_eq!(recovered["changed"], true);
    let bus = recovered["data"]["stacks"].as_array().expect("stacks").iter().find(|stack| stack["stack"] == "bus");
    assert_eq!(bus.expect("bus")["action"], "ContinueUpdateRollback");
    assert_eq!(account.ok(&["recover"])["changed"], false);
    assert_eq!(account.ok(&["deploy"])["changed"], false);
}

#[test]
fn a_stuck_deletion_is_not_begun_again_without_a_yes() {
    let account = deployed();
    account.server.world().stack(&full("code")).happen(step("stack", "DELETE_FAILED", ""));
    account.fails(6, &["deploy"]);
    let out = account.fails(2, &["recover", "code"]);
    assert!(out.contains("code: delete it once more") && out.contains("--yes"), "{out}");
    assert_eq!(account.server.world().count("DeleteStack"), 0);
    account.ok(&["recover", "code", "--force", "--yes"]);
    assert_eq!(account.server.world().forms("DeleteStack")[0]["DeletionMode"], "FORCE_DELETE_STACK");
    assert_eq!(account.ok(&["deploy"])["changed"], true);
}

#[test]
fn a_resource_to_keep_is_never_lost_because_the_flag_does_not_apply() {
    for (status, flag) in [
        ("ROLLBACK_FAILED", "--retain"),
        ("ROLLBACK_COMPLETE", "--retain"),
        ("UPDATE_ROLLBACK_FAILED", "--retain"),
        ("UPDATE_FAILED", "--skip"),
        ("DELETE_FAILED", "--skip"),
    ] {
        let account = deployed();
        account.server.world().stack(&full("bus")).happen(step("stack", status, ""));
        let out = account.fails(2, &["recover", "bus", flag, "Bus", "--yes"]);
        assert!(out.contains(flag) && out.contains(status), "{status} {flag}: {out}");
        let world = account.server.world();
        for action in ["DeleteStack", "RollbackStack", "ContinueUpdateRollback"] {
            assert_eq!(world.count(action), 0, "{status} {flag}: {action}");
        }
    }
}

#[test]
fn stack_states_without_a_way_out_are_refused_with_a_reason() {
    let account = deployed();
    account.server.world().stack(&full("bus")).happen(step("stack", "IMPORT_ROLLBACK_FAILED", ""));
    let out = account.fails(6, &["recover"]);
    assert!(out.contains("can't recover a stack from this status"), "{out}");
}

#[test]
fn the_exit_code_of_watch_is_the_stacks_result() {
    let account = account(Script::default());
    assert!(account.fails(1, &["watch"]).contains("not deployed"));
    account.ok(&["deploy"]);
    account.ok(&["watch"]);
    let update = |ends: &str| {
        let mut world = account.server.world();
        let bus = world.stack(&full("bus"));
        bus.happen(step("stack", "UPDATE_IN_PROGRESS", ""));
        bus.coming = [step("Log", "UPDATE_FAILED", "the log's cause"), step("stack", ends, "")].into();
    };
    update("UPDATE_COMPLETE");
    let watched = account.ok(&["watch"]);
    assert_eq!(watched["data"]["stacks"][1]["attached"], true, "{watched}");
    update("UPDATE_ROLLBACK_COMPLETE");
    let out = account.fails(1, &["watch"]);
    assert!(out.contains("attached to UPDATE_IN_PROGRESS") && out.contains("the log's cause"), "{out}");
    update("UPDATE_ROLLBACK_FAILED");
    account.fails(6, &["watch", "bus"]);
}

/// A deploy creates the change set of a new stack some seconds before it executes it.
#[test]
fn watch_follows_a_stack_whose_change_set_is_not_executed_yet() {
    let account = deployed();
    account.server.world().stack(&full("bus")).happen(step("stack", "REVIEW_IN_PROGRESS", ""));
    account.server.world().calls.clear();
    let mut watch = account.command(&["watch", "--output", "json"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary starts");
    // Each stack was looked at, and the one in review again.
    while account.server.world().count("DescribeStacks") <= STACKS.len() {
        assert_eq!(watch.try_wait().expect("a child"), None, "it did not wait");
        std::thread::sleep(Duration::from_millis(20));
    }
    {
        let mut world = account.server.world();
        let bus = world.stack(&full("bus"));
        bus.happen(step("stack", "CREATE_IN_PROGRESS", ""));
        bus.coming = [step("stack", "CREATE_COMPLETE", "")].into();
    }
    let output = watch.wait_with_output().expect("its end");
    let watched: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(watched["stacks"][1]["status"], "CREATE_COMPLETE", "{watched}");
}
