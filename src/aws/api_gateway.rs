//! Requests to an API behind API Gateway, signed with SigV4 (`execute-api`): the SDK has no client for a user's API.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HOST};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::Clients;
use crate::error::{Error, Kind, OrFail, Result};

/// API Gateway ends a request after 29 s by default; a little more, so that its own answer arrives.
const DEADLINE: Duration = Duration::from_secs(31);
/// API Gateway's payload limit.
const MAX_BODY: usize = 10 << 20;

/// An API's answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Bytes,
}

/// An API, by its base address.
pub struct Api {
    clients: Clients,
    base: String,
    host: String,
    http: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl Api {
    /// `url` is the API's address, as its stack's output `ApiUrl` has it.
    ///
    /// # Errors
    /// `Unexpected` when that is no URL, `Io` when the system's certificates can't be read.
    pub fn new(clients: &Clients, url: &str) -> Result<Self> {
        let no_url = || format!("the API's address {url:?} is not a URL");
        let uri: http::Uri = url.parse().or_fail(Kind::Unexpected, no_url)?;
        let connector = hyper_rustls::HttpsConnectorBuilder::new()
            .with_native_roots()
            .or_fail(Kind::Io, || "the system's trusted certificates can't be read".into())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            clients: clients.clone(),
            base: url.trim_end_matches('/').to_owned(),
            host: uri.authority().map(|a| a.as_str().to_owned()).unwrap_or_default(),
            http: Client::builder(TokioExecutor::new()).build(connector),
        })
    }

    /// Sends a request with a JSON body; `headers` go beside those that every request has.
    ///
    /// On the local stack the API's own host name does not resolve: the request goes to the endpoint, and the name into
    /// the `Host` header.
    ///
    /// # Errors
    /// `Credentials` when there are none, `Unreachable` when nothing answers. An answer with an error status is an
    /// answer.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer> {
        let url = format!("{}{path}", self.base);
        let uri: http::Uri = url.parse().or_fail(Kind::Unexpected, || format!("{url:?} is not a URL"))?;
        let target = match &self.clients.endpoint_url {
            Some(endpoint) => format!("{}{}", endpoint.trim_end_matches('/'), uri.path()),
            None => url.clone(),
        };
        let mut request = http::Request::builder().method(&method).uri(target);
        request = request.header(HOST, &self.host).header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.clone())));
        let mut request = request.or_fail(Kind::Unexpected, || format!("the request to {url} could not be made"))?;
        sign_request(&self.clients, (&method, &url), &self.host, &body, &mut request).await?;
        let unreachable = || format!("{method} {url}: no answer");
        let answer = tokio::time::timeout(DEADLINE, async {
            let response = self.http.request(request).await.or_fail(Kind::Unreachable, unreachable)?;
            let status = response.status().as_u16();
            let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
            let body =
                body.map_err(|source| Error::new(Kind::Unreachable, unreachable()).with_source(source))?.to_bytes();
            Ok(Answer { status, body })
        });
        answer.await.unwrap_or_else(|_| Err(Error::new(Kind::Unreachable, unreachable())))
    }
}

async fn sign_request<B>(
    clients: &Clients,
    (method, url): (&Method, &str),
    host: &str,
    body: &[u8],
    request: &mut http::Request<B>,
) -> Result<()> {
    let provider = clients.config().credentials_provider();
    let provider = provider.ok_or_else(|| Error::new(Kind::Credentials, "no credentials are configured"))?;
    let credentials = provider
        .provide_credentials()
        .await
        .or_fail(Kind::Credentials, || "no usable AWS credentials were found".into())?;
    let identity = credentials.into();
    let unsigned = || "the request could not be signed".to_owned();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(clients.region())
        .name("execute-api")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .or_fail(Kind::Unexpected, unsigned)?;
    let headers = [("host", host), ("content-type", "application/json")];
    let signable = SignableRequest::new(method.as_str(), url, headers.into_iter(), SignableBody::Bytes(body))
        .or_fail(Kind::Unexpected, unsigned)?;
    let (instructions, _) = sign(signable, &parameters.into()).or_fail(Kind::Unexpected, unsigned)?.into_parts();
    instructions.apply_to_request_http1x(request);
    Ok(())
}
