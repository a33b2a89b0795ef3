//! Requests to an API behind API Gateway, signed with SigV4 (`execute-api`): the SDK has no client for a user's API.

use std::time::Duration;

use aws_sigv4::http_request::{SignableBody, SignableRequest};
use bytes::Bytes;
use http::Method;
use http::header::{CONTENT_TYPE, HOST};
use http_body_util::{BodyExt, Full, Limited};

use super::https::{HttpsClient, https_client};
use super::{Clients, signing};
use crate::base::error::{Error, Kind, OrFail, Result, kind_of};
use crate::settings::is_loopback_host;

/// API Gateway ends a request after 29 s by default; a little more, so that its own answer arrives.
const DEADLINE: Duration = Duration::from_secs(31);
/// API Gateway's payload limit.
const MAX_BODY: usize = 10 << 20;

/// The domains of AWS's partitions (botocore's partitions.json).
const AWS_SUFFIXES: [&str; 7] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
];

/// The answer of an API.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// AWS's error code if API Gateway itself refused the request (`x-amzn-errortype`).
    pub code: Option<String>,
    pub body: Bytes,
}

impl Answer {
    /// Returns the kind of an answer that is not a success. A signature that API Gateway does not accept counts as a
    /// credentials error, although its status is that of a denied request.
    pub fn error_kind(&self) -> Kind {
        match (self.status, self.code.as_deref().map(kind_of)) {
            (401 | 403, Some(Kind::Credentials)) => Kind::Credentials,
            (401 | 403, _) => Kind::AccessDenied,
            _ => Kind::Failed,
        }
    }
}

/// An API, by its base address.
pub struct Api {
    clients: Clients,
    base: String,
    /// Destination of the requests: the API's own address, or the endpoint's with the API's path.
    target: String,
    /// The API's host name, by which an emulator finds the API.
    host: String,
    /// The host that requests are signed for: their destination, or the API's name if both are on this machine. The
    /// endpoint chooses the API's address, and a signature for an address elsewhere could be used there.
    signed_host: String,
    http: HttpsClient,
}

impl Api {
    /// Creates a client for the API at `url`, the output `ApiUrl` of its stack.
    ///
    /// # Errors
    /// `Unexpected` if `url` is not an address of API Gateway in the region, `Io` if the system has no certificate
    /// authorities.
    pub fn new(clients: &Clients, url: &str) -> Result<Self> {
        let no_url = || format!("the API's address {url:?} is not a URL");
        let uri: http::Uri = url.parse().or_fail(Kind::Unexpected, no_url)?;
        let authority = |uri: &http::Uri| uri.authority().map(|a| a.as_str().to_owned()).unwrap_or_default();
        let (target, signed_host) = match &clients.endpoint_url {
            Some(endpoint) => {
                let origin: http::Uri =
                    endpoint.parse().or_fail(Kind::Usage, || format!("{endpoint:?} is not a URL"))?;
                // The local stack verifies the signature against the Host header, which names the API.
                let here = uri.host().is_some_and(is_loopback_host) && origin.host().is_some_and(is_loopback_host);
                let signed_host = authority(if here { &uri } else { &origin });
                (format!("{}{}", endpoint.trim_end_matches('/'), uri.path()), signed_host)
            }
            None if is_api_of(&uri, clients.region()) => (url.to_owned(), authority(&uri)),
            None => {
                let message = format!("{url:?} is not an API Gateway address of region {}", clients.region());
                return Err(Error::new(Kind::Unexpected, message));
            }
        };
        let to: http::Uri = target.parse().or_fail(Kind::Unexpected, || format!("{target:?} is not a URL"))?;
        Ok(Self {
            clients: clients.clone(),
            base: url.trim_end_matches('/').to_owned(),
            target: target.trim_end_matches('/').to_owned(),
            host: authority(&uri),
            signed_host,
            http: https_client(clients.trust(), &to)?,
        })
    }

    /// Sends a request with a JSON body; `headers` are added to those of every request.
    ///
    /// On the local stack the API's own host name does not resolve: the request goes to the endpoint, with the name in
    /// the `Host` header.
    ///
    /// # Errors
    /// `Credentials` if there are none, `Unreachable` without an answer. An answer with an error status is not an
    /// error.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer> {
        let url = format!("{}{path}", self.base);
        let target = format!("{}{path}", self.target);
        let mut request = http::Request::builder().method(&method).uri(&target);
        request = request.header(HOST, &self.host).header(CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.clone())));
        let mut request = request.or_fail(Kind::Unexpected, || format!("the request to {url} could not be made"))?;
        let headers = [("host", self.signed_host.as_str()), ("content-type", "application/json")].into_iter();
        let signable = SignableRequest::new(method.as_str(), &target, headers, SignableBody::Bytes(&body))
            .or_fail(Kind::Unexpected, || format!("the request to {url} could not be signed"))?;
        let (credentials, region) = (self.clients.api_credentials(), self.clients.region());
        let signature = signing::sign(credentials, region, "execute-api", signable).await?;
        signature.apply_to_request_http1x(&mut request);
        let unreachable = || format!("{method} {url}: no answer");
        let answer = tokio::time::timeout(DEADLINE, async {
            let response = self.http.request(request).await.or_fail(Kind::Unreachable, unreachable)?;
            let status = response.status().as_u16();
            let code = response.headers().get("x-amzn-errortype").and_then(|code| code.to_str().ok());
            // Some services append an address.
            let code = code.and_then(|code| code.split(':').next()).map(str::to_owned);
            let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
            let body =
                body.map_err(|source| Error::new(Kind::Unreachable, unreachable()).with_source(source))?.to_bytes();
            Ok(Answer { status, code, body })
        });
        answer.await.unwrap_or_else(|_| Err(Error::new(Kind::Unreachable, unreachable())))
    }
}

/// Returns whether it is an address of API Gateway: `https://{id}.execute-api.{region}.{suffix}`. The suffix is the
/// partition's.
fn is_api_of(uri: &http::Uri, region: &str) -> bool {
    let host = uri.host().unwrap_or_default();
    let rest = host.split_once('.').filter(|(id, _)| id.chars().all(|c| c.is_ascii_alphanumeric()));
    let suffix = rest.and_then(|(_, rest)| rest.strip_prefix(&format!("execute-api.{region}.")));
    uri.scheme_str() == Some("https") && suffix.is_some_and(|suffix| AWS_SUFFIXES.contains(&suffix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_api_gateway_in_the_region_are_signed_for() {
        let is = |url: &str| is_api_of(&url.parse().expect("a URL"), "eu-central-1");
        assert!(is("https://abc123.execute-api.eu-central-1.amazonaws.com/dev"));
        for url in [
            "http://abc123.execute-api.eu-central-1.amazonaws.com/dev",
            "https://abc123.execute-api.us-east-1.amazonaws.com/dev",
            "https://abc123.execute-api.eu-central-1.evil.com/dev",
            "https://dynamodb.eu-central-1.amazonaws.com/",
            "https://evil.com/abc.execute-api.eu-central-1.amazonaws.com",
        ] {
            assert!(!is(url), "{url}");
        }
    }

    #[test]
    fn a_refused_signature_is_a_credentials_error() {
        let kind =
            |status, code: Option<&str>| Answer { status, code: code.map(Into::into), body: Bytes::new() }.error_kind();
        for code in ["InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationTokenException"] {
            assert_eq!(kind(403, Some(code)), Kind::Credentials, "{code}");
        }
        assert_eq!(kind(403, Some("AccessDeniedException")), Kind::AccessDenied);
        assert_eq!([kind(403, None), kind(401, None)], [Kind::AccessDenied; 2]);
        assert_eq!(kind(500, Some("InvalidSignatureException")), Kind::Failed);
    }
}
