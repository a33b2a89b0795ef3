//! Missing programs are reported with a remedy: those of the local stack, and those of the page's test in CI.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use insta::assert_snapshot;

use crate::support::{World, repository};

/// A program in the world's working directory.
fn program(world: &World, name: &str, script: &str) -> PathBuf {
    world.write(name, &format!("#!/bin/sh\n{script}\n"));
    let path = world.work().join(name);
    let executable = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, executable).expect("a program that runs");
    path
}

/// Returns the errors of `local up` with this script as Python. `$*` begins with `-I -c` when its version is queried.
fn up_with(script: &str) -> String {
    let world = World::new();
    let python = program(&world, "python", script);
    let mut command = world.command();
    // Without uv, which would fetch in pip's place.
    command.env("PATH", world.work()).env("OUTBOXCTL_PYTHON", python);
    command.args(["local", "up", "--port", "0", "--postgres-port", "0", "--progress", "plain"]);
    let out = world.transcript(&command.output().expect("the binary starts"));
    out.lines().filter(|line| line.starts_with("error:") || line.starts_with("  ")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_python_that_is_too_old_or_none_is_named() {
    assert_snapshot!(up_with(r"printf '/opt/python3\n3\n8\n'"), @r"
    error: OUTBOXCTL_PYTHON=[ROOT]/work/python can't be used
      caused by: /opt/python3 is Python 3.8; the emulator needs 3.10 or newer
      hint: it must name a Python that is new enough; unset it to search for one
      more: outboxctl explain local-setup
    ");
    assert_snapshot!(up_with("exit 1"), @r"
    error: OUTBOXCTL_PYTHON=[ROOT]/work/python can't be used
      caused by: no Python was found; the emulator needs 3.10 or newer
      hint: it must name a Python that is new enough; unset it to search for one
      more: outboxctl explain local-setup
    ");
}

#[test]
fn a_python_without_network_access_is_named() {
    const MODERN: &str = r#"case "$*" in "-I -c"*) printf '/opt/python3\n3\n12\n'; exit;; esac"#;
    // As Debian splits it: neither pip nor venv. The path that it names itself by is the one that is run.
    let split = MODERN.replace("/opt/python3", "%s") + "\nexit 1";
    let split = split.replace(r"3\n12\n'", r#"3\n12\n' "$0""#);
    let out = up_with(&split);
    assert_snapshot!(out.replace("[ROOT]/work/", ""), @r"
    error: ministack can't be fetched: python has neither pip nor venv
      hint: on Debian and Ubuntu: apt-get install python3-pip (or python3-venv); elsewhere: python3 -m ensurepip --user
      more: outboxctl explain local-setup
    ");
    // An index out of reach: what pip said last, not its pages of warnings.
    let offline = split.replace(
        "exit 1",
        r#"[ "$3" = --version ] && exit
echo 'WARNING: Retrying' >&2
echo 'ERROR: No matching distribution found for ministack==1' >&2
exit 1"#,
    );
    assert_snapshot!(up_with(&offline), @r"
    error: ministack can't be fetched: ERROR: No matching distribution found for ministack==1
      hint: it comes from the Python package index once and is kept; check the network, PIP_INDEX_URL, and that the disk has 1 GB free
      more: outboxctl explain local-setup
    ");
}

#[test]
fn a_postgres_folder_without_postgres_is_named() {
    let world = World::new();
    let mut command = world.command();
    command.env("OUTBOXCTL_POSTGRES_BIN", world.work()).args(["local", "up", "--port", "0"]);
    assert_snapshot!(world.transcript(&command.output().expect("the binary starts")), @r"
    exit: 1
    --- stdout
    --- stderr
    error: [ROOT]/work has no PostgreSQL 14 or newer (postgres and initdb)
      hint: OUTBOXCTL_POSTGRES_BIN names the folder; unset it to search
      more: outboxctl explain local-setup
    ");
}

/// Returns exit code and output of the page's test on a machine that has only these programs.
fn page_test(programs: &[(&str, &str)], chromium: &str) -> String {
    let world = World::new();
    for name in ["bash", "dirname", "mktemp", "tail", "rm"] {
        let real =
            ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name)).into_iter().find(|path| path.exists());
        std::os::unix::fs::symlink(real.expect("a usual program"), world.work().join(name)).expect("a link");
    }
    for (name, script) in programs {
        program(&world, name, script);
    }
    let mut command = Command::new("/bin/bash");
    command.arg(repository().join(".ci/browser/run")).env_clear();
    command.env("PATH", world.work()).env("CHROMIUM", chromium);
    world.transcript(&command.output().expect("bash starts"))
}

#[test]
fn the_test_of_the_page_names_missing_programs() {
    let last = |out: String| {
        let code = out.lines().next().unwrap_or_default().to_owned();
        format!("{code}; {}", out.lines().last().unwrap_or_default())
    };
    let (user, root) = (("id", "echo 1000"), ("id", "echo 0"));
    let refusing = ("apt-get", "echo 'E: Unable to fetch some archives' >&2; exit 100");
    let node = ("node", r#"[ "$1" = --version ] && echo v18.1.0 || echo 18"#);
    let out = [
        last(page_test(&[], "")),
        last(page_test(&[user, refusing], "")),
        last(page_test(&[root, refusing], "")),
        last(page_test(&[], "/nowhere/chromium")),
        last(page_test(&[], "/bin/sh")),
        last(page_test(&[node, ("npm", "")], "/bin/sh")),
    ];
    assert_snapshot!(out.join("\n"), @r"
    exit: 77; the page can't be tested here: there is no Chromium and no apt-get to install it with; set CHROMIUM=/path/to/chromium
    exit: 77; the page can't be tested here: there is no Chromium, and installing it takes root: apt-get install chromium, or set CHROMIUM=/path/to/chromium
    exit: 77; the page can't be tested here: apt-get could not install chromium (its last lines are above)
    exit: 77; the page can't be tested here: CHROMIUM names no program
    exit: 77; the page can't be tested here: there is no Node with npm; install Node 20 or newer
    exit: 77; the page can't be tested here: Node 20 or newer is needed; this is v18.1.0
    ");
}
