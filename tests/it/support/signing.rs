//! Signing requests that no SDK client sends.

use std::time::SystemTime;

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign as sign_request};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use outboxctl::internals::aws::AccessKey;

use super::stack::Stack;

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

/// Sends a request to EC2, for which there is no SDK client here, and returns the answer.
pub async fn ec2(stack: &Stack, form: &str) -> String {
    let state = stack.state();
    let body = format!("{form}&Version=2016-11-15");
    let host = state.endpoint.trim_start_matches("http://").to_owned();
    let request = Request::builder().method("POST").uri(format!("{}/", state.endpoint)).header("host", host);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let mut request = request.body(Full::new(Bytes::from(body.clone()))).expect("a request");
    sign(&mut request, body.as_bytes(), "ec2", &state.key);
    let client: Client<HttpConnector, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(request).await.expect("an answer");
    String::from_utf8(answer.into_body().collect().await.expect("a body").to_bytes().to_vec()).expect("text")
}
