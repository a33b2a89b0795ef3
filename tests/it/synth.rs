//! `synth` through the binary: the files of every pipeline and tool, and the refusals.

use std::collections::BTreeSet;
use std::path::Path;

use outboxctl::internals::pipelines;
use serde_json::Value;

use crate::support::World;

fn json(world: &World, args: &[&str]) -> Value {
    let mut command = world.command();
    let output =
        command.args(["synth", "--region", "eu-central-1", "-o", "json"]).args(args).output().expect("it starts");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn paths(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.path().is_dir() {
            true => found.extend(paths(&entry.path()).into_iter().map(|inner| format!("{name}/{inner}"))),
            false => drop(found.insert(name)),
        }
    }
    found
}

#[test]
fn files_are_those_of_the_document_and_a_second_run_changes_nothing() {
    let world = World::new();
    for pipeline in pipelines::ALL {
        for format in ["cloudformation", "terraform", "cdk"] {
            let printed = json(&world, &["--pipeline", pipeline.name, "--format", format]);
            let folder = world.work().join(format!("{}-{format}", pipeline.name));
            let out = folder.to_str().expect("text");
            let args =
                ["synth", "--region", "eu-central-1", "--pipeline", pipeline.name, "--format", format, "--out", out];
            for changed in [true, false] {
                let output = world.command().args(args).args(["-o", "ndjson"]).output().expect("it starts");
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                let result: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
                assert_eq!(result["changed"], changed, "{result}");
            }
            let files = printed["files"].as_array().expect("files");
            let listed: BTreeSet<String> = files.iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect();
            assert_eq!(paths(&folder), listed);
            for file in files {
                let written = std::fs::read_to_string(folder.join(file["path"].as_str().unwrap())).expect("a file");
                assert_eq!(file["text"], written.as_str());
            }
        }
    }
}

#[test]
fn the_engine_of_the_database_reaches_the_capture() {
    let world = World::new();
    let engine = ["--parameter", "DatabaseEngine=aurora-postgresql"];
    let plan = &json(&world, &[&["--pipeline", "rds-kinesis"], &engine[..]].concat())["plan"];
    let stack = |name: &str| {
        let stacks = plan["stacks"].as_array().expect("stacks");
        stacks.iter().find(|one| one["name"] == name).expect("a stack")["parameters"].clone()
    };
    assert_eq!(stack("database")["DatabaseEngine"]["text"], "aurora-postgresql");
    assert_eq!(stack("dms")["DatabaseEngine"]["text"], "aurora-postgresql");
    let plan = &json(&world, &["--pipeline", "rds-kinesis"])["plan"];
    let dms = plan["stacks"].as_array().expect("stacks").iter().find(|one| one["name"] == "dms").expect("a stack");
    let source = &dms["parameters"]["DatabaseEngine"]["output"];
    assert_eq!((&source["stack"], &source["output"]), (&"database".into(), &"DatabaseEngine".into()), "{dms}");
    let args = [&["synth", "--region", "eu-central-1", "--parameter", "DatabaseStorage=50"], &engine[..]].concat();
    let refused = world.run(args);
    assert!(refused.starts_with("exit: 2\n") && refused.contains("DatabaseStorage has no effect"), "{refused}");
}

#[test]
fn settings_of_the_file_are_carried_and_other_files_are_not_overwritten() {
    let world = World::new();
    world.write("outboxctl.toml", "pipeline = \"rds-kinesis\"\nstage = \"shop\"\n[parameters]\nShards = 4\n");
    let plan = &json(&world, &["--parameter", "DatabaseVersion=16"])["plan"];
    let parameter = |stack: &str, name: &str| {
        let stacks = plan["stacks"].as_array().expect("stacks");
        stacks.iter().find(|one| one["name"] == stack).expect("a stack")["parameters"][name]["text"].clone()
    };
    assert_eq!((&plan["stage"], parameter("stream", "Shards")), (&"shop".into(), "4".into()));
    assert_eq!(parameter("database", "DatabaseVersion"), "16");
    for (args, part) in [
        (&["--parameter", "Shards=many"][..], "not a number"),
        (&["--parameter", "Shard=4"], "did you mean Shards?"),
        (&["--parameter", "FirstZone=eu-central-1a"], "SecondZone"),
        (&["--force"], "--out"),
    ] {
        let refused = world.run([&["synth", "--region", "eu-central-1"], args].concat());
        assert!(refused.starts_with("exit: 2\n") && refused.contains(part), "{refused}");
    }
    let unknown = world.run(["synth"]);
    assert!(unknown.starts_with("exit: 4\n") && unknown.contains("--region"), "{unknown}");

    std::fs::create_dir(world.work().join("infra")).expect("a folder");
    world.write("infra/main.tf", "# mine\n");
    let args = ["synth", "--region", "eu-central-1", "--format", "terraform", "--out", "infra"];
    let refused = world.run(args);
    assert!(
        refused.starts_with("exit: 2\n") && refused.contains("main.tf") && refused.contains("--force"),
        "{refused}"
    );
    assert_eq!(paths(&world.work().join("infra")).len(), 1, "nothing is written beside it");
    let forced = world.run([&args[..], &["--force"]].concat());
    assert!(forced.starts_with("exit: 0\n"), "{forced}");
}
