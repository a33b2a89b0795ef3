//! Whole screens, as an operator sees them: exit code, stdout and stderr at 80 and 120 columns.
//!
//! After a change, `INSTA_UPDATE=always cargo test --test it screens` updates them.

mod account;
mod errors;
mod estimates;
mod help;
#[cfg(target_os = "linux")]
mod pipeline;

use std::process::Command;

use crate::support::{World, binary};

const WIDTHS: [usize; 2] = [80, 120];
/// First characters of the lines of steps.
const STEP: &[char] = &['·', '=', '✓', '✗', '…'];

/// Compares a screen at both widths with the committed ones; one file if they do not differ. `command` is the binary in
/// a world, without arguments.
fn check(name: &str, world: &World, args: &[&str], command: impl Fn() -> Command) {
    compare(name, &screens(world, args, command));
}

/// Returns a screen at both widths.
fn screens(world: &World, args: &[&str], command: impl Fn() -> Command) -> Vec<String> {
    let screen = |width: usize| {
        let output = command().env("COLUMNS", width.to_string()).args(args).output().expect("the binary starts");
        format!("$ outboxctl {}\n{}", args.join(" "), stable(&world.transcript(&output)))
    };
    WIDTHS.map(screen).into()
}

/// [`check`] on a terminal, where tables fit the width; by `script` of util-linux, where it is installed. Escape codes
/// are left out.
#[cfg(target_os = "linux")]
fn check_on_terminal(name: &str, world: &World, args: &[&str], command: impl Fn() -> Command) {
    if let Some(screens) = screens_of_terminal(world, args, command) {
        compare(name, &screens);
    }
}

/// Returns a screen of a terminal at both widths; None without `script`.
#[cfg(target_os = "linux")]
fn screens_of_terminal(world: &World, args: &[&str], command: impl Fn() -> Command) -> Option<Vec<String>> {
    let line =
        format!("stty cols \"$COLUMNS\" && {} --color never --progress plain {}", binary().display(), args.join(" "));
    let mut screens = Vec::new();
    for width in WIDTHS {
        let plain = command();
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).env_clear().current_dir(world.work());
        script.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        script.env("COLUMNS", width.to_string()).env("TERM", "dumb").stdin(std::process::Stdio::null());
        let output = script.output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
        screens.push(format!("$ outboxctl {}\n{}", args.join(" "), stable(&text)));
    }
    Some(screens)
}

fn compare(name: &str, screens: &[String]) {
    if screens.iter().all(|screen| *screen == screens[0]) {
        insta::assert_snapshot!(name, &screens[0]);
        return;
    }
    for (screen, width) in screens.iter().zip(WIDTHS) {
        insta::assert_snapshot!(format!("{name}-{width}"), screen);
    }
}

/// Replaces durations of steps and ports, sorts consecutive steps, which run in parallel, and removes trailing spaces.
fn stable(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut steps: Vec<String> = Vec::new();
    for line in text.lines().map(|line| without_port(line.trim_end())) {
        if line.starts_with(STEP) {
            steps.push(without_durations(&line));
            continue;
        }
        steps.sort();
        lines.append(&mut steps);
        lines.push(line);
    }
    steps.sort();
    lines.append(&mut steps);
    lines.join("\n") + "\n"
}

/// Replaces durations such as `0.3 s`, `12s` and `120 ms` by `N s`.
fn without_durations(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let is_number = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    for word in line.split(' ') {
        let (open, inner) = word.strip_prefix('(').map_or(("", word), |inner| ("(", inner));
        let (inner, close) = inner.split_at(inner.trim_end_matches([')', ',', ';', ':']).len());
        let last_is_number = words.last().is_some_and(|last| is_number(last.trim_start_matches('(')));
        match inner {
            "s" | "ms" if last_is_number => {
                let last = words.pop().unwrap_or_default();
                let bracket = if last.starts_with('(') { "(" } else { "" };
                words.push(format!("{bracket}N"));
                words.push(format!("s{close}"));
            }
            _ if inner.strip_suffix("ms").or(inner.strip_suffix('s')).is_some_and(is_number) => {
                words.push(format!("{open}N s{close}"));
            }
            _ => words.push(word.to_owned()),
        }
    }
    words.join(" ")
}

/// Replaces the port of a server on this machine.
fn without_port(line: &str) -> String {
    let Some((before, after)) = line.split_once("127.0.0.1:") else { return line.to_owned() };
    let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}127.0.0.1:PORT{}", without_port(rest))
}

#[test]
fn steps_are_sorted_without_their_durations_and_ports_are_replaced() {
    let text =
        "✓ b: took 0.3 s (12 ms), at most 5s; 2 files\n· a\nkept 48 h, calls of 0.1 s\nhttp://127.0.0.1:3000/x \n";
    let expected =
        "· a\n✓ b: took N s (N s), at most N s; 2 files\nkept 48 h, calls of 0.1 s\nhttp://127.0.0.1:PORT/x\n";
    assert_eq!(stable(text), expected);
}
