//! Errors that need no account: what happened, and what to do.

use super::check;
use crate::support::World;

#[test]
fn usage_errors() {
    let world = World::new();
    for (name, args) in [
        ("unknown-command", &["deplyo"][..]),
        ("unknown-flag", &["tail", "--frmo", "latest"]),
        ("missing-argument", &["dlq", "show"]),
        ("invalid-duration", &["db", "purge", "--older-than", "7 days ago"]),
        ("invalid-number", &["verify", "--count", "-1"]),
        ("unknown-pipeline", &["status", "--pipeline", "rds-kineses", "--region", "eu-central-1"]),
        ("unknown-stage", &["status", "--stage", "Dev_1"]),
        ("unknown-region", &["outputs", "--region", "mars-1"]),
        ("unknown-topic", &["explain", "gaurantees"]),
        ("conflict", &["tail", "--local", "--no-local"]),
        ("nothing-selected", &["dlq", "redrive", "--region", "eu-central-1"]),
        ("template-without-field", &["tail", "--format", "{x}"]),
        ("where-without-meaning", &["tail", "--where", "event_type="]),
    ] {
        check(&format!("error-{name}"), &world, args, || world.command());
    }
}

#[test]
fn errors_of_the_machine() {
    let world = World::new();
    for (name, args) in [
        ("no-region", &["status"][..]),
        ("no-credentials", &["status", "--region", "eu-central-1"]),
        ("local-down", &["status", "--local"]),
        ("file-exists", &["init"]),
    ] {
        if name == "file-exists" {
            world.write("outboxctl.toml", "");
        }
        check(&format!("error-{name}"), &world, args, || world.command());
    }
}
