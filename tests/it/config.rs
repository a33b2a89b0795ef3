//! `config show`, `version` and colors.

use serde_json::Value;

use crate::support::World;

fn json(world: &World, args: &[&str], variables: &[(&str, &str)]) -> Value {
    let mut command = world.command();
    command.args(args).args(["-o", "json"]).envs(variables.iter().copied());
    let output = command.output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn every_setting_is_shown_with_its_source() {
    let world = World::new();
    world.write("outboxctl.toml", "region = \"eu-west-1\"\nstage = \"test\"\n[parameters]\nShards = 2\n");
    let shown = world.run(["config", "show", "--pipeline", "rds-kinesis"]);
    let rows: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    for row in [
        "setting value from",
        "profile - not set",
        "region eu-west-1 [ROOT]/work/outboxctl.toml",
        "stage test [ROOT]/work/outboxctl.toml",
        "pipeline rds-kinesis --pipeline",
        "local false default",
        "Shards 2 [ROOT]/work/outboxctl.toml",
        "outboxctl.toml [ROOT]/work/outboxctl.toml found",
    ] {
        let words: Vec<&str> = row.split(' ').collect();
        assert!(rows.contains(&words), "{row} is missing:\n{shown}");
    }
}

#[test]
fn flags_take_precedence_over_variables_and_those_over_the_file() {
    let world = World::new();
    world.write("outboxctl.toml", "region = \"eu-west-1\"\nstage = \"test\"\n");
    let shown = json(
        &world,
        &["config", "show", "--stage", "prod"],
        &[
            ("OUTBOXCTL_STAGE", "pr-1"),
            ("AWS_DEFAULT_REGION", "eu-north-1"),
            ("AWS_SECRET_ACCESS_KEY", "planted-secret"),
        ],
    );
    let setting = |name: &str| {
        let found = shown["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == name);
        let found = found.unwrap_or_else(|| panic!("{name}: {shown}"));
        [&found["value"], &found["origin"], &found["source"]].map(|text| text.as_str().unwrap_or("-").to_owned())
    };
    assert_eq!(setting("stage"), ["prod", "flag", "--stage"]);
    assert_eq!(setting("region"), ["eu-north-1", "variable", "AWS_DEFAULT_REGION"]);
    assert_eq!(setting("pipeline"), ["rds-eventbridge", "default", "-"]);
    assert!(!shown.to_string().contains("planted-secret"), "{shown}");
}

#[test]
fn a_region_of_the_profile_is_shown_as_such() {
    let world = World::new();
    std::fs::create_dir(world.home().join(".aws")).expect("a folder");
    std::fs::write(world.home().join(".aws/config"), "[profile ops]\nregion = eu-south-1\n").expect("a file");
    let shown = json(&world, &["config", "show", "--profile", "ops"], &[]);
    assert_eq!(shown["settings"][1]["value"], "eu-south-1", "{shown}");
    assert_eq!(shown["settings"][1]["source"], "AWS profile ops");
}

#[test]
fn a_region_that_is_not_given_is_that_of_the_local_stack() {
    let world = World::new();
    let region =
        |args: &[&str]| json(&world, &[&["config", "show", "--local"], args].concat(), &[])["settings"][1].take();
    let default = region(&[]);
    assert_eq!([&default["value"], &default["origin"]], ["us-east-1", "default"], "{default}");
    assert_eq!(region(&["--region", "eu-south-1"])["value"], "eu-south-1");
}

#[test]
fn the_version_names_commit_and_target() {
    let world = World::new();
    assert_eq!(world.run(["version"]), world.run(["--version"]));
    let verbose = world.run(["version", "-v"]);
    for word in ["commit", "target", "aws-sdk-kinesis"] {
        assert!(verbose.contains(word), "{verbose}");
    }
    let build = json(&world, &["version"], &[]);
    let lock = std::fs::read_to_string(crate::support::repository().join("Cargo.lock")).expect("the lock file");
    let version = build["sdk"]["aws-config"].as_str().expect("a version");
    assert!(lock.contains(&format!("name = \"aws-config\"\nversion = \"{version}\"")), "{version}");
    assert_eq!(build["target"].as_str().map(|target| target.matches('-').count() >= 2), Some(true), "{build}");
}

#[test]
fn colors_are_as_asked_for_in_help_errors_and_results() {
    let world = World::new();
    let colored = |args: &[&str]| {
        let output = world.command().args(args).env("CLICOLOR_FORCE", "1").output().expect("the binary starts");
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    for args in [vec!["--help"], vec!["deplyo"], vec!["outputs", "--region", "nowhere"], vec!["explain", "ordering"]] {
        let with = |color: &str| colored(&[args.as_slice(), &["--color", color]].concat());
        assert!(with("always") && with("auto") && !with("never"), "{args:?}");
    }
}
