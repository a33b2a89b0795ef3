//! The calls and variables that the text of the source shows.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::repository;

/// Files of a folder in `src/`, as paths in it; tests are left out.
pub fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    collect(&repository().join("src").join(folder), &mut found);
    found
}

fn collect(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() && name != "contract" {
            collect(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            let inside = path.strip_prefix(repository().join("src")).expect("in src");
            found.push(inside.to_string_lossy().into_owned());
        }
    }
}

/// The file's code without white space, comments and tests.
pub fn code(file: &str) -> String {
    let text =
        std::fs::read_to_string(repository().join("src").join(file)).unwrap_or_else(|e| panic!("src/{file}: {e}"));
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| line.chars()).filter(|c| !c.is_whitespace()).collect()
}

pub fn all_text() -> String {
    files("").iter().map(|file| code(file)).collect()
}

/// The IAM actions of the calls to AWS in a file. Every `send()` has to be accounted for.
pub fn calls(file: &str) -> BTreeSet<String> {
    let code = code(file);
    let mut actions = BTreeSet::new();
    // Signed here, so it is no request; but IAM judges it when it is used.
    if code.contains("AuthTokenGenerator::new(") {
        actions.insert("rds-db:connect".to_owned());
    }
    for kind in ["Put", "Update", "Delete", "ConditionCheck"] {
        if code.contains(&format!("{kind}::builder()")) {
            let action = if kind == "ConditionCheck" { "ConditionCheckItem".to_owned() } else { format!("{kind}Item") };
            actions.insert(format!("dynamodb:{action}"));
        }
    }
    let sends = code.matches(".send()").count();
    let operations = operations(&code);
    assert_eq!(operations.len(), sends, "src/{file}: operations found {operations:?}, and calls of send()");
    for operation in operations {
        // Its rights are those of the requests in it, which its builders name.
        if operation != "transact_write_items" {
            actions.insert(format!("{}:{}", service(&code, file), pascal(&operation)));
        }
    }
    actions
}

/// Names of the SDK's operations: methods of a client, without arguments, in a file that sends something.
fn operations(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !code.contains(".send()") {
        return found;
    }
    for root in ["client.", "secrets."] {
        for (at, _) in code.match_indices(root) {
            let rest = &code[at + root.len()..];
            let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if rest[name.len()..].starts_with("()") && !matches!(name.as_str(), "clone" | "config") {
                found.push(name);
            }
        }
    }
    found
}

fn service(code: &str, file: &str) -> &'static str {
    let services = [
        ("aws_sdk_dynamodb", "dynamodb"),
        ("aws_sdk_eventbridge", "events"),
        ("aws_sdk_kinesis", "kinesis"),
        ("aws_sdk_s3", "s3"),
        ("aws_sdk_secretsmanager", "secretsmanager"),
    ];
    let named: Vec<&str> = services.into_iter().filter(|(name, _)| code.contains(name)).map(|(_, s)| s).collect();
    match named[..] {
        [service] => service,
        _ => panic!("src/{file} names {named:?}: of which service are its calls?"),
    }
}

fn pascal(operation: &str) -> String {
    let capital = |part: &str| part[..1].to_uppercase() + &part[1..];
    operation.split('_').map(capital).collect()
}

/// Names in calls of `required`, `optional` and those of them that parse the value.
pub fn variables(file: &str) -> BTreeSet<String> {
    quoted(&code(file), &["required(\"", "required_as(\"", "optional(\"", "optional_as(\""])
}

fn quoted(code: &str, before: &[&str]) -> BTreeSet<String> {
    let after = |start: &&str| {
        code.split(*start).skip(1).map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    before.iter().flat_map(after).collect()
}
