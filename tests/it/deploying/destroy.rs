//! `destroy`: what needs another stack goes before it.

use std::time::{Duration, Instant};

use outboxctl::internals::pipelines::{self, Owner};
use outboxctl_test_support::cloudformation::{World as Script, step};

use crate::support::account::{Account, full};

const PIPELINE: &str = "rds-eventbridge";
/// Duration of each deletion.
const DELETION: Duration = Duration::from_millis(60);

#[test]
fn rules_that_are_not_the_stacks_are_named_before_anything_is_deleted() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    account.server.world().rules = vec!["audit", "outboxctl-tap-of-others"];
    account.server.world().calls.clear();
    let out = account.fails(2, &["destroy", "--yes"]);
    assert!(out.contains("rule audit on bus the-BusName") && out.contains("outboxctl-tap-of-others"), "{out}");
    assert_eq!(account.server.world().count("DeleteStack"), 0);
    account.server.world().rules.clear();
    account.ok(&["destroy", "--yes"]);
}

#[test]
fn a_tap_that_was_left_behind_is_removed_before_its_bus() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    account.server.world().taps = vec!["outboxctl-tap-left"];
    account.server.world().calls.clear();
    let out = account.fails(0, &["destroy", "--yes"]);
    assert!(out.contains("removed leftovers of killed runs: outboxctl-tap-left"), "{out}");

    let world = account.server.world();
    assert_eq!(world.taps, Vec::<&str>::new());
    let first = |operation: &str| {
        let call = world.calls.iter().find(|(_, action, _)| action.ends_with(operation));
        call.map(|(at, ..)| *at).unwrap_or_else(|| panic!("{operation} was not called"))
    };
    let before = ["AWSEvents.RemoveTargets", "AWSEvents.DeleteRule", "AmazonSQS.DeleteQueue"].map(first);
    assert!(before.into_iter().all(|at| at < first("DeleteStack")), "EventBridge deletes no bus that has a rule");
}

#[test]
fn leftovers_that_cost_are_listed() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    {
        let mut world = account.server.world();
        world.log_groups = vec!["/aws/lambda/outboxctl-dev-rds-eventbridge-admin".into(), "/aws/lambda/other".into()];
        let backup = "<Status>retained</Status><DbiResourceId>db-OLD</DbiResourceId>";
        world.backups = format!(
            "<DBInstanceAutomatedBackups><DBInstanceAutomatedBackup>{backup}</DBInstanceAutomatedBackup></DBInstanceAutomatedBackups>"
        );
    }
    let out = account.fails(1, &["destroy", "--yes"]);
    assert!(out.contains("log group /aws/lambda/outboxctl-dev-rds-eventbridge-admin"), "{out}");
    assert!(out.contains("automated backups of the database, resource id db-OLD"), "{out}");
    assert!(!out.contains("/aws/lambda/other"), "{out}");
}

#[test]
fn leftovers_of_a_cluster_are_listed() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy", "--parameter", "DatabaseEngine=aurora-postgresql"]);
    {
        let mut world = account.server.world();
        let snapshot = "<DBClusterSnapshotIdentifier>final-1</DBClusterSnapshotIdentifier>";
        world.cluster_snapshots =
            format!("<DBClusterSnapshots><DBClusterSnapshot>{snapshot}</DBClusterSnapshot></DBClusterSnapshots>");
        let backup = "<Status>retained</Status><DbClusterResourceId>cluster-OLD</DbClusterResourceId>";
        world.backups = format!(
            "<DBClusterAutomatedBackups><DBClusterAutomatedBackup>{backup}</DBClusterAutomatedBackup></DBClusterAutomatedBackups>"
        );
    }
    let told = account.fails(1, &["destroy", "--yes"]);
    assert!(told.contains("database snapshot final-1"), "{told}");
    assert!(told.contains("automated backups of the database, resource id cluster-OLD"), "{told}");
}

#[test]
fn a_network_whose_interfaces_come_free_late_is_deleted_once_more() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    let late = vec![
        step("stack", "DELETE_IN_PROGRESS", "User Initiated"),
        step("FunctionSecurityGroup", "DELETE_FAILED", "resource sg-1 has a dependent object")
            .kind("AWS::EC2::SecurityGroup"),
        step("stack", "DELETE_FAILED", ""),
    ];
    account.server.world().stack(&full(PIPELINE, "network")).script("delete", late);
    let out = account.fails(0, &["destroy", "--yes"]);
    assert!(out.contains("network: network interfaces of deleted functions are still in use"), "{out}");
}

#[test]
fn a_stack_is_deleted_once_no_other_needs_it() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    let stacks = pipelines::find(PIPELINE).expect("a pipeline").stacks;
    {
        let mut world = account.server.world();
        world.calls.clear();
        world.delays = stacks.iter().map(|stack| (full(PIPELINE, stack.name), DELETION)).collect();
    }
    let result = account.ok(&["destroy", "--yes"]);
    assert_eq!(result["changed"], true, "{result}");

    let world = account.server.world();
    let asked = |name: &str| -> Option<Instant> {
        let of_stack = |id: &String| id.contains(&format!("/{}/", full(PIPELINE, name)));
        let mut calls = world.calls.iter().filter(|(_, action, _)| action == "DeleteStack");
        calls.find(|(_, _, form)| form.get("StackName").is_some_and(of_stack)).map(|(at, ..)| *at)
    };
    for stack in stacks {
        if stack.owner == Owner::Account {
            assert_eq!(asked(stack.name), None, "what all pipelines share stays");
            continue;
        }
        let at = asked(stack.name).unwrap_or_else(|| panic!("{} was not deleted", stack.name));
        for needed in stack.depends_on.iter().filter_map(|name| asked(name)) {
            // Not only asked for later, but once the other one was gone.
            assert!(needed >= at + DELETION, "{} went before it was needed no more", stack.name);
        }
    }
    let last = |action: &str| world.calls.iter().filter(|call| call.1 == action).map(|call| call.0).max();
    let stopped = last("AmazonDMSv20160101.DescribeReplicationTasks").expect("the capture was looked at");
    let dms = asked("dms").expect("deleted");
    assert!(stopped < dms, "the capture is stopped before anything goes");
}
