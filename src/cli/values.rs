//! A test of every argument: clap checks the type of a value parser against the field's type only when the argument is
//! read, so a wrong type compiles and panics at run time.

use clap::{Arg, Command, FromArgMatches};

use super::{Cli, definition};

/// Values of every form that an argument accepts; each argument accepts at least one.
const VALUES: &[&str] = &[
    "1",
    "17",
    "5s",
    "1h",
    "a=b",
    "json",
    "always",
    "2026-01-01T00:00:00Z",
    "https://example.com",
    "bash",
    "sh",
    "direct",
    "stream",
    "outbox",
    "read-only",
    "plain",
    "term",
    "TERM",
    "00000000-0000-0000-0000-000000000001",
    "123456789012",
    "owner/name",
    "stream=orders",
];

/// Arguments that others require.
const BESIDE: &[&[&str]] = &[&[], &["--dry-run"], &["--repair"], &["--oidc=owner/name"], &["--cause=a"], &["--out=a"]];

/// Returns every command that runs something, with its words.
pub fn leaves(command: &Command) -> Vec<(Vec<String>, Command)> {
    let mut found = Vec::new();
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        let word = below.get_name().to_owned();
        if !below.has_subcommands() {
            found.push((vec![word.clone()], below.clone()));
        }
        found.extend(leaves(below).into_iter().map(|(path, leaf)| ([vec![word.clone()], path].concat(), leaf)));
    }
    found
}

/// Returns the words that pass `value` to `arg`.
fn passed(arg: &Arg, value: &str) -> Vec<String> {
    match (arg.get_long(), arg.get_action().takes_values()) {
        (Some(long), true) => vec![format!("--{long}={value}")],
        (Some(long), false) => vec![format!("--{long}")],
        (None, _) => vec![value.to_owned()],
    }
}

/// Parses the line to its end, as `main` does, and returns whether it is valid.
fn parses(definition: &Command, words: &[String]) -> bool {
    let parsed = definition.clone().try_get_matches_from(words);
    parsed.and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches)).is_ok()
}

/// Returns the required arguments of a command, except for `without`, with the first value that each accepts.
fn required(command: &Command, without: &Arg) -> Vec<String> {
    let needed = command.get_arguments().filter(|arg| arg.is_required_set() && arg.get_id() != without.get_id());
    let value = |arg: &Arg| match arg.get_id().as_str() {
        "signal" => "term",
        "to" => "17",
        _ => "1",
    };
    needed.flat_map(|arg| passed(arg, value(arg))).collect()
}

#[test]
fn every_argument_of_every_command_is_read_as_the_type_of_its_field() {
    let mut definition = definition();
    definition.build();
    let commands = leaves(&definition);
    assert!(commands.len() > 30, "{}", commands.len());
    let mut unread = Vec::new();
    for (path, command) in &commands {
        // A global argument is the same one in every command.
        let own = |arg: &&Arg| !arg.is_global_set() || path[0] == "doctor";
        let read = |arg: &&Arg| !matches!(arg.get_id().as_str(), "help" | "version");
        for arg in command.get_arguments().filter(own).filter(read) {
            let line = |value: &str, beside: &[&str]| {
                let beside = beside.iter().map(|word| (*word).to_owned());
                let (own, needed) = (passed(arg, value), required(command, arg));
                // Operands come last: `local exec` passes on everything after its first operand.
                let args = if arg.is_positional() { [needed, own].concat() } else { [own, needed].concat() };
                let before = ["outboxctl".to_owned()].into_iter().chain(path.iter().cloned());
                parses(&definition, &before.chain(beside).chain(args).collect::<Vec<_>>())
            };
            let possible = arg.get_possible_values();
            let values: Vec<&str> =
                VALUES.iter().copied().chain(possible.iter().map(|value| value.get_name())).collect();
            if !BESIDE.iter().any(|beside| values.iter().any(|value| line(value, beside))) {
                unread.push(format!("{} {}", path.join(" "), arg.get_id()));
            }
        }
    }
    assert!(unread.is_empty(), "no value of the test is accepted: {unread:#?}");
}
