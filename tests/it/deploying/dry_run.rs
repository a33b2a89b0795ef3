//! The preview of a deploy, and the confirmation that it requires.

use super::{STACKS, account, deployed, full};
use outboxctl_test_support::cloudformation::{World as Script, step};

#[test]
fn a_dry_run_shows_every_stack_and_changes_nothing() {
    let account = account(Script::default());
    let out = account.fails(0, &["deploy", "--dry-run"]);
    for stack in STACKS {
        assert!(out.contains(&format!("\n{stack}  create")), "{stack}: {out}");
    }
    assert!(out.contains("permissions (IAM and resource policies)") && out.contains("(AWS::IAM::Role)"), "{out}");
    assert!(out.contains("account 123456789012, region eu-central-1"), "{out}");
    assert!(!out.contains('\u{1b}'), "no escape codes off a terminal: {out}");
    assert_eq!(account.executions(), [0; 6]);
    let left = account.server.world().stacks.values().filter(|stack| stack.status.is_some()).count();
    assert_eq!(left, 0, "stacks that held a change set for a moment are gone");
    account.fails(3, &["deploy", "--diff", "--exit-code"]);

    account.ok(&["deploy"]);
    let out = account.fails(0, &["deploy", "--dry-run", "--exit-code"]);
    assert!(out.contains("nothing would change"), "{out}");
}

#[test]
fn replacements_and_deletions_are_marked_and_not_made_without_a_yes() {
    let account = deployed();
    let change = |rows| account.server.world().stack(&full("api")).changes = Some(rows);
    let rows =
        vec![("Modify", "Writer", "AWS::Lambda::Function", "True"), ("Remove", "Alarm", "AWS::CloudWatch::Alarm", "")];
    change(rows.clone());
    let out = account.fails(0, &["deploy", "--dry-run"]);
    assert!(out.contains("is REPLACED") && out.contains("is DELETED"), "{out}");
    assert!(out.contains("1 to replace, 1 to delete"), "{out}");

    let out = account.fails(2, &["deploy"]);
    assert!(out.contains("Writer") && out.contains("hint: pass --yes to agree"), "{out}");
    account.fails(2, &["deploy", "--no-input"]);
    assert_eq!(account.executions(), [1; 6]);
    assert_eq!(account.ok(&["deploy", "--yes"])["changed"], true);

    change(vec![("Modify", "Users", "AWS::DynamoDB::Table", "True")]);
    let out = account.fails(0, &["deploy", "--dry-run"]);
    assert!(out.contains("ITS DATA IS LOST"), "{out}");
    let out = account.fails(2, &["deploy", "--yes"]);
    assert!(out.contains("--allow-replacement"), "data needs more than a yes: {out}");
}

#[test]
fn production_is_asked_about_and_never_hangs_without_a_terminal() {
    let account = account(Script::default());
    for args in [&["deploy", "--stage", "prod"][..], &["deploy", "--stage", "prod", "--no-input"]] {
        let out = account.fails(2, args);
        assert!(out.contains("account 123456789012") && out.contains("hint: pass --yes to agree"), "{out}");
    }
    assert_eq!(account.server.world().count("CreateChangeSet"), 0);
}

#[test]
fn a_preview_of_a_busy_stack_says_so() {
    let account = deployed();
    account.server.world().stack(&full("bus")).happen(step("stack", "UPDATE_IN_PROGRESS", ""));
    let out = account.fails(1, &["deploy", "--dry-run"]);
    assert!(out.contains("outboxctl watch"), "{out}");
}
