//! Requests to the emulator behind the gateway.

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::ApiRequest;
use super::server::Body;
use crate::error::{Error, Kind, OrFail, Result};

/// A connection pool to the emulator.
#[derive(Clone)]
pub struct Emulator {
    url: String,
    client: Client<HttpConnector, Body>,
}

impl Emulator {
    /// `url` like `http://127.0.0.1:4567`, without a path.
    pub fn new(url: impl Into<String>) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self { url: url.into(), client: Client::builder(TokioExecutor::new()).build(connector) }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Passes a request on as it came, host name, signature and body included, and hands back the answer unread.
    ///
    /// # Errors
    /// `Unreachable` when the emulator does not answer.
    pub async fn forward(&self, mut request: Request<Body>) -> Result<Response<Incoming>> {
        let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
        let uri = format!("{}{path}", self.url);
        *request.uri_mut() = uri.parse::<Uri>().or_fail(Kind::Unexpected, || format!("{uri} is no address"))?;
        // Hop-by-hop: each side of the gateway has a connection of its own.
        for name in [header::CONNECTION, header::UPGRADE] {
            request.headers_mut().remove(name);
        }
        // The endpoint stands where AWS ends TLS: policies that ask for `aws:SecureTransport` are satisfied.
        request.headers_mut().insert("x-forwarded-proto", HeaderValue::from_static("https"));
        *request.version_mut() = http::Version::HTTP_11;
        self.client.request(request).await.map_err(|error| {
            Error::new(Kind::Unreachable, format!("the emulator at {} does not answer", self.url)).with_source(error)
        })
    }

    /// The same request that one of our services was asked, to be answered by the emulator after all.
    ///
    /// # Errors
    /// `Unreachable` when the emulator does not answer, or not to the end.
    pub async fn send(&self, request: &ApiRequest) -> Result<Response<Bytes>> {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let mut forwarded = Request::new(full(request.body.clone()));
        *forwarded.method_mut() = request.method.clone();
        *forwarded.uri_mut() = format!("{}{query}", request.path)
            .parse()
            .or_fail(Kind::Unexpected, || format!("{} is no path", request.path))?;
        *forwarded.headers_mut() = request.headers.clone();
        // A service may have changed the body.
        forwarded.headers_mut().remove(header::TRANSFER_ENCODING);
        forwarded.headers_mut().insert(header::CONTENT_LENGTH, request.body.len().into());
        let (mut head, body) = self.forward(forwarded).await?.into_parts();
        // The body is whole now.
        head.headers.remove(header::TRANSFER_ENCODING);
        let body = body.collect().await.or_fail(Kind::Unreachable, || "the emulator's answer broke off".into())?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

/// A body that is all there.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}
