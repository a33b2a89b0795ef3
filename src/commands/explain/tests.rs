use std::collections::BTreeSet;
use std::path::Path;

use super::topics::{TOPICS, find, section};
use crate::error::Kind;

#[test]
fn every_file_is_a_topic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/explain/topics");
    let files = std::fs::read_dir(folder).expect("the folder of topics");
    let files: BTreeSet<String> =
        files.map(|file| file.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    let listed: BTreeSet<String> = TOPICS.iter().map(|topic| format!("{}.md", topic.name)).collect();
    assert_eq!(files, listed, "files in topics/ on the left, the table TOPICS on the right");
    assert_eq!(listed.len(), TOPICS.len(), "a name twice");
}

#[test]
fn topics_begin_with_a_title_and_one_sentence() {
    for topic in TOPICS {
        assert!(topic.text.starts_with("# "), "{}", topic.name);
        // Both stand on one line of a list of 80 columns.
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
    assert_eq!(errors.text.split("\n## ").count() - 1, Kind::ALL.len(), "a section that is no kind");
}

#[test]
fn links_between_topics_lead_somewhere() {
    for topic in TOPICS {
        for link in topic.text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target) {
            let Some(name) = link.strip_suffix(".md").filter(|_| !link.contains("//")) else { continue };
            assert!(TOPICS.iter().any(|topic| topic.name == name), "{} links to {link}", topic.name);
        }
    }
}

/// "`step` in `src/x.rs`" and "`src/x.rs`" are true.
#[test]
fn code_that_topics_name_is_there() {
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
fn names_are_found_however_they_are_written() {
    assert_eq!(find("Exit Codes").expect("a topic").name, "exit-codes");
    let text = find("wrong-secret").expect("a kind").markdown;
    assert!(text.starts_with("# wrong-secret (exit code 1)\n\n**Cause.**"), "{text}");
    let error = find("odering").expect_err("no such topic");
    assert_eq!(error.hints().next(), Some("did you mean ordering?"));
}
