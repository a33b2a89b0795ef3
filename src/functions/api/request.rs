//! Checks common to every route, before the fields are read.

use aws_lambda_events::event::apigw::ApiGatewayV2httpRequest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::CONTENT_TYPE;
use http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::problem::Problem;
use crate::outbox::Traceparent;

/// Maximum bytes of a body: more than any route's fields can fill. A hundred lines with the longest SKUs take 85 kB, if
/// each character is escaped in JSON.
const MAX_BODY: usize = 128 * 1024;

/// Returns the JSON object in the body of a POST to `path`.
///
/// # Errors
/// The problem to answer with: 404, 405, 415, 413 or 400.
pub fn object(request: &ApiGatewayV2httpRequest, path: &str) -> Result<Map<String, Value>, Problem> {
    if !path_of(request).ends_with(path) {
        return Err(Problem::not_found("no resource at this path"));
    }
    if request.request_context.http.method != Method::POST {
        return Err(Problem::method_not_allowed("POST"));
    }
    body(request)
}

/// Returns the path without a trailing slash. It starts with the stage's name if the stage is not $default.
pub fn path_of(request: &ApiGatewayV2httpRequest) -> &str {
    let path = request.request_context.http.path.as_deref().or(request.raw_path.as_deref());
    path.unwrap_or("").trim_end_matches('/')
}

/// Returns the body's JSON object.
///
/// # Errors
/// The problem to answer with: 415, 413 or 400.
pub fn body(request: &ApiGatewayV2httpRequest) -> Result<Map<String, Value>, Problem> {
    if !is_json(request) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body must be application/json"));
    }
    let body = request.body.as_deref().unwrap_or("");
    if !request.is_base64_encoded {
        return parse(body.as_bytes());
    }
    match STANDARD.decode(body) {
        Ok(bytes) => parse(&bytes),
        Err(_) => Err(Problem::new(StatusCode::BAD_REQUEST, "the body is marked as base64 and is not")),
    }
}

fn is_json(request: &ApiGatewayV2httpRequest) -> bool {
    let value = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let media_type = value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Problem> {
    let bad = |detail: String| Problem::new(StatusCode::BAD_REQUEST, detail);
    if bytes.len() > MAX_BODY {
        let detail = format!("the body has {} bytes; at most {MAX_BODY} are allowed", bytes.len());
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(bad("the body is empty; a JSON object is expected".into()));
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(bad("a JSON object is expected".into())),
        Err(error) => {
            Err(bad(format!("the body is not valid JSON at line {} column {}", error.line(), error.column())))
        }
    }
}

/// Returns the caller's trace, or a new one.
pub fn traceparent(request: &ApiGatewayV2httpRequest) -> Traceparent {
    let header = request.headers.get("traceparent").and_then(|value| value.to_str().ok());
    header.and_then(Traceparent::parse).unwrap_or_else(Traceparent::generate)
}

/// Reads as [`body`]; empty if the request has no body.
///
/// # Errors
/// Those of [`body`].
pub fn optional_body(request: &ApiGatewayV2httpRequest) -> Result<Map<String, Value>, Problem> {
    if request.body.as_deref().unwrap_or("").is_empty() { Ok(Map::new()) } else { body(request) }
}

/// Returns a header of 1 to 128 visible ASCII characters; `None` if it is absent.
///
/// # Errors
/// The problem that names the header.
pub fn token(request: &ApiGatewayV2httpRequest, name: &str) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers.get(name) else { return Ok(None) };
    match value.to_str().map(str::trim) {
        Ok(text) if (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(text.to_owned()))
        }
        _ => Err(Problem::new(StatusCode::BAD_REQUEST, format!("{name} must have 1 to 128 visible ASCII characters"))),
    }
}

/// Returns the caller's correlation id, which is copied to the event.
///
/// # Errors
/// The header is malformed.
pub fn correlation_id(request: &ApiGatewayV2httpRequest) -> Result<Option<String>, Problem> {
    token(request, "x-correlation-id")
}

/// Returns the parts of the path after `root`; `None` if `root` is not a part of it.
pub fn parts_after<'a>(request: &'a ApiGatewayV2httpRequest, root: &str) -> Option<Vec<&'a str>> {
    let mut parts = path_of(request).split('/').filter(|part| !part.is_empty());
    // The stage's name may be the first part.
    parts.find(|part| *part == root)?;
    Some(parts.collect())
}
