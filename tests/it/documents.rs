//! README and code say the same.

use std::collections::BTreeSet;

use outboxctl::error::Kind;

use crate::support::repository;

#[test]
fn readme_documents_exactly_the_exit_codes_there_are() {
    let readme = std::fs::read_to_string(repository().join("README.md")).expect("README.md");
    let table = readme.split("## Exit codes").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the table");
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
