//! The glossary of `.github/CONTRIBUTING.md`: words that documents and help texts do not use.

use std::path::{Path, PathBuf};

use crate::support::repository;

/// The left side of the glossary, as words or phrases in lower case.
const REFUSED: &[&str] = &[
    "told",
    "tell",
    "tells",
    "whoever",
    "somebody",
    "nobody",
    "anybody",
    "anew",
    "mend",
    "given up",
    "put right",
    "side by side",
    "going down",
    "is no terminal",
    "goes on",
    "whom",
    "begun",
    "beforehand",
    "left out",
];

/// The documents and the generated reference, which has every help text.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> =
        ["README.md", "CHANGELOG.md", ".github/reference.md"].iter().map(|name| repository().join(name)).collect();
    let topics = std::fs::read_dir(repository().join("src/commands/explain/topics")).expect("the topics");
    found.extend(
        topics.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|e| e == "md")),
    );
    found
}

/// Lines of prose with their numbers: neither fenced code nor code within a line.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
            lines.push((number + 1, outside.to_lowercase()));
        }
    }
    lines
}

/// Whether the phrase is in the line as whole words.
fn has(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase).any(|(at, found)| {
        let before = line[..at].chars().next_back();
        let after = line[at + found.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

fn refused(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a document");
    let name = path.strip_prefix(repository()).expect("a path in the repository").display();
    let of_line = |(number, line): (usize, String)| {
        let words = REFUSED.iter().filter(move |phrase| has(&line, phrase));
        words.map(|phrase| format!("{name}:{number}: {phrase}")).collect::<Vec<_>>()
    };
    prose(&text).into_iter().flat_map(of_line).collect()
}

#[test]
fn documents_and_help_keep_to_the_glossary() {
    let found: Vec<String> = documents().iter().flat_map(|path| refused(path)).collect();
    assert!(found.is_empty(), "see the glossary in .github/CONTRIBUTING.md:\n{}", found.join("\n"));
}

#[test]
fn only_whole_words_of_prose_count() {
    let lines = prose("Tell me.\n```\ntold\n```\n`told` apart\n    told\nretold foretell");
    let found: Vec<usize> = lines
        .iter()
        .filter(|(_, line)| REFUSED.iter().any(|phrase| has(line, phrase)))
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(found, [1]);
}
