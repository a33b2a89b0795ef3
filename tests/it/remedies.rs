//! Error output: the cause without --verbose, and a remedy that fits the pipeline and the deployment.

use crate::support::World;
use crate::support::account::{Account, full};
use outboxctl_test_support::cloudformation::{Fault, World as Script, step};

const PIPELINE: &str = "dynamodb-cdc";

fn said(world: &World, args: &[&str]) -> (Option<i32>, String) {
    let mut command = world.command();
    command.args(args).env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let output = command.output().expect("the binary starts");
    (output.status.code(), world.transcript(&output))
}

#[test]
fn a_command_that_a_pipeline_does_not_have_is_refused_before_aws_is_asked() {
    let world = World::new();
    // Whatever is asked of AWS would end in a refused connection, and exit code 1.
    let place = ["--region", "eu-central-1", "--endpoint-url", "http://127.0.0.1:1"];
    for (pipeline, command, lacks, instead) in [
        ("dynamodb-eventbridge", "db init", "has no PostgreSQL database", "`outboxctl status "),
        ("dynamodb-kinesis", "db status", "has no PostgreSQL database", "`outboxctl verify "),
        ("dynamodb-cdc", "db purge --older-than 7d", "has no PostgreSQL", "expires_at"),
        ("dynamodb-eventbridge", "dms start", "has no DMS task", "`outboxctl status "),
        ("dynamodb-cdc", "dms stop", "has no DMS task", "`outboxctl status "),
        ("dynamodb-cdc", "dms test", "has no DMS task", "`outboxctl status "),
        ("rds-eventbridge", "consume", "has no consumer groups", "`outboxctl tail bus "),
        ("dynamodb-eventbridge", "verify --group x", "has no consumer groups", "`outboxctl tail bus "),
        ("rds-eventbridge", "reconcile --group x", "has no consumer groups", "`outboxctl tail bus "),
        ("rds-eventbridge", "tail processed", "has no consumer groups", "`outboxctl tail bus "),
        ("dynamodb-eventbridge", "tail kinesis", "has no Kinesis stream", "`outboxctl tail stream "),
        ("rds-kinesis", "tail dynamodb", "has no DynamoDB stream", "`outboxctl tail stream "),
        ("rds-kinesis", "tail events", "has no event bus", "`outboxctl tail processed "),
    ] {
        let words: Vec<&str> = command.split(' ').chain(["--pipeline", pipeline]).chain(place).collect();
        let (code, text) = said(&world, &words);
        assert_eq!(code, Some(2), "{command}: {text}");
        assert!(text.contains(&format!("{pipeline} {lacks}")) && text.contains(instead), "{command}: {text}");
    }
}

#[test]
fn a_refused_connection_and_an_unknown_host_have_different_hints() {
    let world = World::new();
    for (url, cause) in [("http://127.0.0.1:1", "Connection refused"), ("http://nosuchhost.invalid", "dns error")] {
        let (code, text) = said(&world, &["status", "--region", "us-east-1", "--endpoint-url", url]);
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains(cause) && !text.contains("dispatch failure"), "{url}: {text}");
        assert!(text.matches("caused by:").count() <= 2, "{url}: {text}");
    }
}

#[test]
fn credentials_that_end_in_mid_destroy_leave_no_made_up_states() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    {
        let mut world = account.server.world();
        world.calls.clear();
        let mut deleting = false;
        world.faults = Box::new(move |_, action| {
            deleting |= action == "DeleteStack";
            if deleting && action != "DeleteStack" { Fault::Expired } else { Fault::None }
        });
    }
    let text = account.fails(4, &["destroy", "--yes"]);
    assert!(text.contains("CloudFormation continues with: ") && text.contains("the same command attaches"), "{text}");
    assert!(!text.contains("still exists"), "{text}");
    account.server.world().faults = Box::new(|_, _| Fault::None);
    account.ok(&["watch"]);
    account.ok(&["destroy", "--yes"]);
}

#[test]
fn watch_names_missing_stacks() {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    account.server.world().stacks.remove(&full(PIPELINE, "receiver"));
    let output = account.run(&["watch"]);
    let text = account.world.transcript(&output);
    assert!(output.status.success() && text.contains("not deployed: receiver; `outboxctl deploy "), "{text}");
}

#[test]
fn status_has_an_exit_code_for_scripts_and_names_the_cause_of_a_rollback() {
    let account = Account::new(PIPELINE, Script::default());
    let text = account.fails(1, &["status", "--exit-code"]);
    assert!(text.contains("is not deployed"), "{text}");
    account.ok(&["deploy"]);
    {
        let mut world = account.server.world();
        let stack = world.stack(&full(PIPELINE, "bus"));
        stack.happen(step("stack", "CREATE_IN_PROGRESS", "User Initiated"));
        stack.happen(step("Bus", "CREATE_FAILED", "the name is taken"));
        stack.happen(step("stack", "ROLLBACK_COMPLETE", ""));
    }
    let text = account.fails(1, &["status", "--exit-code", "--timeout", "5"]);
    assert!(text.contains("ROLLBACK_COMPLETE: ") && text.contains("the name is taken"), "{text}");
    assert!(!text.contains("its stack is not deployed; its stack is not deployed"), "{text}");
}
