//! Runs the binary for tests: with a cleared environment and own folders, and one text for exit code and both streams.

pub mod account;
pub mod api;
pub mod database;
pub mod page;
pub mod pipeline;
pub mod plain;
pub mod shared;
pub mod signing;
pub mod sink;
pub mod stack;
pub mod terminal;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty world for one test: a home, a working directory, nothing inherited but PATH.
pub struct World {
    root: tempfile::TempDir,
}

impl World {
    pub fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary folder");
        for folder in ["home", "work"] {
            std::fs::create_dir(root.path().join(folder)).expect("a folder in it");
        }
        Self { root }
    }

    pub fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.work().join(name), text).expect("a file in the working directory");
    }

    pub fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    /// The binary with this world's environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(binary());
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path().join("home"))
            .env("OUTBOXCTL_HOME", self.root.path().join("home/outboxctl"))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.work());
        command
    }

    /// Runs to the end and returns exit code, stdout and stderr, with this world's paths replaced.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        self.transcript(&self.command().args(args).output().expect("the binary starts"))
    }

    pub fn transcript(&self, output: &Output) -> String {
        let text = |bytes: &[u8]| {
            let root = self.root.path().to_string_lossy().into_owned();
            String::from_utf8_lossy(bytes).replace(&root, "[ROOT]").replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
        };
        format!(
            "exit: {}\n--- stdout\n{}--- stderr\n{}",
            output.status.code().map_or("signal".into(), |code| code.to_string()),
            text(&output.stdout),
            text(&output.stderr),
        )
    }
}

pub fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_outboxctl"))
}

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of a language in a topic of `explain`.
pub fn blocks(topic: &str, language: &str) -> Vec<String> {
    let path = repository().join(format!("src/commands/explain/topics/{topic}.md"));
    let text = std::fs::read_to_string(path).expect("the topic");
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// Reports on stderr why a test did not run on this machine.
pub fn not_run(reason: &str) {
    let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("not run: {reason}\n"));
}
