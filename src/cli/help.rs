//! The list of commands in the root help, in groups. clap has one list for all subcommands, so the groups are part of a
//! help template that is generated from [`GROUPS`].

use clap::{Arg, Command};

use super::examples;
use crate::output::{self, wrap};

/// Headings and their commands, in the order of the help. Every command is in exactly one group.
const GROUPS: &[(&str, &[&str])] = &[
    ("Set up", &["init", "doctor", "cost", "policy", "config"]),
    ("Deploy", &["deploy", "status", "outputs", "watch", "recover", "destroy", "synth"]),
    ("Run", &["db", "dms", "consume", "ui"]),
    ("Write, follow and verify events", &["sample", "tail", "verify"]),
    ("Repair", &["reconcile", "replay", "dlq"]),
    ("Work locally", &["local", "demo", "chaos"]),
    ("Help", &["explain", "man", "completions", "version", "help"]),
];

/// Columns before a command's description.
const INDENT: usize = 15;
/// Columns of the help without a terminal, and the maximum on a terminal.
const WIDEST: usize = 100;

/// Returns the definition with its groups and with the examples of every command.
pub fn complete(definition: Command) -> Command {
    let width = output::terminal_width().unwrap_or(WIDEST).min(WIDEST);
    let template = template(&definition, width);
    accepting_negative_numbers(examples::add(definition.help_template(template), ""))
}

/// Lets the parser of each option judge a negative number, which clap would take for an unknown flag.
fn accepting_negative_numbers(command: Command) -> Command {
    let accepting = |arg: Arg| {
        if arg.get_action().takes_values() && !arg.is_positional() { arg.allow_negative_numbers(true) } else { arg }
    };
    command.mut_args(accepting).mut_subcommands(accepting_negative_numbers)
}

fn template(definition: &Command, width: usize) -> String {
    let (header, literal) = (definition.get_styles().get_header(), definition.get_styles().get_literal());
    let mut text = String::from("{before-help}{about-with-newline}\n{usage-heading} {usage}\n");
    for (heading, commands) in GROUPS {
        text.push_str(&format!("\n{header}{heading}:{header:#}\n"));
        for name in *commands {
            let gap = " ".repeat(INDENT - 2 - name.len());
            let about = wrap::words(&about(definition, name), width.saturating_sub(INDENT).max(20));
            let about = about.join(&format!("\n{}", " ".repeat(INDENT)));
            text.push_str(&format!("  {literal}{name}{literal:#}{gap}{about}\n"));
        }
    }
    text.push_str(&format!("\n{header}Options:{header:#}\n{{options}}{{after-help}}"));
    text
}

fn about(definition: &Command, name: &str) -> String {
    // clap adds this command when it builds the definition.
    if name == "help" {
        return "Print the help of a command".to_owned();
    }
    let command = definition.find_subcommand(name).and_then(Command::get_about);
    command.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_in_exactly_one_group() {
        let mut definition = crate::cli::definition();
        definition.build();
        let mut commands: Vec<_> =
            definition.get_subcommands().filter(|command| !command.is_hide_set()).map(Command::get_name).collect();
        let mut grouped: Vec<_> = GROUPS.iter().flat_map(|(_, commands)| commands.iter().copied()).collect();
        commands.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(grouped, commands, "the groups are on the left");
    }

    #[test]
    fn long_descriptions_wrap_between_words_and_are_indented() {
        let definition = crate::cli::definition();
        for width in [60, 80, 100] {
            let text = template(&definition, width).replace("{about-with-newline}", "");
            let plain = anstream::adapter::strip_str(&text).to_string();
            assert!(plain.lines().all(|line| line.len() <= width), "{plain}");
        }
    }
}
