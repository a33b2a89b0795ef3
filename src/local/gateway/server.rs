//! The HTTP server: identifies a request, offers it to our services, passes the rest on.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use hyper::service::service_fn;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::access::{self, Caller};
use super::content::{Content, Incoming, gather, read, whole};
use super::emulator::{
    Body, CHANGED_HEADER, SERVICE_HEADER, SESSION_HEADER, UNREACHABLE_HEADER, UNSIGNED_HEADER, full,
};
use super::faults::{self, Fault, Injection};
use super::identify::{Identity, query_action};
use super::protocol::Protocol;
use super::records::Copying;
use super::{ApiRequest, ApiResponse, Gateway, Service, refusal, resources, sessions};
use crate::base::error::Error;
use crate::listener::{self, Limits, Timed};
use crate::local::state::REGION;

/// Accepts connections for as long as it is polled: also while the stack stops, for work that has to finish.
pub async fn serve(gateway: Arc<Gateway>, listeners: Vec<TcpListener>) {
    let service = service_fn(move |request| {
        let gateway = gateway.clone();
        async move { answer(&gateway, request).await }
    });
    // Not cancelled: see above.
    listener::serve(listeners, Limits::default(), CancellationToken::new(), service).await;
}

/// Error that closes the connection without a response, for a requested fault.
#[derive(Debug, thiserror::Error)]
#[error("cut on request")]
struct Disconnect;

async fn answer(gateway: &Arc<Gateway>, request: Request<Timed>) -> Result<Response<Body>, Disconnect> {
    let (head, body) = request.into_parts();
    if let Some(refused) = access::refuse_pages(&head) {
        return Ok(whole(refused));
    }
    if let Some(path) = head.uri.path().strip_prefix("/_outboxctl/") {
        return Ok(match access::require_key(&head, &gateway.parts.key) {
            Some(refused) => whole(refused),
            None => own(gateway, &head.method, path, body).await,
        });
    }
    let exchange = gateway.parts.records.as_ref().and_then(|records| records.begin(&head));
    let body = Copying::request(body, exchange.as_ref());
    let mut response = dispatch(gateway, head, body).await?;
    remove_cors_headers(response.headers_mut());
    Ok(match exchange {
        Some(exchange) => exchange.of_response(response),
        None => response,
    })
}

/// Removes headers that would let pages of other origins read the response.
fn remove_cors_headers(headers: &mut HeaderMap) {
    let cors: Vec<_> = headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in cors {
        headers.remove(name);
    }
}

async fn dispatch(gateway: &Arc<Gateway>, mut head: Parts, body: Incoming) -> Result<Response<Body>, Disconnect> {
    let identity = Identity::of(&head);
    let (caller, body) = match admit(gateway, &head, &identity, body).await {
        Ok(admitted) => admitted,
        Err(refused) => return Ok(refused),
    };
    for ours in [UNSIGNED_HEADER, CHANGED_HEADER, SESSION_HEADER, SERVICE_HEADER.as_str()] {
        head.headers.remove(ours);
    }
    let by_role = matches!(caller, Caller::Session(_));
    if by_role {
        head.headers.insert(SESSION_HEADER, HeaderValue::from_static("1"));
    }
    let identity = match caller {
        Caller::Signed(_) | Caller::Session(_) => identity,
        Caller::Public => {
            head.headers.insert(UNSIGNED_HEADER, HeaderValue::from_static("1"));
            // A header that names an operation is ignored here.
            Identity::default()
        }
    };
    let writes = identity.writes_to_stream();
    let answer = if must_be_read(gateway, &identity) {
        match body.whole().await {
            Ok(body) => answer_or_fail(gateway, head, identity, body, by_role).await,
            Err(refused) => return Ok(refused),
        }
    } else {
        Ok(pass_on(gateway, head, &identity.service, body).await)
    };
    if writes {
        gateway.stream_writes.send_modify(|count| *count += 1);
    }
    if answer.as_ref().is_ok_and(|answer| answer.headers().contains_key(UNREACHABLE_HEADER)) {
        return no_response(gateway).await;
    }
    answer
}

/// Verifies the caller of a request; reads the body if its signature needs it.
///
/// # Errors
/// The response to a request that is not accepted.
async fn admit(
    gateway: &Gateway,
    head: &Parts,
    identity: &Identity,
    body: Incoming,
) -> Result<(Caller, Content), Response<Body>> {
    let refused = |why| whole(refusal::refused(why, identity, &head.headers));
    let caller = Caller::of(head, &gateway.parts.key).map_err(refused)?;
    let body = if caller.needs_body() { Content::Whole(read(body).await?) } else { Content::Streamed(body) };
    let key = match &caller {
        Caller::Session(signed) => {
            gateway.sessions.key(&gateway.emulator, signed).await.map_err(|failed| match failed {
                sessions::Failed::Refused(why) => refused(why),
                sessions::Failed::Unknown(error) => {
                    unreachable_emulator(Protocol::of(&identity.service, &head.headers), &error)
                }
            })?
        }
        Caller::Signed(_) | Caller::Public => gateway.parts.key.clone(),
    };
    let bytes = if let Content::Whole(bytes) = &body { bytes.as_ref() } else { &[] };
    caller.verify(head, bytes, &key).map_err(refused)?;
    if access::is_answer(head) && !is_small(&head.headers) {
        let text = "an answer to CloudFormation has a Content-Length of at most 4096 bytes";
        return Err(whole(ApiResponse::error(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", text)));
    }
    Ok((caller, body))
}

/// Delay before a connection times out: the connect timeout of the SDK in our functions by default
/// (`aws-smithy-runtime`, `default_plugins`).
const NO_CONNECTION: Duration = Duration::from_millis(3100);

/// Sends no response, as with an unreachable address.
async fn no_response<T>(gateway: &Gateway) -> Result<T, Disconnect> {
    let _ = tokio::time::timeout(NO_CONNECTION, gateway.cancel.cancelled()).await;
    Err(Disconnect)
}

/// Returns whether a body is no larger than CloudFormation accepts as the response of a custom resource: 4096 bytes
/// (CloudFormation user guide, "Custom resource response objects").
fn is_small(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.and_then(|text| text.parse::<u64>().ok()).is_some_and(|length| length <= 4096)
}

/// Returns whether one of our services or a fault needs to read a request.
fn must_be_read(gateway: &Gateway, identity: &Identity) -> bool {
    gateway.parts.services.iter().any(|service| service.name() == identity.service) || gateway.faults.may_hit(identity)
}

async fn answer_or_fail(
    gateway: &Arc<Gateway>,
    head: Parts,
    identity: Identity,
    body: Bytes,
    by_role: bool,
) -> Result<Response<Body>, Disconnect> {
    let request = ApiRequest {
        service: identity.service,
        target: identity.operation.or_else(|| query_action(&body)),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or("").to_owned(),
        method: head.method,
        headers: head.headers,
        body,
        region: identity.region.unwrap_or_else(|| REGION.to_owned()),
        by_role,
        changed: false,
    };
    match gateway.faults.inject(&request) {
        Some(injection) => with_fault(gateway, &request, injection).await,
        None => Ok(ask(gateway, &request).await),
    }
}

async fn with_fault(
    gateway: &Arc<Gateway>,
    request: &ApiRequest,
    injection: Injection,
) -> Result<Response<Body>, Disconnect> {
    let answer = match injection.fault {
        Fault::Throttle => whole(faults::throttled(request)),
        Fault::Error => whole(faults::failed(request)),
        Fault::Drop => return Err(Disconnect),
        Fault::Late | Fault::Slow => ask(gateway, request).await,
        Fault::Partial => match faults::split(request) {
            Some(split) => {
                let answer = match &split.rest {
                    Some(rest) => Some(gather(ask(gateway, rest).await).await.map_err(|_| Disconnect)?),
                    None => None,
                };
                whole(split.merge(answer))
            }
            None => ask(gateway, request).await,
        },
    };
    tokio::time::sleep(injection.delay).await;
    if injection.fault == Fault::Late { Err(Disconnect) } else { Ok(answer) }
}

/// Offers a request to our services in turn; the emulator gets the rest.
async fn ask(gateway: &Arc<Gateway>, request: &ApiRequest) -> Response<Body> {
    // Requests that are answered here alone are not authorized by the emulator: roles of a pipeline may not make them.
    let ours = |service: &&Arc<dyn Service>| {
        service.name() == request.service && (!request.by_role || service.defers_authorization())
    };
    for service in gateway.parts.services.iter().filter(ours) {
        if let Some(response) = service.handle(gateway, request).await {
            return whole(response);
        }
    }
    match gateway.emulator.send(request).await {
        Ok(response) => response.map(full),
        Err(error) => unreachable_emulator(Protocol::of(&request.service, &request.headers), &error),
    }
}

async fn pass_on(gateway: &Gateway, mut head: Parts, service: &str, body: Content) -> Response<Body> {
    let protocol = Protocol::of(service, &head.headers);
    let body = match body {
        Content::Streamed(body) => body.boxed(),
        Content::Whole(body) => {
            head.headers.remove(header::TRANSFER_ENCODING);
            head.headers.insert(header::CONTENT_LENGTH, body.len().into());
            full(body)
        }
    };
    match gateway.emulator.forward(Request::from_parts(head, body)).await {
        Ok(response) => response.map(|body| body.map_err(Into::into).boxed()),
        Err(error) => unreachable_emulator(protocol, &error),
    }
}

fn unreachable_emulator(protocol: Protocol, error: &Error) -> Response<Body> {
    // Retryable for every SDK, and true.
    whole(protocol.error(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", error.message()))
}

/// Handles the gateway's own addresses, below `/_outboxctl/`.
async fn own(gateway: &Arc<Gateway>, method: &Method, path: &str, body: Timed) -> Response<Body> {
    let body = match read(Copying::request(body, None)).await {
        Ok(body) => body,
        Err(refused) => return refused,
    };
    whole(match path.split_once('/') {
        Some(("resources", action)) => resources::handle(gateway, action, &body).await,
        None if path == "faults" => gateway.faults.handle(method, &body),
        None if path == "visible" && method == Method::POST => end_visibility_timeouts(gateway).await,
        _ => ApiResponse::error(StatusCode::NOT_FOUND, "NotFound", "path not found"),
    })
}

/// Makes the messages of all queues visible that were received and not deleted, as if their visibility timeouts had
/// passed: for tests, which do not wait for them.
async fn end_visibility_timeouts(gateway: &Gateway) -> ApiResponse {
    match gateway.emulator.ask::<Value>("/_outboxctl/visible", &json!({})).await {
        Ok(counted) => ApiResponse::rest(StatusCode::OK, &counted),
        Err(error) => ApiResponse::error(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", error.message()),
    }
}
