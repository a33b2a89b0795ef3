//! Whatever the shell around it looks like, a command that needs no stack does its work or says why not: it never panics,
//! hangs, is killed, or succeeds without its output.

use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{World, binary};

/// Far more than any of these commands takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// Arguments, and a text that is in the output of success.
const COMMANDS: &[(&[&str], &str)] = &[
    (&["--help"], "Usage:"),
    (&["--version"], "outboxctl"),
    (&["tail", "--help"], "--where"),
    (&["explain"], "Concepts"),
    (&["explain", "ordering"], "rder"),
    (&["explain", "ordering", "-o", "json"], "\"markdown\""),
    (&["cost"], "USD"),
    (&["cost", "-o", "json"], "\"components\""),
    (&["completions", "bash"], "outboxctl"),
    (&["completions", "zsh", "-o", "ndjson"], "\"script\""),
    (&["man"], ".TH"),
    (&["init", "--schema"], "\"$schema\""),
    // Commands that can't succeed: no credentials, no server, usage errors, a broken configuration.
    (&["outputs"], "never"),
    (&["outputs", "-o", "json"], "never"),
    (&["tail", "--format", "{x}"], "never"),
    (&["deplyo"], "never"),
];

type Change = fn(&mut Command);

/// Unusual environments: a name, and the change of the command.
const SHELLS: &[(&str, Change)] = &[
    ("as usual", |_| {}),
    ("empty", |command| {
        command.env_clear();
    }),
    ("values that are not UTF-8", |command| {
        for name in ["LANG", "CI", "COLUMNS", "TERM", "NO_COLOR", "TMPDIR", "GITHUB_ACTIONS", "TZ", "EDITOR"] {
            command.env(name, OsStr::from_bytes(b"\xff\xfe"));
        }
    }),
    ("our variables are not UTF-8", |command| {
        for name in ["OUTBOXCTL_STAGE", "OUTBOXCTL_OUTPUT", "OUTBOXCTL_PIPELINE", "AWS_REGION", "OUTBOXCTL_HOME"] {
            command.env(name, OsStr::from_bytes(b"\xff\xfe"));
        }
    }),
    ("other programs' variables", |command| {
        command.env("PYTHONHOME", "/nonexistent").env("PGHOST", "nowhere").env("PGSSLMODE", "disable");
        command.env("LD_PRELOAD", "").env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full").env("PAGER", "less");
        command.env("HTTP_PROXY", "http://127.0.0.1:1").env("AWS_USE_FIPS_ENDPOINT", "true").env("IFS", "x");
    }),
    ("no HOME", |command| {
        command.env_remove("HOME");
    }),
    ("HOME that does not exist", |command| {
        command.env("HOME", "/nonexistent").env_remove("OUTBOXCTL_HOME");
    }),
    ("HOME that is a file", |command| {
        command.env("HOME", "/dev/null").env_remove("OUTBOXCTL_HOME");
    }),
    ("relative HOME", |command| {
        command.env("HOME", "a b").env_remove("OUTBOXCTL_HOME");
    }),
    ("Turkish", |command| {
        command.env("LC_ALL", "tr_TR.UTF-8");
    }),
    ("no such locale", |command| {
        command.env("LC_ALL", "xx_XX").env("LANG", "");
    }),
    ("no columns", |command| {
        command.env("COLUMNS", "0").env("LINES", "0");
    }),
    ("columns that are no number", |command| {
        command.env("COLUMNS", "wide");
    }),
    ("more columns than there are", |command| {
        command.env("COLUMNS", "99999999999999999999");
    }),
    ("dumb terminal", |command| {
        command.env("TERM", "dumb");
    }),
    ("no colour", |command| {
        command.env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1");
    }),
    ("CI", |command| {
        command.env("CI", "").env("GITHUB_ACTIONS", "1");
    }),
    ("GitHub", |command| {
        command.env("CI", "true").env("GITHUB_ACTIONS", "true");
    }),
    ("TMPDIR that does not exist", |command| {
        command.env("TMPDIR", "/nonexistent");
    }),
    ("odd time zone", |command| {
        command.env("TZ", ":/nonexistent/Zone");
    }),
    ("nothing on stdin", |command| {
        command.stdin(Stdio::null());
    }),
];

/// Runs to the end, or fails the test.
fn ended(mut command: Command, what: &str) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    wait(child, what)
}

fn wait(mut child: Child, what: &str) -> Output {
    let pid = Pid::from_child(&child);
    // Streams are read to their end by threads, so that a full pipe blocks no process.
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as _),
        child.stderr.take().map(|stream| Box::new(stream) as _),
    ];
    let [stdout, stderr] = streams.map(|stream| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stream.into_iter().for_each(|mut stream| {
                stream.read_to_end(&mut bytes).expect("a stream that can be read");
            });
            bytes
        })
    });
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if begun.elapsed() > DEADLINE {
            kill_process(pid, Signal::KILL).expect("killed");
            panic!("{what}: hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    Output { status, stdout: stdout.join().expect("stdout"), stderr: stderr.join().expect("stderr") }
}

/// Checks the rules that hold for the end of every run. Returns the exit code.
fn check(output: &Output, proof: &str, what: &str) -> i32 {
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let seen = format!("{what}: {}\n--- stdout\n{stdout:.2000}\n--- stderr\n{stderr:.2000}", output.status);
    let code = output.status.code().unwrap_or_else(|| panic!("killed: {seen}"));
    assert!([0, 1, 2, 4].contains(&code), "{seen}");
    assert!(!stderr.contains("panicked") && !stderr.contains("a bug in outboxctl"), "{seen}");
    match code {
        0 => assert!(stdout.contains(proof), "without its output: {seen}"),
        _ => assert!(stderr.contains("error"), "without an error: {seen}"),
    }
    code
}

#[test]
fn no_shell_makes_a_command_panic_hang_or_lie() {
    std::thread::scope(|scope| {
        for (shell, change) in SHELLS {
            scope.spawn(move || {
                let world = World::new();
                for (args, proof) in COMMANDS {
                    let mut command = world.command();
                    command.args(*args).stdin(Stdio::null());
                    change(&mut command);
                    check(&ended(command, &format!("{shell}: {args:?}")), proof, &format!("{shell}: {args:?}"));
                }
            });
        }
    });
}

#[test]
fn an_ordinary_shell_gets_the_requested_output() {
    let world = World::new();
    for (args, proof) in COMMANDS {
        let mut command = world.command();
        command.args(*args);
        let code = check(&ended(command, "ordinary"), proof, &format!("{args:?}"));
        assert_eq!(code == 0, *proof != "never", "{args:?}: {code}");
    }
}

#[test]
fn a_working_folder_that_was_deleted_or_is_read_only_is_enough() {
    let world = World::new();
    for (script, what) in [
        (r#"mkdir -p gone && cd gone && rmdir ../gone && exec "$0" "$@""#, "deleted"),
        (r#"mkdir -p fixed && chmod 500 fixed && cd fixed && exec "$0" "$@""#, "read-only"),
    ] {
        for (args, proof) in COMMANDS {
            let mut command = Command::new("/bin/sh");
            let template = world.command();
            command.env_clear().current_dir(world.work()).args(["-c", script]).arg(binary()).args(*args);
            command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let code = check(&ended(command, what), proof, &format!("{what}: {args:?}"));
            assert_eq!(code == 0, *proof != "never", "{what}: {args:?}: {code}");
        }
    }
}

#[test]
fn output_that_can_not_be_written_is_a_failure() {
    let world = World::new();
    for (args, proof) in COMMANDS.iter().filter(|(_, proof)| *proof != "never") {
        let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let mut command = world.command();
        let child = command.args(*args).stdout(full).stderr(Stdio::piped()).spawn().expect("it starts");
        let output = wait(child, proof);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("error: stdout can't be written: "), "{args:?}: {stderr}");
    }
}

#[test]
fn a_summary_that_can_not_be_written_is_a_failure() {
    let world = World::new();
    let mut command = world.command();
    command.args(["cost", "-o", "ndjson"]).env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", "/dev/full");
    let output = ended(command, "summary");
    let last = String::from_utf8_lossy(&output.stdout).lines().last().map(str::to_owned).expect("a line");
    let last: Value = serde_json::from_str(&last).expect("JSON");
    assert_eq!((output.status.code(), &last["error"]["code"]), (Some(1), &"io".into()), "{last}");
}

#[test]
fn closed_standard_streams_do_not_end_a_command_early() {
    let world = World::new();
    // Rust opens /dev/null in the place of a stream that is closed: a closed stdout can't be distinguished from `>/dev/null`.
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        for (args, proof) in COMMANDS {
            let mut command = Command::new("/bin/sh");
            let template = world.command();
            let script = format!(r#"exec "$0" "$@" {closed}"#);
            command.env_clear().current_dir(world.work()).args(["-c", &script]).arg(binary()).args(*args);
            command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = ended(command, closed);
            assert_eq!(output.status.code() == Some(0), *proof != "never", "{closed}: {args:?}: {output:?}");
        }
    }
}

#[test]
fn usage_errors_end_in_a_result_where_one_was_asked_for_and_only_there() {
    let world = World::new();
    let answered = |variable: &str, args: &[&str]| {
        let mut command = world.command();
        command.args(args).env("OUTBOXCTL_OUTPUT", variable);
        let output = ended(command, "usage");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    for (variable, args) in [
        ("ndjson", &["tail", "--bogus"][..]),
        ("json", &["status", "--bogus"]),
        ("", &["status", "--output", "json", "--bogus"]),
        ("", &["status", "--bogus", "--output=json"]),
        ("table", &["verify", "--count", "x", "-o", "json"]),
        ("", &["-qo", "ndjson", "deplyo"]),
        ("JSON", &["tail", "--from", "yesterday-ish"]),
    ] {
        let out = answered(variable, args);
        let value: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{args:?}: {e}: {out}"));
        assert_eq!((&value["type"], &value["error"]["code"]), (&"result".into(), &"usage".into()), "{args:?}");
    }
    for args in
        [&["tail", "--bogus", "--format", "x.ndjson"][..], &["ndjson"], &["tail", "--bogus", "--", "-o", "json"]]
    {
        assert_eq!(answered("", args), "", "{args:?}");
    }
    assert_eq!(answered("json", &["status", "--output", "table", "--bogus"]), "", "the flag goes before the variable");
}

#[test]
fn an_argument_that_is_not_utf8_is_a_usage_error() {
    let world = World::new();
    for (format, documents) in [("table", 0), ("json", 1)] {
        let mut command = world.command();
        command.args(["explain", "-o", format]).arg(OsStr::from_bytes(b"caf\xe9"));
        let output = ended(command, "not UTF-8");
        assert_eq!(check(&output, "never", format), 2);
        assert_eq!(String::from_utf8_lossy(&output.stdout).matches("\"usage\"").count(), documents);
    }
}
