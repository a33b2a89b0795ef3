//! Records the requests to scripted services for `.ci/wire`, as the gateway of a local stack does for those to it.
//!
//! `OUTBOXCTL_API_RECORDS` names the folder; without it, nothing is recorded. Responses are the tests' own: of them, only
//! the status is recorded.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

/// Maximum size in bytes of a body that is recorded.
const BODY_LIMIT: usize = 128 << 10;
/// Number of examples with the same words, and of one service and path: tests with random input send thousands.
const EXAMPLES: u32 = 2;
const EXAMPLES_OF_PATH: u32 = 300;

/// Records the requests to a scripted service.
pub fn recorded(app: Router) -> Router {
    match std::env::var_os("OUTBOXCTL_API_RECORDS").filter(|folder| !folder.is_empty()) {
        None => app,
        Some(folder) => {
            let file = PathBuf::from(folder).join(format!("scripted-{}.ndjson", std::process::id()));
            app.layer(from_fn(move |request: Request, next: Next| record(file.clone(), request, next)))
        }
    }
}

async fn record(file: PathBuf, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let asked = asked(&head, &body);
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    if let Some(mut record) = asked {
        record["response"] = json!({"status": response.status().as_u16(), "headers": {}, "body": {"size": 0}});
        let mut file = File::options().create(true).append(true).open(file).expect("the folder of records");
        file.write_all(format!("{record}\n").as_bytes()).expect("a record is written");
    }
    response
}

/// Returns the record of a request; `None` if it is not signed for a service, or one like it was recorded.
fn asked(head: &Parts, body: &[u8]) -> Option<Value> {
    let scope = head.headers.get("authorization")?.to_str().ok()?.split_once("Credential=")?.1;
    let mut fields = scope.split([',', ' ']).next()?.rsplit('/').skip(1);
    let (service, region) = (fields.next()?, fields.next()?);
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let text = if body.len() > BODY_LIMIT { None } else { std::str::from_utf8(body).ok() };
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let kind = format!("{service} {target} {}", head.uri.path());
    let shape = format!("{kind} {:?}", words(path).chain(words(text.unwrap_or_default())).collect::<BTreeSet<_>>());
    if !(is_below(shape, EXAMPLES) && is_below(kind, EXAMPLES_OF_PATH)) {
        return None;
    }
    let kept =
        head.headers.iter().filter(|(name, _)| !["authorization", "x-amz-security-token"].contains(&name.as_str()));
    let headers: Map<String, Value> =
        kept.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into())).collect();
    let body = text.map_or_else(|| json!({ "size": body.len() }), |text| json!({ "text": text }));
    let request = json!({"method": head.method.as_str(), "path": path, "headers": headers, "body": body});
    Some(json!({"service": service, "region": region, "own": true, "request": request}))
}

/// Returns names and values without digits: ids, times and numbers vary between requests of one kind.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    words.filter(|word| (2..=40).contains(&word.len()) && !word.contains(|c: char| c.is_ascii_digit()))
}

/// Counts an example; returns whether there are no more than so many of its kind.
fn is_below(kind: String, limit: u32) -> bool {
    static COUNTS: Mutex<Option<HashMap<String, u32>>> = Mutex::new(None);
    let mut counts = COUNTS.lock();
    let count = counts.get_or_insert_default().entry(kind).or_insert(0);
    *count += 1;
    *count <= limit
}
