//! The clock of the machine is set back. Only the processes of one stack see it: a library shifts their clock, which a
//! private /etc/ld.so.preload loads into all of them. That takes Linux, root and a C compiler.
#![cfg(target_os = "linux")]

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::not_run;
use crate::support::repository;
use crate::support::stack::Stack;

/// The library, and the file with the shift.
struct Clock {
    folder: tempfile::TempDir,
}

impl Clock {
    /// Compiles the library; `None` on a machine that can't use it.
    fn new() -> Option<Self> {
        let compiler = Command::new("cc").arg("--version").output().is_ok_and(|output| output.status.success());
        if !rustix::process::geteuid().is_root() || !compiler {
            not_run("only root can shift the clock of a stack, with a C compiler");
            return None;
        }
        let clock = Self { folder: tempfile::tempdir().expect("a folder") };
        // PostgreSQL and the emulator run as other users.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(clock.folder.path(), open).expect("permissions");
        clock.set(0);
        let mut compile = Command::new("cc");
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(clock.library());
        compile.arg(format!("-DSHIFT=\"{}\"", clock.folder.path().join("shift").display()));
        compile.arg(repository().join("tests/it/support/clock.c")).arg("-ldl");
        assert!(compile.status().expect("cc starts").success());
        Some(clock)
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    fn set(&self, seconds: i64) {
        // Never shorter in between: processes have the file in memory.
        let file =
            std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(self.folder.path().join("shift"));
        file.and_then(|mut file| file.write_all(&seconds.to_ne_bytes())).expect("the shift");
    }

    /// Starts a stack whose processes have this clock; false on a machine that allows no namespace of mounts.
    fn starts(&self, stack: &Stack) -> bool {
        let own = self.folder.path().join("own");
        std::fs::create_dir(&own).expect("a folder");
        let script = format!(
            "mount -t tmpfs tmpfs {own} && cp -a /etc {own} && echo {library} >{own}/etc/ld.so.preload && \
             mount --bind {own}/etc /etc || exit 77; exec \"$0\" \"$@\"",
            own = own.display(),
            library = self.library().display()
        );
        let up = stack.command(&["local", "up", "--port", "0", "--postgres-port", "0"]);
        let mut apart = Command::new("unshare");
        apart.args(["-m", "sh", "-c", &script]).arg(up.get_program()).args(up.get_args()).env_clear();
        apart.envs(up.get_envs().filter_map(|(name, value)| Some((name, value?))));
        apart.current_dir(up.get_current_dir().expect("a folder"));
        let output = apart.output().expect("unshare starts");
        if output.status.code() == Some(77) {
            not_run(&String::from_utf8_lossy(&output.stderr));
            return false;
        }
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        true
    }
}

/// Positions and leases of the time before must not hide the events of the time after.
#[test]
fn events_are_processed_after_the_clock_was_set_back() {
    let Some(clock) = Clock::new() else { return };
    let stack = Stack::new("clock");
    if !clock.starts(&stack) {
        return;
    }
    let pipeline = ["--pipeline", "rds-kinesis"];
    for command in [&["deploy", "--yes"][..], &["db", "init"], &["dms", "start"]] {
        stack.ok(&[command, &pipeline].concat());
    }
    let mut expected = 0;
    for (shift, count) in [(0, 20), (-30, 289), (-60, 20), (0, 20)] {
        // The consumer is away meanwhile.
        clock.set(shift);
        stack.ok(&[&["sample", "insert", "--count", &count.to_string()], &pipeline[..]].concat());
        expected += count;
        let mut processed = 0;
        // A run may find the stream quiet before all events are in it.
        for _ in 0..10 {
            let consume =
                [&["consume", "--exec", "true", "--idle-timeout", "5s", "-o", "json"], &pipeline[..]].concat();
            let output = stack.command(&consume).env("LD_PRELOAD", clock.library()).output().expect("it starts");
            let data: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            processed += data["processed"].as_u64().unwrap_or_else(|| panic!("no count: {data}"));
            if processed >= count {
                break;
            }
        }
        assert_eq!(processed, count, "at {shift} s");
    }
    let compared = stack.ok(&[&["reconcile", "--grace", "0", "--until", "+1h"], &pipeline[..]].concat());
    assert_eq!((&compared["committed"], &compared["missing"]), (&expected.into(), &0.into()), "{compared}");
}
