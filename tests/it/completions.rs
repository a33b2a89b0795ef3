//! `completions/` holds what the binary prints.

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
