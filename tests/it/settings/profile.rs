//! A profile that was chosen by name wins or fails.

use std::os::unix::fs::PermissionsExt;

use super::{account, transcript, with_keys, with_profiles};
use crate::support::World;
use outboxctl_test_support::aws::{Asked, FakeAws, error_xml};

const OTHER: &str =
    "[profile other]\nregion = us-east-1\naws_access_key_id = KEYOFPROFILE\naws_secret_access_key = s\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_goes_before_keys_in_the_environment() {
    let (world, aws) = (World::new(), account().await);
    let mut command = with_keys(&world, OTHER);
    command.env("AWS_SESSION_TOKEN", "TOKENOFSHELL");
    let out = transcript(&world, command, &["outputs", "--profile", "other", "--endpoint-url", &aws.url]);
    assert_eq!(aws.credentials(), ["KEYOFPROFILE"], "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flag_that_names_no_profile_fails_and_asks_nothing() {
    let (world, aws) = (World::new(), account().await);
    let args = ["outputs", "--profile", "nope", "--region", "us-east-1", "--endpoint-url", &aws.url];
    let out = transcript(&world, with_keys(&world, OTHER), &args);
    assert!(out.starts_with("exit: 4\n"), "{out}");
    assert!(out.contains("AWS profile \"nope\" does not exist") && out.contains("profiles: other"), "{out}");
    assert_eq!(aws.asked(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_before_a_variables_profile_and_that_is_said() {
    let (world, aws) = (World::new(), account().await);
    let mut command = with_keys(&world, OTHER);
    command.env("AWS_PROFILE", "other");
    let out = transcript(&world, command, &["outputs", "--endpoint-url", &aws.url]);
    assert_eq!(aws.credentials(), ["KEYOFSHELL"]);
    assert!(out.contains("warning: AWS_ACCESS_KEY_ID takes precedence over profile other (from AWS_PROFILE)"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_before_the_files_profile_and_that_is_said() {
    let (world, aws) = (World::new(), account().await);
    world.write("outboxctl.toml", "profile = \"other\"\n");
    let out = transcript(&world, with_keys(&world, OTHER), &["outputs", "--endpoint-url", &aws.url]);
    assert_eq!(aws.credentials(), ["KEYOFSHELL"]);
    assert!(out.contains("takes precedence over profile other (from [ROOT]/work/outboxctl.toml)"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variables_profile_is_used_without_keys() {
    let (world, aws) = (World::new(), account().await);
    let mut command = with_profiles(&world, OTHER);
    command.env("AWS_PROFILE", "other");
    let out = transcript(&world, command, &["outputs", "--endpoint-url", &aws.url]);
    assert_eq!(aws.credentials(), ["KEYOFPROFILE"], "{out}");
}

#[test]
fn a_variable_that_names_no_profile_is_named() {
    let world = World::new();
    let mut command = with_profiles(&world, OTHER);
    command.env("AWS_PROFILE", "nope");
    let out = transcript(&world, command, &["outputs", "--region", "us-east-1"]);
    assert!(out.starts_with("exit: 4\n"), "{out}");
    assert!(out.contains("AWS profile \"nope\" (from AWS_PROFILE) does not exist"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flags_profile_may_assume_a_role() {
    let (world, aws) = (World::new(), account().await);
    let profiles = format!(
        "{OTHER}[profile role]\nregion = us-east-1\nrole_arn = arn:aws:iam::111122223333:role/r\nsource_profile = other\n"
    );
    let mut command = with_keys(&world, &profiles);
    command.env("AWS_ENDPOINT_URL", &aws.url);
    let out = transcript(&world, command, &["outputs", "--profile", "role"]);
    assert_eq!(aws.credentials(), ["KEYOFPROFILE", "KEYOFROLE", "t"], "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flags_profile_may_run_a_process() {
    let (world, aws) = (World::new(), account().await);
    let script = world.work().join("keys");
    let answer = r#"{"Version":1,"AccessKeyId":"KEYOFPROCESS","SecretAccessKey":"s"}"#;
    world.write("keys", &format!("#!/bin/sh\necho '{answer}'\n"));
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let profiles = format!("[profile process]\nregion = us-east-1\ncredential_process = {}\n", script.display());
    let args = ["outputs", "--profile", "process", "--endpoint-url", &aws.url];
    let out = transcript(&world, with_keys(&world, &profiles), &args);
    assert_eq!(aws.credentials(), ["KEYOFPROCESS"], "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_process_is_reported_without_the_wrappers_of_the_sdk() {
    let (world, aws) = (World::new(), account().await);
    let profiles =
        "[profile process]\nregion = us-east-1\ncredential_process = sh -c \"echo the session is over >&2; exit 1\"\n";
    let args = ["outputs", "--profile", "process", "--endpoint-url", &aws.url];
    let out = transcript(&world, with_keys(&world, profiles), &args);
    assert!(out.starts_with("exit: 4\n") && out.contains("the session is over"), "{out}");
    assert!(!out.contains("dispatch failure") && !out.contains("caused by: other"), "{out}");
    assert!(out.contains("check that the credential_process of profile process prints"), "{out}");
    assert!(!out.contains("aws sso login"), "{out}");
    assert_eq!(aws.asked(), Vec::<String>::new());
}

#[test]
fn a_profile_of_aws_login_is_understood() {
    let world = World::new();
    let profiles = "[profile p]\nregion = us-east-1\nlogin_session = arn:aws:iam::000000000000:user/x\n";
    let out = transcript(&world, with_profiles(&world, profiles), &["outputs", "--profile", "p"]);
    assert!(out.starts_with("exit: 4\n"), "{out}");
    assert!(out.contains("`aws login --profile p`") && !out.contains("cargo feature"), "{out}");
    assert!(!out.contains("aws sso login"), "{out}");
}

/// STS refuses the role, because its policy requires a session with MFA.
fn without_code(asked: &Asked) -> Option<(u16, String)> {
    let text = "User: arn:aws:iam::111122223333:user/u is not authorized to perform: sts:AssumeRole";
    (asked.operation == "AssumeRole").then(|| (403, error_xml("AccessDenied", text)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_with_mfa_is_explained_where_its_role_is_refused() {
    let (world, aws) = (World::new(), FakeAws::start(without_code, None).await);
    let role = "role_arn = arn:aws:iam::111122223333:role/r\nmfa_serial = arn:aws:iam::111122223333:mfa/u\n";
    let profiles = format!("{OTHER}[profile role]\nregion = us-east-1\nsource_profile = other\n{role}");
    let mut command = with_profiles(&world, &profiles);
    command.env("AWS_ENDPOINT_URL", &aws.url);
    let out = transcript(&world, command, &["outputs", "--profile", "role"]);
    assert!(out.starts_with("exit: 4\n") && out.contains("sts:AssumeRole"), "{out}");
    assert!(out.contains("profile role requires an MFA code"), "{out}");
    assert!(out.contains("`aws configure export-credentials --profile role --format env"), "{out}");
    assert!(!out.contains("renew the access key"), "{out}");
}
