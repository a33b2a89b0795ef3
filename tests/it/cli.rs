//! Output and exit codes of the command line, before any request to AWS.

use std::process::Command;

use insta::assert_snapshot;

use crate::support::{World, binary};

#[test]
fn version() {
    assert_snapshot!(World::new().run(["--version"]), @r"
    exit: 0
    --- stdout
    outboxctl [VERSION]
    --- stderr
    ");
}

#[test]
fn unknown_command_is_a_usage_error() {
    let out = World::new().run(["deplyo"]);
    assert!(out.starts_with("exit: 2\n"), "{out}");
    assert!(out.contains("'deploy'"), "{out}");
}

#[test]
fn usage_error_ends_ndjson_in_a_result_line() {
    let out = World::new().run(["tail", "--frmo", "latest", "--output=ndjson"]);
    let line = out.lines().find(|line| line.starts_with('{')).expect("a JSON line");
    let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((value["exit_code"].as_u64(), value["error"]["code"].as_str()), (Some(2), Some("usage")));
}

/// On a terminal, by `script` of util-linux.
#[cfg(target_os = "linux")]
#[test]
fn an_empty_term_is_a_terminal_without_styles() {
    let world = World::new();
    let said = |term: Option<&str>, args: &str| {
        let mut command = Command::new("script");
        command.args(["-qec", &format!("{} {args}", binary().display()), "/dev/null"]).current_dir(world.work());
        command.env_clear().env("HOME", world.home()).stdin(std::process::Stdio::null());
        if let Some(term) = term {
            command.env("TERM", term);
        }
        command.output().ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // An error of ours, and one of the parser's.
    for args in ["outputs", "deplyo"] {
        let Some(styled) = said(Some("xterm"), args) else { return };
        assert!(styled.contains("error") && styled.contains('\u{1b}'), "{styled:?}");
        for term in [Some(""), Some("dumb"), None] {
            let plain = said(term, args).expect("script starts");
            assert!(plain.contains("error") && !plain.contains('\u{1b}'), "{term:?}: {plain:?}");
        }
    }
}

#[test]
fn malformed_configuration_shows_the_line() {
    let world = World::new();
    world.write("outboxctl.toml", "stage = \"dev\"\nregion = eu-central-1\n");
    assert_snapshot!(world.run(["outputs"]), @r#"
    exit: 2
    --- stdout
    --- stderr
    error: [ROOT]/work/outboxctl.toml is not valid:
        TOML parse error at line 2, column 10
          |
        2 | region = eu-central-1
          |          ^^^^^^^^^^^^
        string values must be quoted, expected literal string
      hint: correct the line shown
    "#);
}

#[test]
fn misspelt_configuration_key_is_named() {
    let world = World::new();
    world.write("outboxctl.toml", "stagee = \"dev\"\n");
    assert_snapshot!(world.run(["outputs"]), @r#"
    exit: 2
    --- stdout
    --- stderr
    error: [ROOT]/work/outboxctl.toml is not valid:
        TOML parse error at line 1, column 1
          |
        1 | stagee = "dev"
          | ^^^^^^
        unknown field `stagee`, expected one of `profile`, `region`, `stage`, `pipeline`, `local`, `endpoint_url`, `parameters`, `existing`, `outbox`
      hint: did you mean stage?
    "#);
}

#[test]
fn stage_that_fits_no_name_is_refused() {
    assert_snapshot!(World::new().run(["outputs", "--stage", "Dev_1"]), @r#"
    exit: 2
    --- stdout
    --- stderr
    error: stage "Dev_1" can't be part of AWS names
      hint: use 1 to 20 lower-case letters, digits and single hyphens, starting with a letter
    "#);
}

#[test]
fn no_region_is_said_before_anything_is_sent() {
    assert_snapshot!(World::new().run(["outputs"]), @r"
    exit: 4
    --- stdout
    --- stderr
    error: no AWS region is set
      hint: pass --region, or set AWS_REGION or `region` in outboxctl.toml
      hint: to work on the local stack, pass --local or set OUTBOXCTL_LOCAL=true
      more: outboxctl explain region
    ");
}

#[test]
fn no_credentials_exit_4_with_a_way_out() {
    let out = World::new().run(["outputs", "--region", "eu-central-1"]);
    assert!(out.starts_with("exit: 4\n"), "{out}");
    assert!(out.contains("add --local"), "{out}");
}

#[test]
fn local_without_a_stack_says_how_to_start_one() {
    let out = World::new().run(["outputs", "--local"]);
    assert!(out.starts_with("exit: 1\n"), "{out}");
    assert!(out.contains("hint: start it: `outboxctl local up`"), "{out}");
}

#[test]
fn errors_are_a_final_result_line_in_ndjson() {
    let out = World::new().run(["outputs", "--local", "-o", "ndjson"]);
    let line = out.lines().find(|line| line.starts_with('{')).expect("a JSON line");
    let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((value["type"].as_str(), value["v"].as_u64()), (Some("result"), Some(2)));
    assert_eq!(value["error"]["code"], "local-down");
}

#[test]
fn region_that_is_none_exits_4() {
    assert_snapshot!(World::new().run(["outputs", "--region", "frankfurt"]), @r#"
    exit: 4
    --- stdout
    --- stderr
    error: unknown AWS region "frankfurt"; for example eu-central-1
      more: outboxctl explain region
    "#);
}

/// Numbers are read in one place, whatever the command.
#[test]
fn a_number_that_is_not_one_is_refused_with_the_numbers_that_are() {
    for args in [
        &["local", "up", "--seed", "x"][..],
        &["local", "up", "--port", "x"],
        &["demo", "--count", "0"],
        &["verify", "--count", "-3"],
    ] {
        let printed = World::new().run(args);
        assert!(printed.starts_with("exit: 2") && printed.contains("a whole number"), "{args:?}: {printed}");
    }
}
