//! Errors as RFC 9457 problem details. They reveal no internals: the details are in the log.

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::json;

use crate::base::error::{Error, Kind};
use crate::postgres::without_rows;

/// An invalid field of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) as a URI fragment, as in RFC 9457's own example.
    pub pointer: String,
    pub detail: String,
}

impl FieldError {
    /// Returns the error of a field; `path` is the JSON Pointer of the object that has it; "" for the body itself.
    pub fn new(path: &str, field: &str, detail: impl Into<String>) -> Self {
        let escaped = field.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("#{path}/{escaped}"), detail: detail.into() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    pub detail: String,
    pub errors: Vec<FieldError>,
    header: Option<(&'static str, &'static str)>,
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), header: None }
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Returns the problem of a well-formed request that conflicts with the state of the resource.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "some fields are invalid") }
    }

    pub fn method_not_allowed(allowed: &'static str) -> Self {
        let header = Some(("allow", allowed));
        Self { header, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("only {allowed} is allowed")) }
    }

    /// Returns the problem of a request that may succeed later.
    pub fn unavailable() -> Self {
        let header = Some(("retry-after", "2"));
        Self { header, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "the database can't be reached at the moment") }
    }

    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the request could not be processed")
    }
}

/// Converts an error to the part that the caller may see; the rest is logged.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        tracing::error!(code = error.kind().name(), "{}", without_rows(&error));
        match error.kind() {
            Kind::DatabaseUnreachable | Kind::Unreachable => Self::unavailable(),
            _ => Self::internal(),
        }
    }
}

impl From<Problem> for ApiGatewayV2httpResponse {
    fn from(problem: Problem) -> Self {
        let Problem { status, detail, errors, header } = problem;
        // RFC 9457 §4.2.1: with the type "about:blank" the title is the phrase of the status code.
        let title = status.canonical_reason().unwrap_or("Error");
        let mut document =
            json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
        if !errors.is_empty() {
            document["errors"] = json!(errors);
        }
        let mut response = self::json(status, "application/problem+json", &document);
        if let Some((name, value)) = header {
            response.headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// Returns a response with a JSON body.
pub fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(status.as_u16());
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.body = serde_json::to_string(body).ok().map(Body::Text);
    response
}
