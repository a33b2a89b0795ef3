use std::collections::BTreeSet;
use std::path::Path;

use super::topics::{TOPICS, find, section};
use crate::base::error::Kind;

#[test]
fn every_file_is_a_topic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/explain/topics");
    let files = std::fs::read_dir(folder).expect("the folder of topics");
    let files: BTreeSet<String> =
        files.map(|file| file.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    let listed: BTreeSet<String> = TOPICS.iter().map(|topic| format!("{}.md", topic.name)).collect();
    assert_eq!(files, listed, "files in topics/ on the left, the table TOPICS on the right");
    assert_eq!(listed.len(), TOPICS.len(), "duplicate names");
}

#[test]
fn topics_begin_with_a_title_and_one_sentence() {
    for topic in TOPICS {
        assert!(topic.text.starts_with("# "), "{}", topic.name);
        // Name and title fit on one line of 80 columns.
        assert!(topic.name.len() <= 18 && topic.title().len() <= 59, "{}: {:?}", topic.name, topic.title());
        let summary = topic.summary();
        assert!(summary.ends_with('.') && summary.len() <= 160, "{}: {summary:?}", topic.name);
        assert!(Kind::from_name(topic.name).is_none(), "{} is a kind of error too", topic.name);
    }
}

#[test]
fn every_kind_has_a_cause_and_a_remedy() {
    for kind in Kind::ALL {
        let text = section(kind.name()).unwrap_or_else(|| panic!("errors.md has no section {}", kind.name()));
        let (cause, remedy) = text.split_once("**Remedy.**").unwrap_or_else(|| panic!("{}: no remedy", kind.name()));
        assert!(cause.contains("**Cause.** ") && remedy.trim().len() > 20, "{}", kind.name());
    }
    let errors = TOPICS.iter().find(|topic| topic.name == "errors").expect("errors.md");
    assert_eq!(errors.text.split("\n## ").count() - 1, Kind::ALL.len(), "sections without a kind");
}

#[test]
fn links_between_topics_resolve() {
    for topic in TOPICS {
        for link in topic.text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target) {
            let Some(name) = link.strip_suffix(".md").filter(|_| !link.contains("//")) else { continue };
            assert!(TOPICS.iter().any(|topic| topic.name == name), "{} links to {link}", topic.name);
        }
    }
}

/// Checks that named files exist and contain the named functions.
#[test]
fn code_named_in_topics_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut functions = 0;
    for topic in TOPICS {
        let words = topic.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let marked: Vec<&str> = words.split('`').collect();
        for (at, name) in marked.iter().enumerate().skip(1).step_by(2) {
            if !name.starts_with("src/") || name.contains('*') {
                continue;
            }
            let path = root.join(name);
            assert!(path.exists(), "{}: {name} is not there", topic.name);
            if marked[at - 1] != " in " || !path.is_file() {
                continue;
            }
            let function = marked[at - 2];
            let text = std::fs::read_to_string(path).expect("a source file");
            assert!(text.contains(&format!("fn {function}")), "{}: {name} has no function {function}", topic.name);
            functions += 1;
        }
    }
    assert!(functions > 20, "the architecture names its functions: {functions}");
}

#[test]
fn topics_are_found_regardless_of_case_and_separators() {
    assert_eq!(find("Exit Codes").expect("a topic").name, "exit-codes");
    let text = find("wrong-secret").expect("a kind").markdown;
    assert!(text.starts_with("# wrong-secret (exit code 1)\n\n**Cause.**"), "{text}");
    let error = find("odering").expect_err("no such topic");
    assert_eq!(error.hints().next(), Some("did you mean ordering?"));
}

/// Returns the source files without their tests, except the functions, whose variables the templates set.
fn sources() -> Vec<String> {
    fn collect(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() && !entry.ends_with("src/functions") {
                collect(&entry, found);
            } else if entry.extension().is_some_and(|e| e == "rs") && !entry.ends_with("src/build.rs") {
                let text = std::fs::read_to_string(entry).expect("a source file");
                found.push(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// Returns the quoted texts after each of these openings that look like a variable.
fn quoted_after<'a>(text: &'a str, openings: &[&str]) -> Vec<&'a str> {
    let names = openings.iter().flat_map(|opening| text.match_indices(opening)).filter_map(|(at, opening)| {
        let name = text[at + opening.len()..].split('"').next()?;
        let is_variable =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_' || b.is_ascii_digit());
        is_variable.then_some(name)
    });
    names.collect()
}

/// A variable is read by name, through a constant, or as the variable of a flag.
#[test]
fn used_variables_are_explained() {
    const READS: &[&str] = &["raw(\"", "path(\"", "text(\"", "flag(\"", "variable(\"", "env = \""];
    let page = TOPICS.iter().find(|topic| topic.name == "environment").expect("environment.md").text;
    let mut read = BTreeSet::new();
    for source in sources() {
        read.extend(quoted_after(&source, READS).into_iter().map(str::to_owned));
        if source.contains("environment::") || source.contains("FUNCTION_BINARY") {
            read.extend(quoted_after(&source, &[": &str = \""]).into_iter().map(str::to_owned));
        }
    }
    assert!(read.len() > 25, "variables are found: {read:?}");
    let missing: Vec<_> = read.iter().filter(|name| !page.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "environment.md does not explain {missing:?}");
}

#[test]
fn explained_variables_are_used() {
    let page = TOPICS.iter().find(|topic| topic.name == "environment").expect("environment.md").text;
    let explained: BTreeSet<_> = page.split('`').filter(|name| name.starts_with("OUTBOX")).collect();
    let sources = sources().concat();
    let unused: Vec<_> = explained
        .iter()
        .filter(|name| **name == name.to_uppercase())
        .filter(|name| !sources.contains(&format!("\"{name}\"")))
        .collect();
    assert!(explained.len() > 12 && unused.is_empty(), "no code uses {unused:?}");
}
