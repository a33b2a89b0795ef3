//! Accepts connections, with limits on the time for sending a request.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::select_all;
use http::{Request, Response};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::CancellationToken;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Maximum time for connections that are in use when the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

/// Time limits for clients.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For the head of a request; also for an idle connection.
    pub head: Duration,
    /// Between two parts of a body.
    pub body: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { head: Duration::from_secs(60), body: Duration::from_secs(30) }
    }
}

/// Serves until cancelled; open requests then have a few seconds to finish.
pub async fn serve<S, B>(listeners: Vec<TcpListener>, limits: Limits, cancel: CancellationToken, service: S)
where
    S: Service<Request<Timed>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let accepted = select_all(listeners.iter().map(|listener| Box::pin(listener.accept())));
        let accepted = tokio::select! {
            (accepted, ..) = accepted => accepted,
            () = cancel.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, limits, cancel.clone(), service.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Most likely out of file descriptors: other connections end in the meantime.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        // Completed connections are removed; otherwise the set would grow without bounds.
        while connections.try_join_next().is_some() {}
    }
    let ended = async { while connections.join_next().await.is_some() {} };
    // The remaining connections are dropped with the set.
    let _ = tokio::time::timeout(LAST_ANSWERS, ended).await;
}

async fn connection<S, B>(stream: TcpStream, limits: Limits, cancel: CancellationToken, service: S)
where
    S: Service<Request<Timed>, Response = Response<B>> + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    // A failure only affects latency.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        service.call(request.map(|body| Timed { body, limit: limits.body, deadline: None }))
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let mut served = std::pin::pin!(server.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = cancel.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection ended");
    }
}

/// The body of a request; fails if the next part takes too long.
pub struct Timed {
    body: Incoming,
    limit: Duration,
    /// Set while a part is awaited.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// The client stalled in the middle of a body.
#[derive(Debug, thiserror::Error)]
#[error("the request's body stalled for {} s", .0.as_secs_f32())]
struct Stalled(Duration);

impl Body for Timed {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            self.deadline = None;
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        let limit = self.limit;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + limit)));
        match deadline.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(Stalled(limit).into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Sends the text to a server with short limits and returns the answer until the connection is closed.
    async fn answer_to(text: &str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = Limits { head: Duration::from_millis(50), body: Duration::from_millis(50) };
        let cancel = CancellationToken::new();
        let service = service_fn(|request: Request<Timed>| async move {
            let status = if request.into_body().collect().await.is_ok() { 200 } else { 408 };
            let response = Response::builder().status(status).header("connection", "close");
            response.body(Full::new(Bytes::new()))
        });
        let server = tokio::spawn(serve(vec![listener], limits, cancel.clone(), service));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        cancel.cancel();
        server.await.unwrap();
        answer.lines().next().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn incomplete_requests_time_out() {
        assert!(!answer_to("GET / HTTP/1.1\r\nhost: x\r\n").await.contains("200"), "half a head");
        let half = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf";
        assert_eq!(answer_to(half).await, "HTTP/1.1 408 Request Timeout");
        let whole = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nall.";
        assert_eq!(answer_to(whole).await, "HTTP/1.1 200 OK");
    }
}
