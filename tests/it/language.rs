//! The glossary of `.github/CONTRIBUTING.md`: words that documents, help texts, schemas and templates do not use.

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
    "alike",
    "on offer",
    "there is no such",
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

/// Returns whether the line contains the phrase as whole words.
fn has(line: &str, phrase: &str) -> bool {
    line.match_indices(phrase).any(|(at, found)| {
        let before = line[..at].chars().next_back();
        let after = line[at + found.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

/// Returns the refused words of the lines, each with its place.
fn refused(path: &Path, lines: Vec<(usize, String)>) -> Vec<String> {
    let name = path.strip_prefix(repository()).expect("a path in the repository").display();
    let of_line = |(number, line): (usize, String)| {
        let words = REFUSED.iter().filter(move |phrase| has(&line, phrase));
        words.map(|phrase| format!("{name}:{number}: {phrase}")).collect::<Vec<_>>()
    };
    lines.into_iter().flat_map(of_line).collect()
}

/// The texts of messages with the numbers of their lines: string literals with a space, without code in backticks. Not
/// those of comments and tests.
fn messages(text: &str) -> Vec<(usize, String)> {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    let code = lines.collect::<Vec<_>>().join("\n").replace("\\\"", "  ").replace("'\"'", "   ");
    let mut found = Vec::new();
    let mut number = 1;
    for (index, part) in code.split('"').enumerate() {
        if index % 2 == 1 && part.contains(' ') {
            let outside = part.split('`').step_by(2).collect::<Vec<_>>().join(" ");
            found.push((number, outside.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()));
        }
        number += part.matches('\n').count();
    }
    found
}

/// Source files of the executable and of its page.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.ends_with("/tests") {
                sources(&path, found);
            }
        } else if [".rs", ".js", ".html"].iter().any(|end| name.ends_with(end)) && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
}

#[test]
fn documents_and_help_keep_to_the_glossary() {
    let of_document = |path: &PathBuf| refused(path, prose(&std::fs::read_to_string(path).expect("a document")));
    let found: Vec<String> = documents().iter().flat_map(of_document).collect();
    assert!(found.is_empty(), "see the glossary in .github/CONTRIBUTING.md:\n{}", found.join("\n"));
}

/// Returns the files with one of these ends below a folder.
fn files(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if path.is_dir() {
            files(&path, ends, found);
        } else if path.extension().is_some_and(|end| ends.iter().any(|e| end == *e)) {
            found.push(path);
        }
    }
}

/// The lines with a title, summary or description: of a JSON document, or of the parameters and alarms of a template.
fn descriptions(text: &str) -> Vec<(usize, String)> {
    const KEYS: &[&str] = &["\"title\":", "\"summary\":", "\"description\":", "Description:"];
    let described = text.lines().enumerate().filter(|(_, line)| KEYS.iter().any(|key| line.contains(key)));
    let outside = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join(" ").to_lowercase();
    described.map(|(index, line)| (index + 1, outside(line))).collect()
}

/// Descriptions in JSON also contain neither Rust's words nor links of its documentation.
#[test]
fn descriptions_of_schemas_and_templates_keep_to_the_glossary() {
    let mut paths = Vec::new();
    files(&repository().join("schema"), &["json"], &mut paths);
    files(&repository().join("templates"), &["yaml"], &mut paths);
    let (mut read, mut found) = (0, Vec::new());
    for path in paths {
        let lines = descriptions(&std::fs::read_to_string(&path).expect("a schema or template"));
        read += lines.len();
        let of_rust = lines.iter().filter(|(_, line)| line.contains("::") || has(line, "none where"));
        found.extend(of_rust.map(|(number, line)| format!("{}:{number}: {line}", path.display())).collect::<Vec<_>>());
        found.extend(refused(&path, lines));
    }
    assert!(read > 900, "descriptions are found: {read}");
    assert!(found.is_empty(), "see the glossary in .github/CONTRIBUTING.md:\n{}", found.join("\n"));
}

#[test]
fn messages_keep_to_the_glossary() {
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    let (mut read, mut found) = (0, Vec::new());
    for path in files {
        let texts = messages(&std::fs::read_to_string(&path).expect("a source file"));
        read += texts.len();
        found.extend(refused(&path, texts));
    }
    assert!(read > 2000, "messages are found: {read}");
    assert!(found.is_empty(), "see the glossary in .github/CONTRIBUTING.md:\n{}", found.join("\n"));
}

#[test]
fn messages_are_found_outside_comments_and_code() {
    let text = "// \"told in a comment\"\nlet told = f('\"', \"say \\\"told\\\" \\\n  `told` twice\");\n#[cfg(test)]\nmod tests {";
    assert_eq!(messages(text), [(2, "say told \\ twice".to_owned())]);
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
