//! A request to an AWS service, and a response in one of AWS's protocols.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::base::error::{Kind, OrFail, Result};

/// A request that one of our services may answer.
#[derive(Debug, Clone)]
pub struct ApiRequest {
    /// The signing name: "dms", "lambda", "events", "kinesis", "rds".
    pub service: String,
    /// The operation of a JSON or CBOR request ("DescribeEndpoints"), or `Action` of a query request; absent for REST.
    pub target: Option<String>,
    pub method: Method,
    /// Still percent-encoded.
    pub path: String,
    /// Still percent-encoded, without the question mark.
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub region: String,
    /// Set if it is signed with a session of a role, which the emulator authorizes; not with the stack's own key.
    pub by_role: bool,
    /// Set if its body differs from the signed one.
    pub changed: bool,
}

impl ApiRequest {
    /// Returns a request of the gateway itself to the emulator, which routes it by the scope of a signature.
    ///
    /// # Errors
    /// `Unexpected` if the region can't be in a header.
    pub fn of_gateway(
        (service, region): (&str, &str),
        method: Method,
        path: &str,
        content_type: &'static str,
        body: String,
    ) -> Result<Self> {
        let scope = format!("AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request");
        let scope = HeaderValue::from_str(&scope).or_fail(Kind::Unexpected, || format!("{region} is not a region"))?;
        let content_type = HeaderValue::from_static(content_type);
        Ok(Self {
            service: service.to_owned(),
            target: None,
            method,
            path: path.to_owned(),
            query: String::new(),
            headers: HeaderMap::from_iter([(header::AUTHORIZATION, scope), (header::CONTENT_TYPE, content_type)]),
            body: body.into(),
            region: region.to_owned(),
            by_role: false,
            // Unsigned.
            changed: true,
        })
    }

    /// Returns the operation, or "" for REST.
    pub fn operation(&self) -> &str {
        self.target.as_deref().unwrap_or("")
    }

    /// Returns the body as JSON; an empty body is an empty object.
    ///
    /// # Errors
    /// The response to send: `SerializationException`.
    pub fn json<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Box<ApiResponse>> {
        let body: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        serde_json::from_slice(body).map_err(|e| {
            Box::new(ApiResponse::error(StatusCode::BAD_REQUEST, "SerializationException", &e.to_string()))
        })
    }
}

/// A whole response, small enough for memory.
#[derive(Debug, Clone)]
pub struct ApiResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl ApiResponse {
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Ok(id) = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string()) {
            headers.insert("x-amzn-requestid", id);
        }
        Self { status, headers, body: body.into() }
    }

    /// Returns status 200 in the JSON 1.1 protocol.
    pub fn json(value: &Value) -> Self {
        Self::new(StatusCode::OK, "application/x-amz-json-1.1", value.to_string())
    }

    /// Returns any status of a REST JSON service.
    pub fn rest(status: StatusCode, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    /// Returns an error that both JSON protocols understand: the code in the body and in the header.
    pub fn error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = json!({"__type": code, "message": message, "Message": message});
        let mut answer = Self::new(status, "application/x-amz-json-1.1", body.to_string());
        if let Ok(code) = HeaderValue::from_str(code) {
            answer.headers.insert("x-amzn-errortype", code);
        }
        answer
    }
}
