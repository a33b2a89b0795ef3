//! The HTTP client for requests without an SDK client.

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::trust::Trust;
use crate::base::error::Result;

/// HTTP/1.1 over kept connections, without redirects and proxies.
pub type HttpsClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Returns a client for `to`, which may be an `http` or an `https` address.
///
/// # Errors
/// `Io` if `to` needs TLS and there are no certificate authorities to verify it with.
pub fn https_client(trust: &Trust, to: &Uri) -> Result<HttpsClient> {
    let connector =
        HttpsConnectorBuilder::new().with_tls_config(trust.client_config(to)?).https_or_http().enable_http1().build();
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}
