//! Signing requests that no SDK client sends.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as sign_request};
use aws_sigv4::sign::v4;
use http::Request;
use outboxctl::internals::aws::AccessKey;

/// Adds the signature of the stack's key over method, address, host and body.
pub fn sign<B>(request: &mut Request<B>, body: &[u8], service: &str, key: &AccessKey) {
    let identity = key.credentials().into();
    let parameters = v4::SigningParams::builder().identity(&identity).region("us-east-1").name(service);
    let parameters =
        parameters.time(SystemTime::now()).settings(SigningSettings::default()).build().expect("parameters");
    let (method, url) = (request.method().to_string(), request.uri().to_string());
    let host = request.headers()["host"].to_str().expect("a host").to_owned();
    let headers = [("host", host.as_str())];
    let signable = SignableRequest::new(&method, &url, headers.into_iter(), SignableBody::Bytes(body));
    let (instructions, _) =
        sign_request(signable.expect("signable"), &parameters.into()).expect("a signature").into_parts();
    instructions.apply_to_request_http1x(request);
}
