//! The policies of `outboxctl policy` against the AWS calls in the source.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use outboxctl::internals::doctor::policy::calls::CALLS;
use serde_json::Value;

use crate::support::{World, repository};

/// Code that never runs with the rights of a person: functions have roles of their own, and the local stack no AWS.
const ELSEWHERE: &[&str] = &["src/functions", "src/local", "src/cloudformation/scenarios"];

/// Returns the platform of this machine, as rustc names it.
fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().expect("cargo starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("the line of the host").to_owned()
}

/// The operations of every SDK crate, as its client names them.
fn operations() -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        // A build fetches only the crates of its own platform.
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", &host()])
        .current_dir(repository())
        .output()
        .expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let sdk = packages.iter().filter(|package| package["name"].as_str().is_some_and(|n| n.starts_with("aws-sdk-")));
    let folders = sdk.map(|package| Path::new(package["manifest_path"].as_str().unwrap()).with_file_name("src/client"));
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten());
    let names = files.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_string_lossy().into_owned()));
    names.filter(|name| name != "customize").collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let inside = entry.strip_prefix(repository()).expect("a path in it");
        if ELSEWHERE.iter().any(|elsewhere| inside == Path::new(elsewhere)) {
            continue;
        }
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|e| e == "rs") {
            found.push(entry);
        }
    }
}

/// Operation → the files that call it.
fn calls() -> BTreeMap<String, Vec<String>> {
    let operations = operations();
    assert!(operations.len() > 500, "the SDK's operations are found: {}", operations.len());
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    let mut calls: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        // Operations are called without arguments; methods of the same name that are no requests are in files without the SDK.
        if !["aws_sdk_", "clients", "Clients"].iter().any(|sdk| code.contains(sdk)) {
            continue;
        }
        for (at, _) in code.match_indices("()") {
            let name = code[..at].rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
            if code[..at - name.len()].ends_with('.') && operations.contains(name) {
                let name_of_file = file.strip_prefix(repository()).unwrap().display().to_string();
                calls.entry(name.to_owned()).or_default().push(name_of_file);
            }
        }
    }
    calls
}

#[test]
fn every_call_of_the_commands_is_in_the_table_and_the_table_has_no_other() {
    let calls = calls();
    let listed: BTreeSet<&str> = CALLS.iter().map(|call| call.operation).filter(|name| !name.is_empty()).collect();
    let missing: Vec<_> = calls.iter().filter(|(name, _)| !listed.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "src/doctor/policy/calls.rs lacks {missing:?}");
    let unused: Vec<_> = listed.iter().filter(|name| !calls.contains_key(**name)).collect();
    assert!(unused.is_empty(), "no command calls {unused:?}");
}

#[test]
fn every_request_to_ec2_is_in_the_table() {
    let text = std::fs::read_to_string(repository().join("src/aws/ec2.rs")).expect("a source file");
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let quoted = code.split('"').skip(1).step_by(2);
    let asked: BTreeSet<String> =
        quoted.filter(|text| text.starts_with("Describe")).map(|name| format!("ec2:{name}")).collect();
    assert!(!asked.is_empty(), "requests are found");
    let calls = CALLS.iter().filter(|call| call.operation.is_empty()).flat_map(|call| call.actions);
    let listed: BTreeSet<String> =
        calls.filter(|action| action.starts_with("ec2:")).map(|&action| action.to_owned()).collect();
    assert_eq!(asked, listed);
}

fn printed(args: &[&str]) -> Value {
    let output = World::new().command().args(args).output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("stdout is the document alone")
}

#[test]
fn a_policy_is_printed_without_an_account_and_can_be_piped_to_the_aws_cli() {
    let operator = printed(&["policy", "--role", "operator", "--stage", "prod"]);
    assert_eq!(operator["Version"], "2012-10-17");
    assert_eq!(printed(&["policy"]), printed(&["doctor", "--print-policy", "--no-local", "--region", "eu-west-1"]));
    let both = printed(&["policy", "--role", "read-only", "--oidc", "example/shop", "--account", "123456789012"]);
    assert_eq!(both["policy"], printed(&["policy", "--role", "read-only"]));
    assert_eq!(both["trust_policy"]["Statement"][0]["Action"], "sts:AssumeRoleWithWebIdentity");
    let consumer =
        printed(&["policy", "--consumer", "444455556666", "--account", "111122223333", "--region", "eu-west-1"]);
    assert_eq!(consumer["parameter"], "ConsumerAccountId=444455556666");
    let rules = &consumer["consumer_policy"]["Statement"][0]["Resource"];
    assert_eq!(rules, "arn:aws:events:eu-west-1:111122223333:rule/outboxctl-dev-rds-eventbridge/*");
    for args in [
        &["policy", "--account", "111122223333"][..],
        &["policy", "--consumer", "12"],
        &["policy", "--consumer", "444455556666", "--role", "operator"],
    ] {
        assert!(World::new().run(args).starts_with("exit: 2\n"), "{args:?}");
    }
    let refused = World::new().run(["policy", "--oidc", "example/*"]);
    assert!(refused.starts_with("exit: 2\n"), "{refused}");
}

/// The deployer's policy does not include what `verify` reads, and the operator's no change of a stack.
#[test]
fn every_job_of_the_workflow_has_the_role_that_its_commands_need() {
    let text = std::fs::read_to_string(repository().join("src/commands/explain/topics/ci.md")).expect("the topic");
    let block = text.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the workflow");
    let workflow: Value = serde_yaml_ng::from_str(block).expect("YAML");
    let mut seen = BTreeSet::new();
    for (job, definition) in workflow["jobs"].as_object().expect("jobs") {
        let mut role = None;
        for step in definition["steps"].as_array().expect("steps") {
            role = step["with"]["role-to-assume"].as_str().and_then(|arn| arn.rsplit('/').next()).or(role);
            let lines = step["run"].as_str().unwrap_or_default().lines();
            for line in lines.filter_map(|line| line.trim().trim_start_matches("./").strip_prefix("outboxctl ")) {
                let needed = match line.split(' ').next().expect("a command") {
                    "demo" => None,
                    "deploy" if line.contains("--dry-run") => Some("outbox-preview"),
                    "deploy" | "destroy" | "recover" => Some("outbox-deployer"),
                    _ => Some("outbox-operator"),
                };
                assert_eq!(role, needed, "{job}: outboxctl {line}");
                seen.insert(needed);
            }
        }
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
}
