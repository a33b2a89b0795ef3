//! A POST of the event, as CloudEvents' structured mode has it; any 2xx is success.

use std::time::Duration;

use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::document;
use crate::error::{Error, Kind, OrFail, Result};
use crate::outbox::Message;

/// How much of a refusing answer is kept as the reason.
const KEPT: usize = 2_000;

/// Posts to one URL over kept connections. `Idempotency-Key` is the event's id; redirects are not followed.
#[derive(Debug)]
pub struct Post {
    url: http::Uri,
    timeout: Duration,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Post {
    /// # Errors
    /// `Usage` when it is no http or https URL.
    pub fn new(url: &str, timeout: Duration) -> Result<Self> {
        let uri: http::Uri = url.parse().or_fail(Kind::Usage, || format!("{url:?} is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(Error::new(Kind::Usage, format!("{url:?} is not an http or https URL")));
        }
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .or_fail(Kind::Io, || "the system's trusted certificates can't be read".into())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self { url: uri, timeout, client: Client::builder(TokioExecutor::new()).build(connector) })
    }

    pub(super) async fn run(&self, event: &Message) -> Result<(), String> {
        let request = http::Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/cloudevents+json")
            .header(header::USER_AGENT, concat!("outboxctl/", env!("CARGO_PKG_VERSION")))
            .header("idempotency-key", event.id.to_string())
            .body(Full::new(Bytes::from(document(event)?)))
            .map_err(|error| format!("the request could not be made: {error}"))?;
        let attempt = async {
            let response = self.client.request(request).await.map_err(|error| format!("no answer: {error}"))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), KEPT).collect().await.map(|body| body.to_bytes());
            if status.is_success() {
                return Ok(());
            }
            let said = body.map(|body| String::from_utf8_lossy(&body).trim().to_owned()).unwrap_or_default();
            Err(format!("{status}: {said}").trim_end_matches(": ").to_owned())
        };
        let limit = self.timeout;
        tokio::time::timeout(limit, attempt).await.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")))
    }
}
