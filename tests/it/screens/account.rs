//! Commands against an account whose CloudFormation is scripted.

use outboxctl_test_support::cloudformation::{World as Script, step};

use super::{check, check_on_terminal, compare, stable};
use crate::deploying::failures::failing;
use crate::support::account::{Account, full};

/// The smallest pipeline without a database.
const PIPELINE: &str = "dynamodb-cdc";

fn deployed() -> Account {
    let account = Account::new(PIPELINE, Script::default());
    account.ok(&["deploy"]);
    account
}

#[test]
fn before_a_deploy() {
    let account = Account::new(PIPELINE, Script::default());
    for (name, args) in [
        ("status", &["status"][..]),
        ("outputs", &["outputs"]),
        ("watch", &["watch"]),
        ("recover", &["recover"]),
        ("tail", &["tail", "--count", "1"]),
        ("dry-run", &["deploy", "--dry-run"]),
        ("deploy-production", &["deploy", "--stage", "prod"]),
    ] {
        check(&format!("undeployed-{name}"), &account.world, args, || account.command(&[]));
    }
}

#[test]
fn a_first_deploy() {
    let account = Account::new(PIPELINE, Script::default());
    let output = account.run(&["deploy"]);
    compare("first-deploy", &[format!("$ outboxctl deploy\n{}", stable(&account.world.transcript(&output)))]);
}

#[test]
fn a_deploy_that_fails() {
    let account = Account::new(PIPELINE, failing());
    let output = account.run(&["deploy"]);
    compare("failed-deploy", &[format!("$ outboxctl deploy\n{}", stable(&account.world.transcript(&output)))]);
}

#[test]
fn after_a_deploy() {
    let account = deployed();
    for (name, args) in [
        ("deploy", &["deploy"][..]),
        ("dry-run", &["deploy", "--dry-run"]),
        ("outputs", &["outputs"]),
        ("watch", &["watch"]),
        ("recover", &["recover"]),
        ("destroy", &["destroy"]),
    ] {
        check(&format!("deployed-{name}"), &account.world, args, || account.command(&[]));
    }
    check_on_terminal("deployed-outputs-terminal", &account.world, &["outputs"], || account.command(&[]));
    let rows =
        vec![("Modify", "Writer", "AWS::Lambda::Function", "True"), ("Remove", "Alarm", "AWS::CloudWatch::Alarm", "")];
    account.server.world().stack(&full(PIPELINE, "api")).changes = Some(rows);
    check("changed-dry-run", &account.world, &["deploy", "--dry-run"], || account.command(&[]));
    check_on_terminal("changed-dry-run-terminal", &account.world, &["deploy", "--dry-run"], || account.command(&[]));
}

#[test]
fn a_stack_that_needs_recovery() {
    let account = deployed();
    account.server.world().stack(&full(PIPELINE, "api")).happen(step(
        "stack",
        "UPDATE_ROLLBACK_FAILED",
        "no permission",
    ));
    for (name, args) in [("deploy", &["deploy"][..]), ("watch", &["watch"]), ("dry-run", &["deploy", "--dry-run"])] {
        check(&format!("stuck-{name}"), &account.world, args, || account.command(&[]));
    }
}
