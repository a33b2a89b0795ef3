//! `deploy`, `watch` and `recover` as their users meet them: the binary against a scripted CloudFormation.

mod capture;
mod destroy;
mod dry_run;
pub mod failures;
mod github;
mod kills;
mod live;
mod package;
mod preflight;
mod queues;
mod signals;

use outboxctl_test_support::cloudformation::{Fault, World as Script, step};
use serde_json::Value;

use crate::support;
use crate::support::account::Account;

/// The smallest pipeline without a database.
const PIPELINE: &str = "dynamodb-cdc";
const STACKS: [&str; 6] = ["code", "bus", "tables", "api", "consumer", "receiver"];

/// `outboxctl-dev-…`
fn full(stack: &str) -> String {
    support::account::full(PIPELINE, stack)
}

/// An account to deploy it into.
fn account(script: Script) -> Account {
    Account::new(PIPELINE, script)
}

/// One where it is deployed.
fn deployed() -> Account {
    let account = account(Script::default());
    account.ok(&["deploy"]);
    account
}

#[test]
fn a_second_deploy_changes_nothing() {
    let account = account(Script::default());
    let output = account.command(&["deploy", "--output", "ndjson"]).output().expect("the binary starts");
    let out = account.world.transcript(&output);
    assert_eq!(output.status.code(), Some(0), "{out}");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stderr.lines().count(), 1, "NDJSON has all but the closing sentence: {out}");
    let lines: Vec<Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("every line is JSON"))
        .collect();
    assert!(lines.iter().all(|line| line["v"] == 2), "{out}");
    let heads = lines.iter().filter_map(|line| line["message"].as_str());
    let head: Vec<_> = heads.filter(|message| message.contains("account 123456789012")).collect();
    assert!(head[0].contains("region eu-central-1") && head[0].contains("user/tester"), "{head:?}");
    for stack in STACKS {
        let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind && line["scope"] == stack).count();
        assert_eq!((of("started"), of("finished")), (1, 1), "{stack}: {out}");
        assert!(of("resource") > 0, "{stack}: {out}");
    }
    assert!(lines.iter().any(|line| line["type"] == "waiting" && line["scope"] == "api" && line["on"][0] == "code"));
    let uploads = account.server.world().count("PUT object");
    assert_eq!(uploads, 1, "three stacks need the package, which goes up once");
    let last = lines.last().expect("a result");
    assert_eq!((last["type"].as_str(), last["changed"].as_bool()), (Some("result"), Some(true)));
    assert_eq!(account.executions(), [1; 6]);

    assert_eq!(account.ok(&["deploy"])["changed"], false, "no change is success");
    assert_eq!(account.executions(), [1; 6]);
}

#[test]
fn a_change_of_outputs_alone_is_a_change() {
    let account = deployed();
    account.server.world().stack(&full("bus")).outputs_only = true;
    let result = account.ok(&["deploy"]);
    assert_eq!((&result["changed"], account.executions()[1]), (&true.into(), 2), "{result}");
    assert_eq!(account.ok(&["deploy"])["changed"], false);
}

#[test]
fn an_unchanged_deploy_makes_three_requests_per_stack() {
    let account = deployed();
    account.server.world().calls.clear();
    let out = account.fails(0, &["deploy"]);
    assert!(out.contains("nothing changed"), "{out}");
    let world = account.server.world();
    let about: Vec<_> = world.calls.iter().filter(|(_, _, form)| form.contains_key("StackName")).collect();
    assert_eq!(world.count("CreateChangeSet"), 0, "no change set is made to find that out");
    assert_eq!((about.len(), world.count("GetTemplate")), (3 * STACKS.len(), STACKS.len()));
}

#[test]
fn without_the_right_to_read_templates_a_change_set_finds_out() {
    let account = deployed();
    account.server.world().refused = vec!["GetTemplate"];
    account.server.world().calls.clear();
    assert_eq!(account.ok(&["deploy"])["changed"], false);
    assert_eq!(account.server.world().count("CreateChangeSet"), STACKS.len());
}

#[test]
fn throttles_outages_and_cuts_change_nothing_but_the_time() {
    let faults = Box::new(|number: usize, action: &str| match number {
        _ if action.ends_with("object") || !action.contains("Stack") && !action.contains("ChangeSet") => Fault::None,
        n if n % 13 == 0 => Fault::CutAfter,
        n if n % 11 == 0 => Fault::CutBefore,
        n if n % 7 == 0 => Fault::Unavailable,
        n if n % 5 == 0 => Fault::Throttle,
        _ => Fault::None,
    });
    let account = account(Script { faults, ..Script::default() });
    assert_eq!(account.ok(&["deploy"])["changed"], true);
    assert_eq!(account.executions(), [1; 6], "each change set is executed once");
}

#[test]
fn a_stack_that_others_were_changing_has_changed() {
    let account = deployed();
    {
        let mut world = account.server.world();
        let bus = world.stack(&full("bus"));
        bus.happen(step("stack", "UPDATE_IN_PROGRESS", "User Initiated"));
        bus.coming = [step("Log", "UPDATE_COMPLETE", ""), step("stack", "UPDATE_COMPLETE", "")].into();
    }
    let result = account.ok(&["deploy"]);
    assert_eq!(result["changed"], true, "the run saw it change: {result}");
    let attached = |stack: &Value| stack["attached"] == true;
    let stacks = result["data"]["stacks"].as_array().expect("stacks");
    let names: Vec<_> = stacks.iter().filter(|stack| attached(stack)).map(|stack| &stack["stack"]).collect();
    assert_eq!(names, ["bus"]);
    assert_eq!(account.executions(), [1; 6], "and changed nothing itself");
    assert_eq!(account.ok(&["deploy"])["changed"], false);
}

#[test]
fn reading_commands_do_not_wait_for_the_network() {
    let account = account(Script { faults: Box::new(|_, _| Fault::CutBefore), ..Script::default() });
    for args in [&["status"][..], &["outputs"]] {
        account.server.world().calls.clear();
        let out = account.fails(1, args);
        assert!(out.contains("no answer") && out.contains("hint: check the network and the region"), "{out}");
        let attempts = account.server.world().count("DescribeStacks");
        assert!((2..=2 * STACKS.len()).contains(&attempts), "{attempts} attempts: each question is repeated once");
    }
}
