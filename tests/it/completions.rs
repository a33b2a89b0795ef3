//! `completions/` has the scripts that the binary prints.

use std::process::Command;

use crate::support::{World, repository};

#[test]
fn committed_completions_are_fresh() {
    let world = World::new();
    for (shell, file) in [
        ("bash", "outboxctl.bash"),
        ("zsh", "_outboxctl"),
        ("fish", "outboxctl.fish"),
        ("powershell", "_outboxctl.ps1"),
    ] {
        let output = world.command().args(["completions", shell]).output().expect("the binary starts");
        assert!(output.status.success());
        let path = repository().join("completions").join(file);
        if std::env::var_os("UPDATE_COMPLETIONS").is_some() {
            std::fs::write(&path, &output.stdout).expect("a writable completions/");
        }
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(
            committed == output.stdout,
            "completions/{file} is stale: run UPDATE_COMPLETIONS=1 cargo test committed_completions"
        );
    }
}

/// `.github/reference.md` holds what `outboxctl explain reference` draws.
#[test]
fn committed_completions_come_with_a_fresh_reference() {
    let output =
        World::new().command().args(["explain", "reference", "-o", "json"]).output().expect("the binary starts");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let fresh = document["markdown"].as_str().expect("Markdown");
    let path = repository().join(".github/reference.md");
    if std::env::var_os("UPDATE_COMPLETIONS").is_some() {
        std::fs::write(&path, fresh).expect("a writable .github/");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        ".github/reference.md is stale: run UPDATE_COMPLETIONS=1 cargo test committed_completions"
    );
}

/// Returns the completions of the last word in bash.
pub fn offered(command: &mut Command, words: &[&str]) -> Vec<String> {
    let index = words.len().to_string();
    command.env("OUTBOXCTL_COMPLETE", "bash").env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_INDEX", index);
    let output = command.args(["--", "outboxctl"]).args(words).output().expect("the binary starts");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn values_are_completed_where_nothing_is_deployed() {
    let world = World::new();
    let offered = |words: &[&str]| offered(&mut world.command(), words);
    assert_eq!(offered(&["--pipeline", "dynamodb-e"]), ["dynamodb-eventbridge"]);
    assert!(offered(&["explain", "ord"]).contains(&"ordering".to_owned()));
    assert!(offered(&["explain", "access-d"]).contains(&"access-denied".to_owned()));
    assert!(offered(&["watch", "--pipeline", "rds-kinesis", "le"]).contains(&"leases".to_owned()));
    assert!(!offered(&["watch", "--pipeline", "dynamodb-cdc", ""]).contains(&"leases".to_owned()));
    let keys = offered(&["deploy", "--existing", "database.e"]);
    assert_eq!(keys, ["database.endpoint=", "database.engine="]);
    assert!(
        offered(&["status", "--existing", "database.engine=a"])
            .contains(&"database.engine=aurora-postgresql".to_owned())
    );
    assert!(offered(&["deploy", "--parameter", "DatabaseC"]).contains(&"DatabaseClass=".to_owned()));
    world.write("outboxctl.toml", "stage = \"pr-17\"\n");
    assert_eq!(offered(&["status", "--stage", ""]), ["dev", "pr-17"]);
    // Nothing answers: neither a value nor an error.
    assert!(!offered(&["dlq", "show", ""]).is_empty(), "its flags");
    assert!(offered(&["deplo"]).contains(&"deploy".to_owned()));
}
