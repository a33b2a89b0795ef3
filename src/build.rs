//! Build script: what `outboxctl version` prints. The same sources give the same output: nothing is taken from the clock.

#![allow(clippy::print_stdout, reason = "cargo reads it")]

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-changed=Cargo.lock");
    for variable in ["SOURCE_DATE_EPOCH", "OUTBOXCTL_COMMIT"] {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    set("TARGET", env::var("TARGET").ok());
    set("SDK", std::fs::read_to_string("Cargo.lock").ok().map(|lock| sdk(&lock)));
    // Not in debug builds: every commit would build the crate again.
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let own = release && is_own_repository();
    if own && let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
    let asked = |args: &[&str]| if own { git(args) } else { None };
    set("COMMIT", env::var("OUTBOXCTL_COMMIT").ok().or_else(|| asked(&["rev-parse", "HEAD"])));
    set("DATE", env::var("SOURCE_DATE_EPOCH").ok().or_else(|| asked(&["show", "-s", "--format=%ct", "HEAD"])));
}

fn set(name: &str, value: Option<String>) {
    if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
        println!("cargo:rustc-env=OUTBOXCTL_BUILD_{name}={}", value.trim());
    }
}

/// Returns the AWS SDK's crates with their versions, as `name version,name version`.
fn sdk(lock: &str) -> String {
    let package = |block: &str| {
        let field = |key: &str| block.lines().find_map(|line| line.strip_prefix(key)?.split('"').nth(1));
        let (name, version) = (field("name = ")?, field("version = ")?);
        let is_sdk = name.starts_with("aws-sdk-") || name == "aws-config" || name == "aws-smithy-runtime";
        is_sdk.then(|| format!("{name} {version}"))
    };
    lock.split("[[package]]").filter_map(package).collect::<Vec<_>>().join(",")
}

/// Returns whether this folder is the root of a repository. The sources of a release can be unpacked inside another one.
fn is_own_repository() -> bool {
    let root = git(&["rev-parse", "--show-toplevel"]).and_then(|root| Path::new(&root).canonicalize().ok());
    let here = env::var("CARGO_MANIFEST_DIR").ok().and_then(|here| Path::new(&here).canonicalize().ok());
    root.is_some() && root == here
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
