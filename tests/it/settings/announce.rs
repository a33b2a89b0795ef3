//! Before something is changed, one line says where.

use super::{account, transcript, with_keys};
use crate::support::World;

/// Commands that change a deployment and find none. The others say it in their own tests: deploy, destroy, recover.
const CHANGING: &[&[&str]] = &[
    &["db", "init"],
    &["db", "purge", "--older-than", "7d"],
    &["dms", "start"],
    &["dms", "stop"],
    &["sample", "insert"],
    &["verify"],
    &["replay", "--all"],
    &["dlq", "redrive", "--all"],
    &["reconcile", "--repair"],
    &["ui", "--allow-write"],
    &["watch", "--cancel"],
    &["consume", "--pipeline", "rds-kinesis"],
];

#[tokio::test(flavor = "multi_thread")]
async fn every_changing_command_says_where() {
    let (world, aws) = (World::new(), account().await);
    for args in CHANGING {
        let mut command = with_keys(&world, "");
        command.args(["--region", "eu-west-1", "--stage", "team", "--endpoint-url", &aws.url]);
        let out = transcript(&world, command, args);
        let line = format!("stage team, account 111122223333, region eu-west-1, endpoint {}, as arn", aws.url);
        assert!(out.contains(&line), "{args:?}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_and_a_reading_command_do_not_print_the_account() {
    let (world, aws) = (World::new(), account().await);
    for args in [&["db", "init", "--dry-run"][..], &["outputs"]] {
        let mut command = with_keys(&world, "");
        command.args(["--region", "eu-west-1", "--endpoint-url", &aws.url]);
        let out = transcript(&world, command, args);
        assert!(!out.contains("account 111122223333"), "{args:?}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profile_and_a_parents_file_are_named() {
    let (world, aws) = (World::new(), account().await);
    let below = world.work().join("below");
    std::fs::create_dir(&below).expect("a folder");
    world.write("outboxctl.toml", "region = \"eu-west-1\"\nprofile = \"p\"\n[parameters]\nOpenApi = true\n");
    let profiles = "[profile p]\naws_access_key_id = KEYOFPROFILE\naws_secret_access_key = s\n";
    let mut command = super::with_profiles(&world, profiles);
    command.current_dir(below);
    let out = transcript(&world, command, &["dms", "start", "--endpoint-url", &aws.url]);
    assert!(out.contains("[ROOT]/work/outboxctl.toml sets profile = \"p\", OpenApi = \"true\""), "{out}");
    assert!(
        out.contains("profile p, as arn:aws:iam::111122223333:user/u, configured by [ROOT]/work/outboxctl.toml"),
        "{out}"
    );
}
