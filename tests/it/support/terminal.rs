//! Commands on a terminal of their own, through `script` of util-linux.

use std::process::{Command, Stdio};

/// Exit code and text of a command on a terminal with this many columns; `None` on machines without util-linux.
pub fn run(command: &Command, columns: u16) -> Option<(Option<i32>, String)> {
    let quoted = |text: &std::ffi::OsStr| format!("'{}'", text.to_str().expect("text").replace('\'', r"'\''"));
    let words: Vec<String> = std::iter::once(command.get_program()).chain(command.get_args()).map(quoted).collect();
    let line = format!("stty cols {columns} rows 30; exec {}", words.join(" "));
    let version = Command::new("script").arg("--version").stderr(Stdio::null()).output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).contains("util-linux") {
        super::not_run("script of util-linux is missing");
        return None;
    }
    let mut terminal = Command::new("script");
    terminal.args(["-qec", &line, "/dev/null"]).env_clear().env("TERM", "xterm").env("SHELL", "/bin/sh");
    terminal.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).stdin(Stdio::null());
    if let Some(folder) = command.get_current_dir() {
        terminal.current_dir(folder);
    }
    let output = terminal.output().expect("script starts");
    Some((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}
