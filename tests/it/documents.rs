//! Documents and code say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use outboxctl::internals::error::Kind;

use crate::support::repository;

#[test]
fn exactly_the_exit_codes_there_are_are_documented() {
    let table =
        std::fs::read_to_string(repository().join("src/commands/explain/topics/exit-codes.md")).expect("the topic");
    let documented: BTreeSet<u8> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .flat_map(|line| line.split(" |").next().unwrap_or("").split(", ").map(str::to_owned).collect::<Vec<_>>())
        .filter_map(|code| code.parse().ok())
        .collect();
    let real: BTreeSet<u8> = Kind::ALL.iter().map(|kind| kind.exit_code()).chain([0]).collect();
    assert_eq!(documented, real);
}

#[test]
fn error_names_are_unique() {
    let names: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}

/// Links within the repository, of the README and of the documents that it links to.
#[test]
fn links_lead_somewhere() {
    for file in ["README.md", ".github/CONTRIBUTING.md", ".github/RELEASING.md"] {
        let text = std::fs::read_to_string(repository().join(file)).expect("a document");
        let targets =
            text.split("](").skip(1).chain(text.split("srcset=\"").skip(1)).chain(text.split("src=\"").skip(1));
        for target in
            targets.filter_map(|rest| rest.split([')', '"', '#']).next()).filter(|target| !target.contains("://"))
        {
            assert!(repository().join(target).exists(), "{file} links to {target}");
        }
    }
}

/// Returns the actions of other repositories that a workflow uses, each with its version and its comment.
fn actions(text: &str) -> Vec<(&str, &str)> {
    let uses = text.lines().filter_map(|line| line.split_once("uses: ")).map(|(_, action)| action);
    uses.filter_map(|action| action.split_once('@')).filter(|(name, _)| !name.starts_with("OUTBOXCTL_")).collect()
}

/// A tag can be moved to other code; the comment is what updates of dependencies read.
#[test]
fn actions_are_named_by_their_commit_and_in_one_version() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in [".github/workflows/ci.yml", ".github/workflows/release.yml", "src/commands/explain/topics/ci.md"] {
        let text = std::fs::read_to_string(repository().join(file)).expect("a file with a workflow");
        let actions = actions(&text);
        assert!(!actions.is_empty(), "{file}");
        for (name, version) in actions {
            let (commit, comment) = version.split_once(" #").unwrap_or((version, ""));
            let commit = commit.trim_end();
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit && comment.starts_with(" v"), "{file}: {name}@{version}");
            versions.entry(name.to_owned()).or_default().insert(commit.to_owned());
        }
    }
    versions.retain(|_, commits| commits.len() > 1);
    assert!(versions.is_empty(), "{versions:?}");
}

/// The settings that documents show are settings.
#[test]
fn parameters_that_documents_name_are_parameters_of_a_template() {
    let templates: String = std::fs::read_dir(repository().join("templates"))
        .expect("templates/")
        .map(|file| std::fs::read_to_string(file.expect("an entry").path()).expect("a template"))
        .collect();
    let mut named = 0;
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    for text in std::iter::once(readme.as_str())
        .chain(outboxctl::internals::commands::explain::TOPICS.iter().map(|topic| topic.text))
    {
        for block in text.split("\n[parameters]").skip(1) {
            for line in block.lines().skip(1).take_while(|line| line.contains(" = ")) {
                let name = line.split(" = ").next().unwrap_or_default();
                assert!(templates.contains(&format!("\n  {name}:\n    Type: ")), "{name} is no parameter");
                named += 1;
            }
        }
    }
    assert!(named > 0);
}

/// Returns the path of every function of the library like the name of a test: `pipelines::route::tests::name`.
fn functions(folder: &Path, module: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            functions(&path, &format!("{module}{name}::"), found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let module = if name == "mod" { module.to_owned() } else { format!("{module}{name}::") };
            let functions = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
            found.extend(functions.map(|function| format!("{module}tests::{function}")));
        }
    }
}

/// A filter that matches no test makes `cargo test` succeed without running one.
#[test]
fn every_test_filter_that_documents_name_matches_a_test() {
    let listed = Command::new(std::env::current_exe().expect("this program")).arg("--list").output().expect("a list");
    let integration = String::from_utf8_lossy(&listed.stdout).into_owned();
    let mut library = Vec::new();
    functions(&repository().join("src"), "", &mut library);
    let mut seen = 0;
    let documents = ["README.md", ".github/CONTRIBUTING.md", ".github/RELEASING.md", "src/commands/init/schema.rs"];
    for document in documents {
        let text = std::fs::read_to_string(repository().join(document)).expect(document);
        for command in text.split("cargo test ").skip(1).filter_map(|rest| rest.split(['`', '\n', '#']).next()) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let filter = match words.as_slice() {
                ["--test", "it", filter] | ["--lib", filter] | [filter] if !filter.starts_with('-') => filter,
                _ => continue,
            };
            let in_library = library.iter().any(|name| name.contains(filter)) && words[0] != "--test";
            let in_integration = integration.contains(filter) && words[0] != "--lib";
            assert!(in_library || in_integration, "{document}: `cargo test {command}` runs no test");
            seen += 1;
        }
    }
    assert!(seen > 8, "{seen}");
}

/// Returns the text of every document and source file that names commands, with its path.
fn texts(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            texts(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs" || extension == "md") {
            found.push((entry.display().to_string(), std::fs::read_to_string(&entry).expect("a text")));
        }
    }
}

/// Commands in backticks and in the lines of code blocks, in topics, README and messages.
#[test]
fn every_command_that_documents_and_messages_name_exists() {
    let mut definition = outboxctl::internals::cli::definition();
    definition.build();
    let mut found = Vec::new();
    texts(&repository().join("src"), &mut found);
    let readme = repository().join("README.md");
    found.push((readme.display().to_string(), std::fs::read_to_string(readme).expect("README.md")));
    let mut named = 0;
    for (path, text) in &found {
        let spans = text.split("`outboxctl ").skip(1).filter_map(|rest| rest.split('`').next());
        let mut in_code = false;
        let code = text.lines().map(str::trim_start).filter(|line| {
            in_code ^= line.starts_with("```");
            in_code
        });
        let lines = code.filter_map(|line| line.trim_start_matches("$ ").strip_prefix("outboxctl "));
        for command in spans.chain(lines) {
            let mut at = &definition;
            for word in command.split_whitespace() {
                let is_name = word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
                match at.find_subcommand(word) {
                    Some(command) => at = command,
                    None => {
                        let is_missing = is_name && at.has_subcommands();
                        assert!(!is_missing, "{path}: `outboxctl {command}`: {word} is not a command");
                        break;
                    }
                }
                named += 1;
            }
        }
    }
    assert!(named > 200, "{named}");
}
