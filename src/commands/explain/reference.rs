//! The reference of commands and flags, as Markdown, from the clap definition.

use std::fmt::Write;

use clap::{Arg, Command};

const HEAD: &str = "# Command reference\n\nEvery command with its arguments and flags; `--help` after a command shows \
                    the same text. The global options work after every command.\n";

/// Returns the whole reference. Writing to a string does not fail, so results of `write!` are dropped.
pub fn reference(definition: Command) -> String {
    let mut definition = definition;
    definition.build();
    let mut text = HEAD.to_owned();
    for command in definition.get_subcommands().filter(|command| is_shown(command)) {
        describe(&mut text, command, &format!("outboxctl {}", command.get_name()));
    }
    text.push_str("\n## Global options\n\n");
    arguments(&mut text, definition.get_arguments().filter(|arg| arg.is_global_set()));
    text
}

fn is_shown(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn describe(text: &mut String, command: &Command, path: &str) {
    let below: Vec<&Command> = command.get_subcommands().filter(|command| is_shown(command)).collect();
    if below.is_empty() {
        let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
        let _ = write!(text, "\n## {path}\n\n{}\n\n```\n{}\n```\n", about.trim(), usage(command, path));
        let own = command.get_arguments().filter(|arg| !arg.is_global_set() && is_documented(arg));
        let mut list = String::new();
        arguments(&mut list, own);
        if !list.is_empty() {
            let _ = write!(text, "\n{list}");
        }
        if let Some(examples) = examples(command) {
            let _ = write!(text, "\n```sh\n{examples}\n```\n");
        }
    }
    for command in below {
        describe(text, command, &format!("{path} {}", command.get_name()));
    }
}

/// Returns the examples at the end of a command's help, without their heading and indentation.
fn examples(command: &Command) -> Option<String> {
    let help = command.get_after_help()?.to_string();
    let (_, lines) = help.split_once('\n')?;
    Some(lines.lines().map(str::trim_start).collect::<Vec<_>>().join("\n"))
}

fn is_documented(arg: &Arg) -> bool {
    !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version")
}

fn usage(command: &Command, path: &str) -> String {
    let usage = command.clone().render_usage().to_string();
    let own = usage.trim_start_matches("Usage:").trim();
    // A command that was not reached through its parents has its own name only.
    match own.strip_prefix(path) {
        Some(_) => own.to_owned(),
        None => own.replacen(command.get_name(), path, 1),
    }
}

fn arguments<'a>(text: &mut String, list: impl Iterator<Item = &'a Arg>) {
    for arg in list.filter(|arg| is_documented(arg)) {
        let about = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "- `{}`: {}{}", name(arg), about.replace('\n', " "), notes(arg));
    }
}

/// Returns `-o, --output <FORMAT>`, or `[TOPIC]`.
fn name(arg: &Arg) -> String {
    let takes = arg.get_action().takes_values();
    let values = arg.get_value_names().unwrap_or_default().iter().map(|name| name.as_str()).collect::<Vec<_>>();
    let values = if values.is_empty() { vec![arg.get_id().as_str()] } else { values };
    if arg.is_positional() {
        let open = if arg.is_required_set() { ("<", ">") } else { ("[", "]") };
        return format!("{}{}{}", open.0, values.join(" ").to_uppercase(), open.1);
    }
    let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let long = arg.get_long().map(|long| format!("--{long}")).unwrap_or_default();
    let value = if takes { format!(" <{}>", values.join("> <").to_uppercase()) } else { String::new() };
    format!("{short}{long}{value}")
}

/// Returns possible values, default and variable.
fn notes(arg: &Arg) -> String {
    let mut notes = Vec::new();
    let values: Vec<String> = arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if arg.get_action().takes_values() && !values.is_empty() {
        notes.push(values.join(", "));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    if arg.get_action().takes_values() && !defaults.is_empty() {
        notes.push(format!("default `{}`", defaults.join(" ")));
    }
    if let Some(variable) = arg.get_env() {
        notes.push(format!("variable `{}`", variable.to_string_lossy()));
    }
    if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) }
}
