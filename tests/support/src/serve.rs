//! Common part of the JSON services: a free port, and the operation of a request.

use aws_config::retry::RetryConfig;
use aws_credential_types::Credentials;
use axum::Router;
use axum::http::HeaderMap;

use crate::record::recorded;

/// The address of a fake, and the configuration of its clients.
pub struct Endpoint {
    pub url: String,
    pub credentials: Credentials,
    /// Without retries: the code under test has its own.
    pub retry: RetryConfig,
}

impl Endpoint {
    /// Serves the routes on a free port until the runtime ends.
    pub async fn serve(app: Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, recorded(app)).await });
        let credentials = Credentials::new("test", "test", None, None, "test");
        Self { url, credentials, retry: RetryConfig::disabled() }
    }
}

/// Returns the operation that the target header of a JSON service names.
pub fn operation(headers: &HeaderMap) -> String {
    let target = headers["x-amz-target"].to_str().expect("text");
    target.rsplit('.').next().unwrap_or_default().to_owned()
}
