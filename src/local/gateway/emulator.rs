//! Requests to the emulator behind the gateway.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::de::DeserializeOwned;

use super::ApiRequest;
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::listener;

/// Bodies of both directions: streamed unless they have to be inspected.
pub type Body = BoxBody<Bytes, listener::BoxError>;

/// Header with the secret that the emulator's launcher requires in every request: its port is open to the whole
/// machine.
const SECRET_HEADER: &str = "x-outboxctl-emulator";
/// Marks an unsigned request: the launcher lets it reach the public routes of APIs and functions, nothing else.
pub const UNSIGNED_HEADER: &str = "x-outboxctl-unsigned";
/// Marks a request that is signed with a session of a role: the launcher lets it reach the services, which verify it,
/// and none of the emulator's own addresses, which do not.
pub const SESSION_HEADER: &str = "x-outboxctl-session";
/// Names the AWS service for which the gateway assumes a role, with the source that it names and its place in a VPC:
/// JSON in Base64.
pub const SERVICE_HEADER: HeaderName = HeaderName::from_static("x-outboxctl-service");
/// Header of a launcher's response: the caller is in a VPC from which the service is not reachable.
pub const UNREACHABLE_HEADER: &str = "x-outboxctl-unreachable";
/// Marks a request whose body the gateway changed after it was signed: the launcher checks the caller's rights, and not
/// the signature.
pub const CHANGED_HEADER: &str = "x-outboxctl-changed";
/// Marks a read for an event source mapping, which Lambda makes less often than the local stack.
pub const MAPPING_HEADER: &str = "x-outboxctl-mapping";

/// Returns the value of [`SERVICE_HEADER`].
///
/// # Errors
/// `Unexpected` if it can't be in a header.
pub fn as_header(value: &serde_json::Value) -> Result<HeaderValue> {
    HeaderValue::from_str(&STANDARD.encode(value.to_string())).or_fail(Kind::Unexpected, || "a header's value".into())
}

/// A connection pool to the emulator.
#[derive(Clone)]
pub struct Emulator {
    url: String,
    secret: HeaderValue,
    client: Client<HttpConnector, Body>,
}

impl Emulator {
    /// Connects to `url`, like `http://127.0.0.1:4567`, without a path; `secret` is the launcher's.
    ///
    /// # Errors
    /// `Unexpected` if the secret can't be in a header.
    pub fn new(url: impl Into<String>, secret: &str) -> Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let mut secret = HeaderValue::from_str(secret).or_fail(Kind::Unexpected, || "the emulator's secret".into())?;
        secret.set_sensitive(true);
        Ok(Self { url: url.into(), secret, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    /// Passes a request on unchanged, with host name, signature and body, and returns the response unread.
    ///
    /// # Errors
    /// `Unreachable` if the emulator does not answer.
    pub async fn forward(&self, mut request: Request<Body>) -> Result<Response<Incoming>> {
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
        let uri = format!("{}{path}", self.url);
        *request.uri_mut() = uri.parse::<Uri>().or_fail(Kind::Unexpected, || format!("{uri} is not a URI"))?;
        // Hop-by-hop: each side of the gateway has its own connection.
        for name in [header::CONNECTION, header::UPGRADE] {
            request.headers_mut().remove(name);
        }
        request.headers_mut().insert(SECRET_HEADER, self.secret.clone());
        // The endpoint stands where AWS ends TLS: policies that require `aws:SecureTransport` are satisfied.
        request.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
        *request.version_mut() = http::Version::HTTP_11;
        self.client.request(request).await.map_err(|error| {
            Error::new(Kind::Unreachable, format!("the emulator at {} does not answer", self.url)).with_source(error)
        })
    }

    /// Sends a request to one of the launcher's own addresses, which no request from outside reaches.
    ///
    /// # Errors
    /// `Unreachable` if the emulator does not answer, `Unexpected` if the response is not JSON.
    pub async fn ask<T: DeserializeOwned>(&self, path: &str, question: &serde_json::Value) -> Result<T> {
        let mut request = Request::new(full(question.to_string()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = path.parse().or_fail(Kind::Unexpected, || format!("{path} is not a path"))?;
        let body = self.forward(request).await?.into_body().collect().await;
        let body = body.or_fail(Kind::Unreachable, || "the emulator's answer broke off".into())?;
        serde_json::from_slice(&body.to_bytes())
            .or_fail(Kind::Unexpected, || format!("the emulator's answer to {path}"))
    }

    /// Passes a request to one of our services on to the emulator.
    ///
    /// # Errors
    /// `Unreachable` if the emulator does not answer, or breaks off.
    pub async fn send(&self, request: &ApiRequest) -> Result<Response<Bytes>> {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let mut forwarded = Request::new(full(request.body.clone()));
        *forwarded.method_mut() = request.method.clone();
        *forwarded.uri_mut() = format!("{}{query}", request.path)
            .parse()
            .or_fail(Kind::Unexpected, || format!("{} is not a path", request.path))?;
        *forwarded.headers_mut() = request.headers.clone();
        if request.changed {
            forwarded.headers_mut().insert(CHANGED_HEADER, HeaderValue::from_static("1"));
        }
        // A service may have changed the body.
        forwarded.headers_mut().remove(header::TRANSFER_ENCODING);
        forwarded.headers_mut().insert(header::CONTENT_LENGTH, request.body.len().into());
        let (mut head, body) = self.forward(forwarded).await?.into_parts();
        // The body is complete now.
        head.headers.remove(header::TRANSFER_ENCODING);
        let body = body.collect().await.or_fail(Kind::Unreachable, || "the emulator's answer broke off".into())?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// Returns a body that is complete.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}
