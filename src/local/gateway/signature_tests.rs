use std::time::SystemTime;

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::Request;

use super::*;

fn key() -> AccessKey {
    AccessKey::new("LOCAL0123456789ABCDE", "secret")
}

/// Returns a request as the SDK signs it.
fn signed_by_sdk(service: &str, uri: &str, body: &[u8], settings: SigningSettings) -> Request<()> {
    let identity = key().credentials().into();
    let parameters = v4::SigningParams::builder().identity(&identity).region("eu-west-1").name(service);
    let parameters = parameters.time(SystemTime::now()).settings(settings).build().unwrap();
    let headers = [("host", "localhost:4566"), ("x-amz-meta-note", " two  words ")];
    let url = format!("http://localhost:4566{uri}");
    let signable = SignableRequest::new("PUT", &url, headers.into_iter(), SignableBody::Bytes(body)).unwrap();
    let (instructions, _) = sign(signable, &parameters.into()).unwrap().into_parts();
    let mut request = Request::builder().method("PUT").uri(&url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let mut request = request.body(()).unwrap();
    instructions.apply_to_request_http1x(&mut request);
    // As received over a connection: without scheme and host.
    *request.uri_mut() = request.uri().path_and_query().unwrap().as_str().parse().unwrap();
    request
}

fn verified(request: Request<()>, body: &[u8], key: &AccessKey, now: DateTime<Utc>) -> Result<(), Refusal> {
    let head = request.into_parts().0;
    let signed = Signed::of(&head)?.ok_or(Refusal::Unsigned)?;
    signed.verify(&head, body, key, now)
}

fn in_query() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(std::time::Duration::from_secs(60));
    settings
}

#[test]
fn requests_of_the_sdk_are_accepted() {
    let uris = ["/", "/a%20b/c%2Fd?x=1&y=%2F%20&z", "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations?Qualifier=1"];
    for uri in uris {
        for settings in [SigningSettings::default(), in_query()] {
            let request = signed_by_sdk("lambda", uri, b"{}", settings);
            assert_eq!(verified(request, b"{}", &key(), Utc::now()), Ok(()), "{uri}");
        }
        let mut s3 = SigningSettings::default();
        s3.percent_encoding_mode = PercentEncodingMode::Single;
        s3.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        s3.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        let request = signed_by_sdk("s3", uri, b"object", s3);
        let head = request.into_parts().0;
        let signed = Signed::of(&head).unwrap().unwrap();
        assert!(!signed.needs_body(), "the body's hash is in a header");
        assert_eq!(signed.verify(&head, b"", &key(), Utc::now()), Ok(()), "{uri}");
    }
}

#[test]
fn invalid_signatures_are_refused() {
    let request = || signed_by_sdk("lambda", "/a?x=1", b"{}", SigningSettings::default());
    let now = Utc::now();
    let other = AccessKey::new("LOCAL00000000000000X", "secret");
    assert_eq!(verified(request(), b"{}", &other, now), Err(Refusal::OtherKey));
    let wrong = AccessKey::new(key().id, "guessed");
    assert_eq!(verified(request(), b"{}", &wrong, now), Err(Refusal::Mismatch));
    assert_eq!(verified(request(), b"{1}", &key(), now), Err(Refusal::Mismatch), "another body");
    let mut moved = request();
    *moved.uri_mut() = "/b?x=1".parse().unwrap();
    assert_eq!(verified(moved, b"{}", &key(), now), Err(Refusal::Mismatch), "another path");
    assert_eq!(verified(request(), b"{}", &key(), now + TimeDelta::minutes(16)), Err(Refusal::Expired));
    assert_eq!(verified(request(), b"{}", &key(), now - TimeDelta::minutes(16)), Err(Refusal::Expired));
    let presigned = signed_by_sdk("lambda", "/", b"", in_query());
    assert_eq!(verified(presigned, b"", &key(), now + TimeDelta::seconds(62)), Err(Refusal::Expired));
}

#[test]
fn malformed_signatures_are_refused() {
    let refused = |uri: &str, authorization: Option<&str>| {
        let mut request = Request::builder().uri(uri).header("host", "localhost");
        if let Some(value) = authorization {
            request = request.header("authorization", value).header("x-amz-date", "20260101T000000Z");
        }
        Signed::of(&request.body(()).unwrap().into_parts().0)
    };
    assert_eq!(refused("/", None), Ok(None));
    assert_eq!(refused("/", Some("Bearer token")), Ok(None));
    for value in ["AWS test:0", "AWS4-HMAC-SHA256 Credential=test", "AWS4-ECDSA-P256-SHA256 Credential=a/b/c/d"] {
        assert_eq!(refused("/", Some(value)), Err(Refusal::Malformed), "{value}");
    }
    // Signed by name, but not the host: it could have been meant for another server.
    let without_host = "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request, SignedHeaders=x-amz-date, Signature=0";
    assert_eq!(refused("/", Some(without_host)), Err(Refusal::Malformed));
    for query in ["X-Amz-Signature=0", "x-amz-signature=0", "AWSAccessKeyId=test&Signature=0", "X-Amz-Credential=a"] {
        assert_eq!(refused(&format!("/?{query}"), None), Err(Refusal::Malformed), "{query}");
    }
}
