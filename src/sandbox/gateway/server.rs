//! The HTTP server: finds out whom a request is for, asks our services, passes the rest on.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use super::emulator::full;
use super::faults::{self, Fault, Strike};
use super::identify::{Identity, query_action};
use super::{ApiRequest, ApiResponse, Gateway, resources};
use crate::error::Error;

/// Bodies of both directions: streamed where nobody has to look inside.
pub type Body = BoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The largest body that one of our services reads (PutRecords takes 10 MiB, in base64 a third more).
const BODY_LIMIT: usize = 32 * 1024 * 1024;

/// Takes connections for as long as it is polled: also while the stack goes down, for work that has to finish.
pub async fn serve(gateway: Arc<Gateway>, listener: TcpListener) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(gateway.clone(), stream))),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                // Out of file descriptors, most likely: others end meanwhile.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        }
    }
}

/// The connection is to be cut without an answer: a fault that was asked for.
#[derive(Debug, thiserror::Error)]
#[error("cut on request")]
struct Cut;

async fn connection(gateway: Arc<Gateway>, stream: TcpStream) {
    // Only latency is lost where this fails.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let gateway = gateway.clone();
        async move { answer(&gateway, request).await }
    });
    let served = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}

async fn answer(gateway: &Arc<Gateway>, request: Request<Incoming>) -> Result<Response<Body>, Cut> {
    let (head, body) = request.into_parts();
    if let Some(path) = head.uri.path().strip_prefix("/_outboxctl/") {
        return Ok(own(gateway, &head.method, path, body).await);
    }
    let identity = Identity::of(&head);
    let writes = identity.writes_to_stream();
    let answer = dispatch(gateway, head, identity, body).await;
    if writes {
        gateway.stream_writes.send_modify(|count| *count += 1);
    }
    answer
}

async fn dispatch(
    gateway: &Arc<Gateway>,
    head: Parts,
    identity: Identity,
    body: Incoming,
) -> Result<Response<Body>, Cut> {
    let ours = gateway.services.iter().any(|service| service.name() == identity.service);
    let struck = gateway.faults.concern(&identity);
    if !ours && !struck {
        return Ok(pass_on(gateway, Request::from_parts(head, body.map_err(Into::into).boxed())).await);
    }
    let body = match read(body).await {
        Ok(body) => body,
        Err(refused) => return Ok(refused),
    };
    let request = ApiRequest {
        service: identity.service,
        target: identity.operation.or_else(|| query_action(&body)),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or("").to_owned(),
        method: head.method,
        headers: head.headers,
        body,
        region: identity.region.unwrap_or_else(|| gateway.region.clone()),
        account: gateway.account.to_owned(),
    };
    match gateway.faults.strike(&request) {
        Some(strike) => with_fault(gateway, &request, strike).await,
        None => Ok(ask(gateway, &request).await),
    }
}

async fn with_fault(gateway: &Arc<Gateway>, request: &ApiRequest, strike: Strike) -> Result<Response<Body>, Cut> {
    let answer = match strike.fault {
        Fault::Throttle => whole(faults::throttled(&request.service)),
        Fault::Error => whole(faults::failed(&request.service)),
        Fault::Drop => return Err(Cut),
        Fault::Late | Fault::Slow => ask(gateway, request).await,
        Fault::Partial => match faults::split(request) {
            Some(split) => {
                let answer = match &split.rest {
                    Some(rest) => Some(gather(ask(gateway, rest).await).await.map_err(|_| Cut)?),
                    None => None,
                };
                whole(split.merge(answer))
            }
            None => ask(gateway, request).await,
        },
    };
    tokio::time::sleep(strike.delay).await;
    if strike.fault == Fault::Late { Err(Cut) } else { Ok(answer) }
}

/// Offers a request to our services in turn; the emulator gets what none wants.
async fn ask(gateway: &Arc<Gateway>, request: &ApiRequest) -> Response<Body> {
    for service in gateway.services.iter().filter(|s| s.name() == request.service) {
        if let Some(response) = service.handle(gateway, request).await {
            return whole(response);
        }
    }
    match gateway.emulator.send(request).await {
        Ok(response) => response.map(full),
        Err(error) => unreachable_emulator(&error),
    }
}

async fn pass_on(gateway: &Gateway, request: Request<Body>) -> Response<Body> {
    match gateway.emulator.forward(request).await {
        Ok(response) => response.map(|body| body.map_err(Into::into).boxed()),
        Err(error) => unreachable_emulator(&error),
    }
}

fn unreachable_emulator(error: &Error) -> Response<Body> {
    // Retryable for every SDK, and true.
    whole(ApiResponse::error(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", error.message()))
}

/// An answer read whole.
async fn gather(response: Response<Body>) -> Result<ApiResponse, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = response.into_parts();
    Ok(ApiResponse { status: head.status, headers: head.headers, body: body.collect().await?.to_bytes() })
}

/// What is ours alone, below `/_outboxctl/`.
async fn own(gateway: &Arc<Gateway>, method: &Method, path: &str, body: Incoming) -> Response<Body> {
    let body = match read(body).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    whole(match path.split_once('/') {
        Some(("resources", action)) => resources::handle(gateway, action, &body).await,
        None if path == "faults" => gateway.faults.handle(method, &body),
        _ => ApiResponse::error(StatusCode::NOT_FOUND, "NotFound", "the gateway has no such path"),
    })
}

async fn read(body: Incoming) -> Result<Bytes, Response<Body>> {
    match Limited::new(body, BODY_LIMIT).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => {
            let status = if error.is::<http_body_util::LengthLimitError>() {
                StatusCode::PAYLOAD_TOO_LARGE
            } else {
                StatusCode::BAD_REQUEST
            };
            Err(whole(ApiResponse::error(status, "RequestEntityTooLarge", &error.to_string())))
        }
    }
}

fn whole(answer: ApiResponse) -> Response<Body> {
    let mut response = Response::new(full(answer.body));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}
