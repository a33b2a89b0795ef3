//! A scripted AWS endpoint, for accounts that no local stack can imitate: with denials, empty offers, a wrong clock.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, DATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;

use crate::record::recorded;

/// A request for a script: the signing name of its service, and its operation, or its path for REST services.
pub struct Asked {
    pub service: String,
    pub operation: String,
    pub body: String,
    /// The access key id of the signature; empty for an unsigned request.
    pub key: String,
    /// The session token; empty for none.
    pub token: String,
}

/// Status and body of an answer; `None` for `AccessDenied`.
pub type Script = fn(&Asked) -> Option<(u16, String)>;

pub struct FakeAws {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
    signed: Arc<Mutex<BTreeSet<String>>>,
    server: tokio::task::JoinHandle<()>,
}

impl FakeAws {
    /// Starts the endpoint; `date` is the `Date` header of every answer, by default the current time.
    pub async fn start(script: Script, date: Option<&'static str>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        let signed = Arc::new(Mutex::new(BTreeSet::new()));
        let signers = signed.clone();
        let router = Router::new().fallback(move |request: Request| {
            let (log, signers) = (log.clone(), signers.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_else(|_| Bytes::new());
                let asked = identify(&head.headers, head.uri.path(), &body);
                log.lock().push(format!("{}:{}", asked.service, asked.operation));
                let secrets = [&asked.key, &asked.token].into_iter().filter(|text| !text.is_empty());
                signers.lock().extend(secrets.cloned());
                answer(&asked, script(&asked), date)
            }
        });
        let server = tokio::spawn(async move { axum::serve(listener, recorded(router)).await.expect("served") });
        Self { url, asked, signed, server }
    }

    /// Returns the access key ids and session tokens received so far.
    pub fn credentials(&self) -> Vec<String> {
        self.signed.lock().iter().cloned().collect()
    }

    /// Returns the requests so far, as `service:Operation`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().clone()
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn identify(headers: &HeaderMap, path: &str, body: &[u8]) -> Asked {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let authorization = text(AUTHORIZATION.as_str());
    let scope = authorization.split("Credential=").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or_default();
    let body = String::from_utf8_lossy(body).into_owned();
    let target = text("x-amz-target");
    let operation = match target.rsplit_once('.') {
        Some((_, operation)) => operation.to_owned(),
        None => match body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            Some(action) => action.to_owned(),
            None => path.rsplit_once("/operation/").map_or(path, |(_, operation)| operation).to_owned(),
        },
    };
    let key = scope.split('/').next().unwrap_or_default().to_owned();
    let token = text("x-amz-security-token");
    Asked { key, token, service: scope.split('/').nth(3).unwrap_or_default().to_owned(), operation, body }
}

fn answer(asked: &Asked, scripted: Option<(u16, String)>, date: Option<&str>) -> Response {
    // Query services use XML, the others JSON.
    let xml = asked.body.starts_with("Action=");
    let (status, body) = scripted.unwrap_or_else(|| {
        let text = format!("not authorized to perform: {}:{}", asked.service, asked.operation);
        let body = match xml {
            // "Error codes for the Amazon EC2 API"
            true if asked.service == "ec2" => format!(
                "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>{text}</Message></Error></Errors>\
                 <RequestID>1</RequestID></Response>"
            ),
            true => error_xml("AccessDenied", &text),
            false => format!(r#"{{"__type":"AccessDeniedException","message":"{text}"}}"#),
        };
        (403, body)
    });
    let kind = if xml { "text/xml" } else { "application/x-amz-json-1.1" };
    let mut response = (StatusCode::from_u16(status).expect("a status"), body).into_response();
    response.headers_mut().insert(CONTENT_TYPE, kind.parse().expect("a type"));
    if let Some(date) = date {
        response.headers_mut().insert(DATE, date.parse().expect("a date"));
    }
    response
}

/// Returns an error of a query service.
pub fn error_xml(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

/// Returns a query service's answer: `<{operation}Response><{operation}Result>…`.
pub fn result_xml(operation: &str, result: &str) -> String {
    format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>")
}
