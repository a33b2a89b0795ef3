//! Commands in documents are accepted by the command line: with their arguments, flags and values.

use std::collections::BTreeMap;

use clap::error::ErrorKind;
use clap::{Arg, Command};

use crate::support::repository;

/// Returns the README and the topics, each with its name.
fn documents() -> Vec<(&'static str, String)> {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let topics = outboxctl::internals::commands::explain::TOPICS.iter();
    topics.map(|topic| (topic.name, topic.text.to_owned())).chain([("README.md", readme)]).collect()
}

/// Splits a document into its prose and the lines of its code blocks; a line that ends in `\` continues.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut prose, mut code, mut fenced) = (String::new(), Vec::new(), false);
    for line in text.replace("\\\n", " ").lines() {
        match line.trim_start().starts_with("```") {
            true => fenced = !fenced,
            false if fenced => code.push(line.trim_start().trim_start_matches("$ ").to_owned()),
            false => prose += &format!("{line}\n"),
        }
    }
    (prose, code)
}

/// Splits a line into words as a shell does, up to a comment, a pipe, a redirection or the next command.
fn words(line: &str) -> Vec<String> {
    let (mut found, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '|' | '>' | '<' | '&' | ';') => break,
            (None, ' ') => found.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    found.extend(word);
    found
}

/// Adds the arguments with a long flag, by flag, of a command and of those below it.
fn flags(command: &Command, found: &mut BTreeMap<String, Vec<Arg>>) {
    for arg in command.get_arguments() {
        for long in arg.get_long_and_visible_aliases().unwrap_or_default() {
            found.entry(long.to_owned()).or_default().push(arg.clone());
        }
    }
    command.get_subcommands().for_each(|below| flags(below, found));
}

#[test]
fn every_command_line_of_a_code_block_is_accepted() {
    let mut read = 0;
    let mut refused = Vec::new();
    for (name, text) in documents() {
        for line in split(&text).1.iter().filter(|line| line.starts_with("outboxctl ")) {
            read += 1;
            if let Err(error) = outboxctl::internals::cli::definition().try_get_matches_from(words(line))
                && !matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
            {
                refused.push(format!("{name}: {line}: {error}"));
            }
        }
    }
    assert!(read > 80, "{read}");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// A prompt is no part of a command: the block could not be pasted into a shell.
#[test]
fn code_blocks_can_be_pasted() {
    let prompts = |(name, text): (&str, String)| {
        let blocks: String = text.split("```").skip(1).step_by(2).filter(|block| !block.starts_with("text")).collect();
        blocks
            .lines()
            .filter(|line| line.trim_start().starts_with("$ "))
            .map(|line| format!("{name}: {line}"))
            .collect::<Vec<_>>()
    };
    let found: Vec<_> = documents().into_iter().flat_map(prompts).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// `--source log` in a sentence: the flag has this value in a command.
#[test]
fn every_value_of_a_flag_in_a_sentence_is_one_of_its_values() {
    let mut definition = outboxctl::internals::cli::definition();
    definition.build();
    let mut known = BTreeMap::new();
    flags(&definition, &mut known);
    let accepts = |arg: &Arg, value: &str| {
        let values = arg.get_possible_values();
        arg.get_action().takes_values() && (values.is_empty() || values.iter().any(|one| one.matches(value, false)))
    };
    let is_value = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
    let mut read = 0;
    for (name, text) in documents() {
        let (prose, _) = split(&text);
        for span in prose.split('`').skip(1).step_by(2) {
            let words: Vec<&str> = span.split_whitespace().collect();
            for pair in words.windows(2).filter(|pair| pair[0].starts_with("--") && is_value(pair[1])) {
                let Some(args) = known.get(&pair[0][2..]) else { continue };
                read += 1;
                assert!(args.iter().any(|arg| accepts(arg, pair[1])), "{name}: `{span}`: no command has this value");
            }
        }
    }
    assert!(read > 10, "{read}");
}

#[test]
fn words_are_split_as_by_a_shell() {
    assert_eq!(
        words("outboxctl tail --where \"a == 'b'\" | jq '.x'  # all"),
        ["outboxctl", "tail", "--where", "a == 'b'"]
    );
    assert_eq!(words("outboxctl ui  # the page"), ["outboxctl", "ui"]);
}
