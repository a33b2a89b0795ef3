//! `schema/cli` has a JSON Schema for the document of every command. What commands print is held against them, and nothing
//! that they print is missing there.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::pipeline::Pipeline;
use crate::support::{World, repository};

fn read(name: &str) -> Value {
    let path = repository().join("schema/cli").join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names of all leaf commands, like `db-init`.
fn commands(command: &clap::Command, above: &str, found: &mut BTreeSet<String>) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        let name = format!("{above}{}", below.get_name());
        if below.has_subcommands() {
            commands(below, &format!("{name}-"), found);
        } else {
            found.insert(name);
        }
    }
}

/// Properties of a schema that say nothing about themselves.
fn undescribed(schema: &Value, path: &str, found: &mut Vec<String>) {
    match schema {
        Value::Object(members) => {
            for (name, property) in members.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if property["description"].as_str().is_none_or(str::is_empty) {
                    found.push(format!("{path}.{name}"));
                }
            }
            members.iter().for_each(|(name, member)| undescribed(member, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => items.iter().for_each(|item| undescribed(item, path, found)),
        _ => {}
    }
}

#[test]
fn every_command_has_a_schema_in_which_every_property_is_described() {
    let mut wanted = BTreeSet::from(["error".to_owned()]);
    commands(&outboxctl::internals::cli::definition(), "", &mut wanted);
    let files = std::fs::read_dir(repository().join("schema/cli")).expect("the schemas");
    let names = files.filter_map(|file| Some(file.ok()?.path().file_stem()?.to_string_lossy().into_owned()));
    assert_eq!(names.collect::<BTreeSet<_>>(), wanted, "files in schema/cli on the left, commands on the right");
    for name in wanted {
        let schema = read(&name);
        assert!(jsonschema::meta::is_valid(&schema), "{name} is no JSON Schema (2020-12)");
        let mut found = Vec::new();
        undescribed(&schema, &name, &mut found);
        assert!(found.is_empty(), "{found:?}");
    }
}

/// The schema without properties that it does not name: readers accept more, and these tests do not.
fn closed(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".into(), false.into());
            }
            members.values_mut().for_each(closed);
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

/// Compares a document of a command with its schema.
pub fn check(name: &str, document: &Value) {
    compare(name, read(name), document);
}

/// Compares an NDJSON line of a command with the schema of its type.
pub fn check_line(name: &str, kind: &str, line: &Value) {
    let mut schema = read(name)["$defs"][kind].take();
    assert!(schema.is_object(), "schema/cli/{name}.json does not define {kind}");
    // Every line has the version of the contract.
    schema["properties"]["v"] = serde_json::json!({ "const": 2 });
    compare(name, schema, line);
}

/// Replaces references to the schemas of other commands.
fn inline(schema: &mut Value) {
    let other = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_suffix(".json")).map(read);
    match (other, schema) {
        (Some(other), schema) => *schema = other,
        (None, Value::Object(members)) => members.values_mut().for_each(inline),
        (None, Value::Array(items)) => items.iter_mut().for_each(inline),
        (None, _) => {}
    }
}

fn compare(name: &str, mut schema: Value, document: &Value) {
    inline(&mut schema);
    closed(&mut schema);
    let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "schema/cli/{name}.json: {}\n{document:#}", errors.join("\n"));
}

fn printed(world: &World, args: &[&str]) -> Value {
    let output = world.command().args(args).args(["-o", "json"]).output().expect("the binary starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}"))
}

#[test]
fn output_of_commands_without_a_deployment_matches_their_schemas() {
    let world = World::new();
    for (name, args) in [
        ("init", &["init", "--no-input"][..]),
        ("init", &["init", "--schema"]),
        ("config-show", &["config", "show", "--stage", "prod"]),
        ("cost", &["cost", "--region", "eu-central-1"]),
        ("cost", &["cost", "--pipeline", "rds-kinesis", "--region", "us-east-1"]),
        ("synth", &["synth", "--region", "us-east-1", "--format", "cdk"]),
        ("synth", &["synth", "--pipeline", "dynamodb-cdc", "--out", "infra"]),
        ("policy", &["policy"]),
        ("policy", &["policy", "--role", "operator", "--oidc", "example/shop"]),
        ("policy", &["policy", "--pipeline", "rds-eventbridge", "--consumer", "444455556666"]),
        (
            "policy",
            &["policy", "--pipeline", "rds-kinesis", "--consumer", "444455556666", "--existing", "stream=orders"],
        ),
        ("explain", &["explain"]),
        ("explain", &["explain", "ordering"]),
        ("explain", &["explain", "slot", "lost"]),
        ("man", &["man", "db", "init"]),
        ("completions", &["completions", "zsh"]),
        ("version", &["version"]),
        ("error", &["outputs"]),
        ("error", &["outputs", "--bogus"]),
    ] {
        check(name, &printed(&world, args));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn output_of_commands_on_a_deployed_pipeline_matches_their_schemas() {
    let pipeline = Pipeline::deployed("schemas", "rds-eventbridge").await;
    for (name, args) in [
        ("deploy", &["deploy", "--dry-run"][..]),
        ("deploy", &["deploy", "--yes"]),
        ("status", &["status"]),
        ("outputs", &["outputs"]),
        ("outputs", &["outputs", "BusName"]),
        ("watch", &["watch"]),
        ("recover", &["recover"]),
        ("db-init", &["db", "init"]),
        ("db-status", &["db", "status"]),
        ("dms-status", &["dms", "status"]),
        ("dms-test", &["dms", "test"]),
        ("sample-insert", &["sample", "insert", "--count", "3", "--rollback-control"]),
        ("sample-insert", &["sample", "insert", "--via", "api"]),
        ("verify", &["verify", "--count", "3"]),
        ("chaos", &["chaos", "--duration", "6s", "--fault", "bus-throttled"]),
        ("dms-rebuild", &["dms", "rebuild"]),
        ("reconcile", &["reconcile", "--allow-duplicates"]),
        ("replay", &["replay", "--all", "--dry-run"]),
        ("dlq-list", &["dlq", "list"]),
        ("dlq-redrive", &["dlq", "redrive", "--all", "--dry-run"]),
        ("db-purge", &["db", "purge", "--older-than", "7d", "--dry-run"]),
        ("local-status", &["local", "status"]),
        ("local-env", &["local", "env"]),
        ("local-up", &["local", "up"]),
        ("dms-stop", &["dms", "stop"]),
        ("dms-start", &["dms", "start"]),
        ("destroy", &["destroy", "--yes"]),
    ] {
        let output = pipeline.command(args).args(["-o", "json"]).output().expect("the binary starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {text}");
        check(name, &serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}")));
    }
}
