//! The help of every command.

use clap::Command;

use super::{WIDTHS, check, compare};
use crate::support::World;

/// Returns the words of every command, except the `help` commands.
fn commands(command: &Command, words: &[String], found: &mut Vec<Vec<String>>) {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help" && !sub.is_hide_set()) {
        let words: Vec<String> = words.iter().cloned().chain([sub.get_name().to_owned()]).collect();
        found.push(words.clone());
        commands(sub, &words, found);
    }
}

/// Returns the help without the global options, which are the same for all commands.
fn without_global_options(text: &str) -> String {
    let Some(begin) = text.find("\nGlobal options:\n") else { return text.to_owned() };
    let rest = &text[begin..];
    let end = ["\nExamples:\n", "\n--- stderr\n"].iter().filter_map(|next| rest.find(next)).min();
    format!("{}{}", &text[..begin], &rest[end.expect("an end")..])
}

#[test]
fn every_command_explains_itself() {
    let mut all = Vec::new();
    commands(&outboxctl::internals::cli::definition(), &[], &mut all);
    let world = World::new();
    for words in all {
        let screens = WIDTHS.map(|width| {
            let mut command = world.command();
            let output = command.env("COLUMNS", width.to_string()).args(&words).arg("--help").output();
            let text = world.transcript(&output.expect("the binary starts"));
            let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
            format!("$ outboxctl {} --help\n{}", words.join(" "), without_global_options(&(lines.join("\n") + "\n")))
        });
        compare(&format!("help-{}", words.join("-")), &screens);
    }
}

#[test]
fn the_program_explains_itself() {
    let world = World::new();
    check("help", &world, &["--help"], || world.command());
    check("help-summary", &world, &["-h"], || world.command());
}
