//! Errors as RFC 9457 problem details. Nothing of the inside is in them: what went wrong is in the log.

use aws_lambda_events::encodings::Body;
use aws_lambda_events::event::apigw::ApiGatewayV2httpResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::error::{Error, Kind};
use crate::postgres::without_rows;

/// One field of the body that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) as a URI fragment, as in RFC 9457's own example.
    pub pointer: String,
    pub detail: String,
}

impl FieldError {
    /// `path` is the JSON Pointer of the object that has the field; "" for the body itself.
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

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), errors: Vec::new(), header: None }
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The request is well formed and does not fit the state that the resource is in.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub fn invalid(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "some fields are not as they must be") }
    }

    pub fn method_not_allowed(allowed: &'static str) -> Self {
        let header = Some(("allow", allowed));
        Self { header, ..Self::new(StatusCode::METHOD_NOT_ALLOWED, format!("only {allowed} is possible here")) }
    }

    /// The same request may work in a moment.
    pub fn unavailable() -> Self {
        let header = Some(("retry-after", "2"));
        Self { header, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "the database can't be reached at the moment") }
    }

    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the request could not be processed")
    }
}

/// What the caller may know of an error; the rest is in the log.
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
        let document = Document {
            // RFC 9457 §4.2.1: the type says no more than the status code; the title is then its phrase.
            kind: "about:blank",
            title: problem.status.canonical_reason().unwrap_or("Error"),
            status: problem.status.as_u16(),
            detail: &problem.detail,
            errors: &problem.errors,
        };
        let mut response = json(problem.status, "application/problem+json", &document);
        if let Some((name, value)) = problem.header {
            response.headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// A response with a JSON body.
pub fn json(status: StatusCode, content_type: &'static str, body: &impl Serialize) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = i64::from(status.as_u16());
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.body = serde_json::to_string(body).ok().map(Body::Text);
    response
}
