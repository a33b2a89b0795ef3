//! Environment variables: empty is unset, and what can't be used is named.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::World;

/// Returns the output of a command with this value of a variable.
fn told(name: &str, value: impl AsRef<OsStr>, args: &[&str]) -> String {
    let world = World::new();
    let output = world.command().env(name, value).args(args).output().expect("the binary starts");
    world.tell(&output)
}

#[test]
fn local_is_on_or_off_in_every_common_spelling() {
    for on in ["1", "true", "TRUE", "yes", "on"] {
        let told = told("OUTBOXCTL_LOCAL", on, &["outputs"]);
        assert!(told.contains("the local stack is not running"), "{on}: {told}");
    }
    for off in ["0", "false", "No", "off", ""] {
        let told = told("OUTBOXCTL_LOCAL", off, &["outputs"]);
        assert!(told.contains("no AWS region is set"), "{off}: {told}");
    }
}

#[test]
fn an_empty_variable_is_unset() {
    for name in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ENDPOINT_URL", "OUTBOXCTL_STAGE"] {
        let told = told(name, "", &["outputs"]);
        assert!(told.starts_with("exit: 4\n") && told.contains("no AWS region is set"), "{name}: {told}");
    }
    for name in ["OUTBOXCTL_OUTPUT", "OUTBOXCTL_PIPELINE", "OUTBOXCTL_FUNCTION_BINARY", "AWS_CA_BUNDLE"] {
        let told = told(name, "", &["cost"]);
        assert!(told.starts_with("exit: 0\n"), "{name}: {told}");
    }
}

#[test]
fn a_value_that_can_not_be_used_names_the_variable() {
    for (name, value) in [("OUTBOXCTL_LOCAL", "maybe"), ("OUTBOXCTL_OUTPUT", "xml"), ("AWS_ENDPOINT_URL", "abc")] {
        let told = told(name, value, &["outputs"]);
        assert!(told.starts_with("exit: 2\n") && told.contains(name), "{told}");
    }
    for name in ["AWS_PROFILE", "AWS_REGION", "OUTBOXCTL_STAGE", "OUTBOXCTL_PIPELINE", "OUTBOXCTL_LOCAL"] {
        let told = told(name, OsStr::from_bytes(b"\xff"), &["outputs"]);
        assert!(told.starts_with("exit: 2\n") && told.contains(&format!("{name} is not valid UTF-8")), "{told}");
    }
}

#[test]
fn commands_that_depend_on_no_setting_take_any_environment() {
    let world = World::new();
    let mut command = world.command();
    for name in ["AWS_PROFILE", "AWS_REGION", "OUTBOXCTL_STAGE", "OUTBOXCTL_PIPELINE", "OUTBOXCTL_LOCAL"] {
        command.env(name, OsStr::from_bytes(b"\xff"));
    }
    let told = world.tell(&command.args(["explain", "tail"]).output().expect("the binary starts"));
    assert!(told.starts_with("exit: 0\n"), "{told}");
}

#[test]
fn help_names_the_variables() {
    let help = World::new().run(["outputs", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for name in ["AWS_PROFILE", "AWS_REGION", "OUTBOXCTL_STAGE", "OUTBOXCTL_LOCAL", "OUTBOXCTL_OUTPUT"] {
        assert!(help.contains(&format!("[env: {name}]")), "{name} is not in {help}");
    }
}
