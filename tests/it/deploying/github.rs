//! On GitHub Actions: groups, annotations, a step summary.

use super::failures::failing;
use super::{STACKS, account};
use crate::support::account::Account;
use outboxctl_test_support::cloudformation::World as Script;

fn on_github(account: &Account, args: &[&str]) -> (String, String) {
    let summary = account.world.work().join("summary.md");
    let output = account
        .command(args)
        .env("GITHUB_ACTIONS", "true")
        .env("CI", "true")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .expect("the binary starts");
    (account.world.transcript(&output), std::fs::read_to_string(&summary).unwrap_or_default())
}

#[test]
fn each_stack_is_a_group_and_the_summary_has_all_of_them() {
    let account = account(Script::default());
    let (out, summary) = on_github(&account, &["deploy"]);
    assert!(out.starts_with("exit: 0"), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    for stack in STACKS {
        let head = format!("::group::✓ {stack}: CREATE_COMPLETE");
        let begin = lines.iter().position(|line| line.starts_with(&head)).unwrap_or_else(|| panic!("{stack}: {out}"));
        let length = lines[begin..].iter().position(|line| *line == "::endgroup::").expect("an end");
        assert!(
            length > 1 && lines[begin + 1..begin + length].iter().all(|line| line.contains(&format!("{stack}: "))),
            "{out}"
        );
        assert!(summary.contains(&format!("| ✓ | {stack} | CREATE_COMPLETE |")), "{summary}");
    }
    assert!(summary.starts_with("### ✓ dynamodb-cdc is deployed in stage dev"), "{summary}");
    assert!(!out.contains("::error"), "{out}");
}

#[test]
fn a_failure_is_annotated_with_its_cause() {
    let account = account(failing());
    let (out, summary) = on_github(&account, &["deploy"]);
    let annotation = out.lines().find(|line| line.starts_with("::error ")).expect("an annotation");
    assert!(
        annotation.contains("title=outboxctl stack-failed::stack outboxctl-dev-dynamodb-cdc-tables: Users "),
        "{out}"
    );
    assert!(annotation.contains("users already exists in stack other%0Ahint: a resource of that name"), "{out}");
    assert_eq!(out.matches("::error ").count(), 1, "{out}");
    assert!(summary.starts_with("### ✗ outboxctl: stack-failed"), "{summary}");
    assert!(summary.contains("users already exists in stack other"), "{summary}");

    // The same in NDJSON, whose stdout stays data.
    let (out, summary) = on_github(&account, &["deploy", "--output", "ndjson", "--stage", "UPPER"]);
    assert!(out.contains("::error ") && summary.contains("usage"), "{out}");
    assert!(
        out.lines().skip_while(|line| *line != "--- stdout").nth(1).is_some_and(|line| line.starts_with('{')),
        "{out}"
    );
}
