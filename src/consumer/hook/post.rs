//! A POST of the event in CloudEvents' structured mode; any 2xx status is success.

use std::time::Duration;

use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, Full, Limited};

use super::{KEPT, document, reason};
use crate::aws::trust::Trust;
use crate::aws::{HttpsClient, https_client};
use crate::base::error::{Error, Kind, OrFail, Result};
use crate::outbox::Message;

/// Maximum time to read the rest of a successful response.
const DRAINED: Duration = Duration::from_millis(200);

/// Posts to one URL over persistent connections. `Idempotency-Key` is the event's id; redirects are not followed.
#[derive(Debug)]
pub struct Post {
    url: http::Uri,
    timeout: Duration,
    client: HttpsClient,
}

impl Post {
    /// # Errors
    /// `Usage` if it is not an http or https URL.
    pub fn new(url: &str, timeout: Duration) -> Result<Self> {
        let uri: http::Uri = url.parse().or_fail(Kind::Usage, || format!("{url:?} is not a URL"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(Error::new(Kind::Usage, format!("{url:?} is not an http or https URL")));
        }
        let client = https_client(&Trust::System, &uri)?;
        Ok(Self { url: uri, timeout, client })
    }

    pub(super) async fn run(&self, event: &Message) -> Result<(), String> {
        let request = http::Request::post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/cloudevents+json")
            .header(header::USER_AGENT, concat!("outboxctl/", env!("CARGO_PKG_VERSION")))
            .header("idempotency-key", event.id.to_string())
            .body(Full::new(Bytes::from(document(event)?)))
            .map_err(|error| format!("the request could not be created: {error}"))?;
        let attempt = async {
            let response = self.client.request(request).await.map_err(|error| format!("no answer: {error}"))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), KEPT).collect();
            if status.is_success() {
                // Read to its end so that the connection can be reused; errors are ignored.
                let _ = tokio::time::timeout(DRAINED, body).await;
                return Ok(());
            }
            let body = body.await.map(|body| body.to_bytes()).unwrap_or_default();
            Err(reason(status, &body))
        };
        let limit = self.timeout;
        tokio::time::timeout(limit, attempt).await.unwrap_or_else(|_| Err(format!("no answer within {limit:?}")))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use futures_util::StreamExt;
    use futures_util::stream::{once, pending};

    use super::*;
    use crate::consumer::event::tests::message;

    /// A target that answers and then keeps its body open.
    #[tokio::test]
    async fn a_successful_status_counts_before_the_body_ends() {
        let endless = || async {
            let first = once(async { Ok::<_, Infallible>(Bytes::from_static(b"taken")) });
            Body::from_stream(first.chain(pending()))
        };
        let app = axum::Router::new().route("/", axum::routing::post(endless));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let post = Post::new(&url, Duration::from_secs(5)).expect("a URL");
        assert_eq!(post.run(&message(1, "p1", 4)).await, Ok(()));
    }
}
