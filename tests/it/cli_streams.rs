//! The documents and lines of commands that follow events, handle them or run until a signal, compared with `schema/cli`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cli_schemas::{check, check_line};
use crate::support::World;
use crate::support::pipeline::Pipeline;
use crate::support::stack::home;

/// Compares the final document of a command, and each of its lines of these types, with the schema; returns the lines.
fn compare(name: &str, lines: &[Value], kinds: &[&str]) {
    for kind in kinds {
        let found: Vec<_> = lines.iter().filter(|line| line["type"] == *kind).collect();
        assert!(!found.is_empty(), "{name}: no line of type {kind}: {lines:?}");
        found.into_iter().for_each(|line| check_line(name, kind, line));
    }
    let last = lines.last().expect("a result");
    assert_eq!((&last["type"], &last["ok"]), (&"result".into(), &true.into()), "{name}: {last}");
    check(name, &last["data"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_and_dead_letters_of_a_consumer_are_printed_as_their_schemas_say() {
    let pipeline = Pipeline::deployed("streams", "rds-kinesis").await;
    pipeline.ok(&["sample", "insert", "--count", "3", "--aggregates", "1"]);
    let handled = pipeline.lines(&["consume", "--idle-timeout", "3s", "--metrics-every", "1s"]);
    compare("consume", &handled, &["item", "metrics"]);
    pipeline.ok(&["sample", "insert", "--count", "2", "--aggregates", "1"]);
    let failed = pipeline.lines(&["consume", "--exec", "exit 3", "--attempts", "1", "--idle-timeout", "3s"]);
    compare("consume", &failed, &["item"]);
    assert!(failed.iter().any(|line| line["reason"].is_string()), "{failed:?}");

    for hop in ["stream", "processed", "outbox"] {
        let args = ["tail", hop, "--from", "start", "--count", "3", "--idle-timeout", "60"];
        compare("tail", &pipeline.lines(&args), &["item"]);
    }
    let letters = pipeline.ok(&["dlq", "list"]);
    check("dlq-list", &letters);
    let first = &letters["dead_letters"][0];
    let text = |key: &str| first[key].as_str().unwrap_or_else(|| panic!("no dead letter: {letters}"));
    let (id, cause) = (text("id"), text("cause"));
    check("dlq-show", &pipeline.ok(&["dlq", "show", id]));
    check("dlq-discard", &pipeline.ok(&["dlq", "discard", "--cause", cause, "--yes"]));

    let mut ui = pipeline.command(&["ui", "--port", "0", "--output", "ndjson"]);
    let mut ui = ui.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
    let lines = BufReader::new(ui.stdout.take().expect("stdout")).lines();
    let mut seen = Vec::new();
    for line in lines {
        let line: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        if line["scope"] == "ui" && line["type"] == "finished" {
            let pid = Pid::from_raw(i32::try_from(ui.id()).expect("an id")).expect("a process");
            kill_process(pid, Signal::TERM).expect("a signal");
        }
        seen.push(line);
    }
    assert_eq!(ui.wait().expect("it ends").code(), Some(143));
    compare("ui", &seen, &[]);
    check("local-down", &pipeline.ok(&["local", "down"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_bus_and_of_tables_are_printed_as_their_schemas_say() {
    let pipeline = Pipeline::deployed("streams-bus", "dynamodb-eventbridge").await;
    pipeline.ok(&["sample", "insert", "--count", "3"]);
    for hop in ["stream", "log"] {
        let args = ["tail", hop, "--from", "start", "--count", "3", "--idle-timeout", "60"];
        compare("tail", &pipeline.lines(&args), &["item"]);
    }
}

#[test]
fn the_tour_is_printed_as_its_schema_says() {
    // A home of its own, because every demo has the same name; with the tools of the other stacks.
    let world = World::new();
    let folder = world.home().join("outboxctl");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::create_dir_all(home().join("tools")).expect("the tools");
    std::os::unix::fs::symlink(home().join("tools"), folder.join("tools")).expect("a link to the tools");
    for path in [folder.as_path(), &world.home(), world.home().parent().expect("the root")] {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a readable folder");
    }
    let mut command = world.command();
    // pip's own settings decide where packages come from.
    command.envs(std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PIP_")));
    let output = command.args(["demo", "--count", "5", "-o", "json"]).output().expect("the binary starts");
    assert!(output.status.success(), "{}", world.transcript(&output));
    check("demo", &serde_json::from_slice(&output.stdout).expect("JSON"));
}
