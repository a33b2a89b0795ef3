//! The endpoints of requests, and the credentials that are sent to them.

use super::{account, transcript, with_keys, with_profiles};
use crate::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_files_endpoint_gets_no_real_credentials() {
    let (world, aws) = (World::new(), account().await);
    world.write("outboxctl.toml", &format!("region = \"us-east-1\"\nendpoint_url = \"{}\"\n", aws.url));
    let mut command = with_keys(&world, "");
    command.env("AWS_SESSION_TOKEN", "TOKENOFSHELL");
    let out = transcript(&world, command, &["outputs"]);
    assert_eq!(aws.credentials(), ["test"], "{out}");
}

#[test]
fn a_files_endpoint_is_on_this_machine() {
    let world = World::new();
    for url in ["https://evil.example", "http://127.evil.example", "http://127.0.0.1@evil.example"] {
        world.write("outboxctl.toml", &format!("region = \"us-east-1\"\nendpoint_url = \"{url}\"\n"));
        let out = transcript(&world, with_keys(&world, ""), &["outputs"]);
        assert!(out.starts_with("exit: 2\n") && out.contains("[ROOT]/work/outboxctl.toml"), "{url}: {out}");
    }
}

#[test]
fn requests_over_http_to_another_machine_are_not_signed() {
    let world = World::new();
    let (flag, variable) = (Some("--endpoint-url"), Some("AWS_ENDPOINT_URL"));
    for (flag, variable) in [(flag, None), (None, variable), (None, Some("AWS_ENDPOINT_URL_CLOUDFORMATION"))] {
        let mut command = with_keys(&world, "");
        command.env("AWS_REGION", "us-east-1").arg("outputs");
        if let Some(flag) = flag {
            command.args([flag, "http://emulator.invalid"]);
        }
        if let Some(variable) = variable {
            command.env(variable, "http://emulator.invalid");
        }
        let out = transcript(&world, command, &[]);
        assert!(out.starts_with("exit: 2\n") && out.contains("not encrypted"), "{flag:?} {variable:?}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_profiles_endpoint_counts() {
    let (world, aws) = (World::new(), account().await);
    let keys = "region = us-east-1\naws_access_key_id = KEYOFPROFILE\naws_secret_access_key = s\n";
    let general = format!("[profile p]\n{keys}endpoint_url = {}\n", aws.url);
    let services =
        format!("[profile p]\n{keys}services = s\n[services s]\ncloudformation =\n  endpoint_url = {}\n", aws.url);
    for profiles in [general, services] {
        let out = transcript(&world, with_profiles(&world, &profiles), &["outputs", "--profile", "p"]);
        assert!(out.contains("not-deployed"), "{out}");
    }
    assert_eq!(aws.credentials(), ["KEYOFPROFILE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_services_variable_counts_and_an_empty_one_does_not() {
    let (world, aws) = (World::new(), account().await);
    let mut command = with_keys(&world, "");
    command.env("AWS_REGION", "us-east-1").env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    command.env("AWS_ENDPOINT_URL_CLOUDFORMATION", &aws.url);
    let out = transcript(&world, command, &["outputs"]);
    assert!(out.contains("not-deployed"), "{out}");

    let mut command = with_keys(&world, "");
    command.env("AWS_REGION", "us-east-1").env("AWS_ENDPOINT_URL", &aws.url).env("AWS_ENDPOINT_URL_CLOUDFORMATION", "");
    let out = transcript(&world, command, &["outputs"]);
    assert!(out.contains("not-deployed"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_endpoint_is_asked_without_proxy_and_fips() {
    let (world, aws) = (World::new(), account().await);
    let mut command = with_keys(&world, "");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    command.env("AWS_USE_FIPS_ENDPOINT", "true").env("AWS_USE_DUALSTACK_ENDPOINT", "true");
    let out = transcript(&world, command, &["outputs", "--region", "us-east-1", "--endpoint-url", &aws.url]);
    assert!(out.contains("not-deployed"), "{out}");
}

#[test]
fn an_invalid_url_is_named() {
    let world = World::new();
    for (variable, value) in [("AWS_ENDPOINT_URL", "abc"), ("AWS_ENDPOINT_URL_SQS", "127.0.0.1:4566")] {
        let mut command = with_keys(&world, "");
        command.env("AWS_REGION", "us-east-1").env(variable, value);
        let out = transcript(&world, command, &["outputs"]);
        assert!(out.starts_with("exit: 2\n") && out.contains("is not an http or https URL"), "{variable}: {out}");
    }
}
