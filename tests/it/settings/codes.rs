//! AWS's codes that mean "sign in" end with 4.

use super::{transcript, with_keys};
use crate::support::World;
use outboxctl_test_support::aws::{Asked, FakeAws, error_xml};

fn expired(asked: &Asked) -> Option<(u16, String)> {
    // The access key carries the code: the script is a plain function.
    let code = asked.key.strip_prefix("KEY").unwrap_or_default();
    Some((403, error_xml(code, "m")))
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_that_mean_sign_in_end_with_4() {
    let aws = FakeAws::start(expired, None).await;
    for code in [
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidSignatureException",
        "IncompleteSignature",
        "MissingAuthenticationTokenException",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
    ] {
        let world = World::new();
        let mut command = with_keys(&world, "");
        command.env("AWS_ACCESS_KEY_ID", format!("KEY{code}"));
        let out = transcript(&world, command, &["outputs", "--region", "us-east-1", "--endpoint-url", &aws.url]);
        assert!(out.starts_with("exit: 4\n") && out.contains(code), "{code}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_is_not_enabled_is_named_as_a_possible_cause() {
    let aws = FakeAws::start(expired, None).await;
    for (code, is_possible) in [
        ("AuthFailure", true),
        ("InvalidAccessKeyId", true),
        ("InvalidClientTokenId", true),
        ("InvalidToken", true),
        ("OptInRequired", true),
        ("UnrecognizedClientException", true),
        ("ExpiredToken", false),
    ] {
        let world = World::new();
        let mut command = with_keys(&world, "");
        command.env("AWS_ACCESS_KEY_ID", format!("KEY{code}"));
        let out = transcript(&world, command, &["outputs", "--region", "me-south-1", "--endpoint-url", &aws.url]);
        assert!(out.starts_with("exit: 4\n"), "{code}: {out}");
        assert_eq!(out.contains("the account has not enabled the region"), is_possible, "{code}: {out}");
    }
}
