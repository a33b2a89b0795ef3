//! A part of the local stack that does not start, while the others do: the error names it and its log, the others are
//! stopped, and the next start succeeds.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::plain::programs;
use crate::support::stack::Stack;

const UP: [&str; 6] = ["local", "up", "--port", "0", "--postgres-port", "0"];

/// Returns a folder that the users of both servers can pass.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).expect("an open folder");
    folder
}

fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).expect("a program that runs");
}

/// Returns the processes that have the stack's folder in their command line, or work in it.
fn processes(stack: &Stack) -> Vec<String> {
    let folder = stack.folder();
    let text = folder.to_str().expect("a path");
    let about = |entry: std::fs::DirEntry| {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let works_there = std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder));
        (works_there || command.contains(text)).then_some(command)
    };
    std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(about).collect()
}

/// Starts the stack, which must fail; returns the error.
fn fails(stack: &Stack, args: &[&str]) -> Value {
    let error = stack.fails(1, args)["error"].take();
    // Its daemon ends after it has reported the error.
    let deadline = Instant::now() + Duration::from_secs(60);
    while !processes(stack).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(processes(stack), [""; 0], "processes of a stack that did not start: {error}");
    assert!(stack.fails(1, &["local", "env"])["error"]["code"].is_string(), "the stack counts as up");
    error
}

/// Returns the message and the hints.
fn text(error: &Value) -> String {
    let hints = error["hints"].as_array().into_iter().flatten();
    [&error["message"]].into_iter().chain(hints).filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_database_that_does_not_start_stops_the_emulator() {
    let Some(real) = programs() else { return crate::support::not_run("PostgreSQL is not installed") };
    let folder = open_folder();
    for name in ["initdb", "pg_ctl", "psql"] {
        symlink(real.join(name), folder.path().join(name)).expect("a link");
    }
    let script = format!(
        "[ \"$1\" = -D ] || exec {} \"$@\"\necho 'FATAL:  could not map anonymous shared memory' >&2\nexit 1",
        real.join("postgres").display()
    );
    program(folder.path(), "postgres", &script);
    let mut stack = Stack::new("nodatabase");
    stack.set("OUTBOXCTL_POSTGRES_BIN", folder.path());
    let error = text(&fails(&stack, &UP));
    for part in ["PostgreSQL ended", "could not map anonymous shared memory", "postgres.log"] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    stack.unset("OUTBOXCTL_POSTGRES_BIN");
    stack.ok(&UP);
}

#[test]
fn an_emulator_that_does_not_start_stops_the_database() {
    let folder = open_folder();
    // It names itself as the program to run.
    let script = "[ \"$1\" = -I ] && { python3 \"$@\" | sed \"1s|.*|$0|\"; exit; }\n\
                  case \"$*\" in *launcher.py*) echo 'MemoryError: no room' >&2; exit 3;; esac\n\
                  exec python3 \"$@\"";
    program(folder.path(), "python3", script);
    let mut stack = Stack::new("noemulator");
    stack.set("OUTBOXCTL_PYTHON", folder.path().join("python3"));
    let error = text(&fails(&stack, &UP));
    for part in ["the emulator ended", "MemoryError: no room", "emulator.log", "--purge-tools"] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    stack.unset("OUTBOXCTL_PYTHON");
    stack.ok(&UP);
}

#[test]
fn a_port_in_use_starts_no_part() {
    let stack = Stack::new("takenports");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    for (flag, other, what) in
        [("--port", "--postgres-port", "the AWS endpoint"), ("--postgres-port", "--port", "PostgreSQL")]
    {
        let error = fails(&stack, &["local", "up", flag, &port, other, "0"]);
        assert_eq!(error["code"], "port-in-use", "{error}");
        let error = text(&error);
        for part in [format!("port {port}, for {what}, is in use"), format!("`outboxctl local up {flag} 0`")] {
            assert!(error.contains(&part), "{part} is missing: {error}");
        }
        assert!(!stack.folder().join("postgres/data").exists(), "nothing was created");
    }
    drop(taken);
    stack.ok(&["local", "up", "--port", &port, "--postgres-port", "0"]);
}

/// Between the choice of a port and its server's start are seconds in which other programs look for free ports.
#[test]
fn a_chosen_port_is_not_free_for_other_processes() {
    let Some(real) = programs() else { return crate::support::not_run("PostgreSQL is not installed") };
    let folder = open_folder();
    for name in ["pg_ctl", "psql"] {
        symlink(real.join(name), folder.path().join(name)).expect("a link");
    }
    // A link would lead to the folder of the real programs.
    program(folder.path(), "postgres", &format!("exec {} \"$@\"", real.join("postgres").display()));
    let taken = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(taken.path(), PermissionsExt::from_mode(0o777)).expect("an open folder");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = port.expect("a free port").port().to_string();
    let script = format!(
        "python3 -c 'import socket; socket.socket().bind((\"127.0.0.1\", {port}))' && touch {}/taken\nexec {} \"$@\"",
        taken.path().display(),
        real.join("initdb").display()
    );
    program(folder.path(), "initdb", &script);
    let mut stack = Stack::new("chosenport");
    stack.set("OUTBOXCTL_POSTGRES_BIN", folder.path());
    stack.ok(&["local", "up", "--port", "0", "--postgres-port", &port]);
    assert_eq!(stack.state().postgres.port.to_string(), port);
    assert!(!taken.path().join("taken").exists(), "another process could take port {port}");
}
