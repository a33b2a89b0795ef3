//! Environment variables: empty is unset, and what can't be used is named.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::World;

/// Returns the output of a command with this value of a variable.
fn transcript(name: &str, value: impl AsRef<OsStr>, args: &[&str]) -> String {
    let world = World::new();
    let output = world.command().env(name, value).args(args).output().expect("the binary starts");
    world.transcript(&output)
}

#[test]
fn local_is_on_or_off_in_every_common_spelling() {
    for on in ["1", "true", "TRUE", "yes", "on"] {
        let out = transcript("OUTBOXCTL_LOCAL", on, &["outputs"]);
        assert!(out.contains("the local stack is not running"), "{on}: {out}");
    }
    for off in ["0", "false", "No", "off", ""] {
        let out = transcript("OUTBOXCTL_LOCAL", off, &["outputs"]);
        assert!(out.contains("no AWS region is set"), "{off}: {out}");
    }
}

#[test]
fn an_empty_variable_is_unset() {
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "OUTBOXCTL_STAGE"] {
        let out = transcript(name, "", &["outputs"]);
        assert!(out.starts_with("exit: 4\n") && out.contains("no AWS region is set"), "{name}: {out}");
    }
    for name in ["OUTBOXCTL_OUTPUT", "OUTBOXCTL_PIPELINE", "OUTBOXCTL_FUNCTION_BINARY", "AWS_CA_BUNDLE"] {
        let out = transcript(name, "", &["cost"]);
        assert!(out.starts_with("exit: 0\n"), "{name}: {out}");
    }
}

#[test]
fn a_value_that_can_not_be_used_names_the_variable() {
    for (name, value) in [("OUTBOXCTL_LOCAL", "maybe"), ("OUTBOXCTL_OUTPUT", "xml"), ("AWS_ENDPOINT_URL", "abc")] {
        let out = transcript(name, value, &["outputs"]);
        assert!(out.starts_with("exit: 2\n") && out.contains(name), "{out}");
    }
    for name in ["AWS_PROFILE", "AWS_REGION", "OUTBOXCTL_STAGE", "OUTBOXCTL_PIPELINE", "OUTBOXCTL_LOCAL"] {
        let out = transcript(name, OsStr::from_bytes(b"\xff"), &["outputs"]);
        assert!(out.starts_with("exit: 2\n") && out.contains(&format!("{name} is not valid UTF-8")), "{out}");
    }
}

#[test]
fn commands_that_depend_on_no_setting_take_any_environment() {
    let world = World::new();
    let mut command = world.command();
    for name in ["AWS_PROFILE", "AWS_REGION", "OUTBOXCTL_STAGE", "OUTBOXCTL_PIPELINE", "OUTBOXCTL_LOCAL"] {
        command.env(name, OsStr::from_bytes(b"\xff"));
    }
    let out = world.transcript(&command.args(["explain", "tail"]).output().expect("the binary starts"));
    assert!(out.starts_with("exit: 0\n"), "{out}");
}

#[test]
fn help_names_the_variables() {
    let help = World::new().run(["outputs", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in ["AWS_PROFILE", "AWS_REGION", "OUTBOXCTL_STAGE", "OUTBOXCTL_LOCAL", "OUTBOXCTL_OUTPUT"] {
        assert!(help.contains(&format!("[env: {name}]")), "{name} is not in {help}");
    }
}
