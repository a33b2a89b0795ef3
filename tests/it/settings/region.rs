//! The region of every command.

use super::with_profiles;
use crate::support::World;

#[test]
fn a_misspelt_region_is_named_without_a_hint_to_pass_one() {
    insta::assert_snapshot!(World::new().run(["outputs", "--region", "mars-1"]), @r#"
    exit: 4
    --- stdout
    --- stderr
    error: unknown AWS region "mars-1"; for example eu-central-1
      more: outboxctl explain region
    "#);
}

#[test]
fn a_region_of_another_partition_is_taken() {
    let out = World::new().run(["cost", "--region", "eusc-de-east-1"]);
    assert!(out.starts_with("exit: 0\n") && out.contains("eusc-de-east-1"), "{out}");
}

#[test]
fn cost_is_for_the_region_that_every_command_works_in() {
    let world = World::new();
    let region = |configure: &dyn Fn(&mut std::process::Command)| {
        let mut command = with_profiles(&world, "[default]\nregion = us-west-2\n[profile p]\nregion = eu-west-3\n");
        command.args(["cost", "--output", "json"]);
        configure(&mut command);
        let output = command.output().expect("the binary starts");
        let data: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        data["region"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(region(&|_| {}), "us-west-2");
    assert_eq!(
        region(&|command| {
            command.env("AWS_PROFILE", "p");
        }),
        "eu-west-3"
    );
    assert_eq!(
        region(&|command| {
            command.env("AWS_DEFAULT_REGION", "eu-central-1");
        }),
        "eu-central-1"
    );
    assert_eq!(
        region(&|command| {
            command.env("AWS_DEFAULT_REGION", "").env("AWS_REGION", "");
        }),
        "us-west-2"
    );
}
