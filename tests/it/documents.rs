//! Documents and code say the same.

use std::collections::BTreeSet;

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

/// Links of the README, and of what it leads to, that stay within the repository.
#[test]
fn links_lead_somewhere() {
    for file in ["README.md", ".github/CONTRIBUTING.md"] {
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
